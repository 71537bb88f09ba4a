//! What a flash will do, as data: made before the first command that writes, shown, rehearsed, then carried out.

use apdu_spec::Aid;
use cap_file::CapFile;
use se_crypto::sha256;

use crate::content::{Announced, Installation};
use crate::error::Error;
use crate::listing::CardContent;
use crate::progress::{Event, Phase, Progress};
use crate::session::Session;
use crate::token::{LoadFileSignature, Tokens};
use crate::transport::Transport;

/// What to flash, and how.
#[derive(Clone, Debug, Default)]
pub struct FlashOptions {
    /// The instances to make; empty for one instance of each module, with the module's AID.
    pub instances: Vec<InstanceOptions>,
    /// Deletes what is on the card of the same AIDs first.
    pub replace: bool,
    /// Loads only.
    pub load_only: bool,
    /// Sends the Descriptor component too, for cards that verify.
    pub with_descriptor: bool,
    /// Lets the card check the SHA-256 of the load file; so it does where there are signatures.
    pub with_hash: bool,
    /// Signatures of security domains over the load file (DAP verification).
    pub signatures: Vec<LoadFileSignature>,
    /// Loads, and makes the first instance, in one process of which the card does all or nothing (INSTALL \[for load,
    /// install and make selectable\]). Not every card has it.
    pub combined: bool,
    /// Does not have the card look for memory when the load is announced, for cards that refuse load parameters.
    pub without_memory_check: bool,
}

/// One instance to make.
#[derive(Clone, Debug)]
pub struct InstanceOptions {
    /// The module; must be in the CAP file.
    pub module: Aid,
    /// The AID of the instance; `None` for that of the module.
    pub instance: Option<Aid>,
    /// Privileges (GPCS 2.3.1 §11.1.2).
    pub privileges: [u8; 3],
    /// The application's own parameters.
    pub parameters: Vec<u8>,
}

impl InstanceOptions {
    /// An instance with the module's AID, no privileges and no parameters.
    #[must_use]
    pub fn new(module: Aid) -> Self {
        Self {
            module,
            instance: None,
            privileges: [0; 3],
            parameters: Vec::new(),
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// DELETE.
    Delete {
        /// Of what.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        aid: Aid,
        /// Together with what was made from it.
        with_related: bool,
    },
    /// INSTALL \[for load\].
    InstallForLoad {
        /// The load file's AID.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
        /// Its hash, or empty.
        #[serde(serialize_with = "crate::hexadecimal::bytes")]
        hash: Vec<u8>,
        /// How many bytes of memory the card is to look for.
        memory: Option<usize>,
        /// Whether it is the beginning of a process that ends with [`Step::EndLoadAndInstall`].
        combined: bool,
    },
    /// The LOAD commands.
    Load {
        /// The load file's AID.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
        /// The bytes of the load file data.
        bytes: usize,
    },
    /// INSTALL \[for install and make selectable\].
    Install(Installation),
    /// The end of INSTALL \[for load, install and make selectable\].
    EndLoadAndInstall(Installation),
}

/// The steps of a flash, in order, and the load file data that they send.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// The load file data.
    #[serde(skip)]
    pub load_file: Vec<u8>,
    /// Signatures that go before them.
    pub signatures: Vec<LoadFileSignature>,
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The CAP file cannot be written as a load file.
    #[error("the CAP file: {0}")]
    Cap(#[from] cap_file::WriteError),
    /// An AID in the CAP file that is none.
    #[error("the CAP file: {0}")]
    Aid(apdu_spec::AidError),
    /// A signature that is not one of this load file.
    #[error(
        "the signature of {domain} is not one of this load file, but of one with SHA-256 {found}"
    )]
    Signature {
        /// The domain that verifies it.
        domain: String,
        /// What it is the signature of.
        found: String,
    },
    /// There is no instance for a combined load and install.
    #[error("there is no instance to make together with the load; load without --combined")]
    NothingToInstall,
    /// The module is not in the CAP file.
    #[error("the CAP file has no module {module}; it has: {}", .there.join(", "))]
    NoModule {
        /// What was asked for.
        module: Aid,
        /// What there is.
        there: Vec<String>,
    },
}

/// An AID of a CAP file.
pub(crate) fn aid(aid: &cap_file::component::Aid) -> Result<Aid, PlanError> {
    Aid::new(&aid.0).map_err(PlanError::Aid)
}

/// The package AID and the module AIDs of a CAP file.
pub(crate) fn names(cap: &CapFile) -> Result<(Aid, Vec<Aid>), PlanError> {
    let applets = cap.applet.iter().flat_map(|component| &component.applets);
    let modules = applets
        .map(|applet| aid(&applet.aid))
        .collect::<Result<_, _>>()?;
    Ok((aid(&cap.header.package.aid)?, modules))
}

impl Plan {
    /// Plans a flash of `cap` onto a card with this content. What stands in the way without
    /// [`FlashOptions::replace`] is for [`crate::preflight`] to say.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn new(
        cap: &CapFile,
        content: &CardContent,
        options: &FlashOptions,
    ) -> Result<Self, PlanError> {
        let (load_file_aid, modules) = names(cap)?;
        let load_file = cap.load_file(options.with_descriptor)?;
        let hash = hex::encode_upper(sha256(&load_file));
        for signature in &options.signatures {
            if !signature.load_file_hash.eq_ignore_ascii_case(&hash) || signature.block().is_none()
            {
                return Err(PlanError::Signature {
                    domain: signature.domain.clone(),
                    found: signature.load_file_hash.clone(),
                });
            }
        }
        let installations = installations(load_file_aid, &modules, options)?;
        let mut steps = Vec::new();
        if options.replace {
            // An instance of the same AID from elsewhere stands in the way as well.
            for installation in &installations {
                if let Some(there) = content.application(&installation.instance)
                    && there.load_file != Some(load_file_aid)
                {
                    steps.push(Step::Delete {
                        aid: there.aid,
                        with_related: false,
                    });
                }
            }
            if content.load_file(&load_file_aid).is_some() {
                steps.push(Step::Delete {
                    aid: load_file_aid,
                    with_related: true,
                });
            }
        }
        steps.push(Step::InstallForLoad {
            load_file: load_file_aid,
            hash: if options.with_hash || !options.signatures.is_empty() {
                sha256(&load_file).to_vec()
            } else {
                Vec::new()
            },
            memory: (!options.without_memory_check).then_some(load_file.len()),
            combined: options.combined,
        });
        steps.push(Step::Load {
            load_file: load_file_aid,
            bytes: load_file.len(),
        });
        let mut installations = installations.into_iter().filter(|_| !options.load_only);
        if options.combined {
            let first = installations.next().ok_or(PlanError::NothingToInstall)?;
            steps.push(Step::EndLoadAndInstall(first));
        }
        steps.extend(installations.map(Step::Install));
        Ok(Self {
            steps,
            load_file,
            signatures: options.signatures.clone(),
        })
    }

    /// Puts the deletion of the package of `cap` first, for a card that cannot be asked what is on it.
    ///
    /// # Errors
    /// [`PlanError::Aid`].
    pub fn delete_first(&mut self, cap: &CapFile) -> Result<(), PlanError> {
        let (aid, _) = names(cap)?;
        self.steps.insert(
            0,
            Step::Delete {
                aid,
                with_related: true,
            },
        );
        Ok(())
    }

    /// The commands that this session will send, in plain form: with these tokens, and cut for its card, its channel
    /// and its line.
    ///
    /// # Errors
    /// [`Error::Unsendable`] where a step does not fit.
    pub fn rehearse<T: Transport>(
        &self,
        session: &Session<T>,
        tokens: &Tokens,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let mut rehearsal = Session::rehearsal_of(session.fitting());
        rehearsal.use_tokens(tokens.clone());
        for step in &self.steps {
            step.run(&mut rehearsal, self, &mut |_| ())?;
        }
        Ok(rehearsal.into_transport().commands)
    }
}

fn installations(
    load_file: Aid,
    modules: &[Aid],
    options: &FlashOptions,
) -> Result<Vec<Installation>, PlanError> {
    let wanted = if options.instances.is_empty() {
        modules.iter().copied().map(InstanceOptions::new).collect()
    } else {
        options.instances.clone()
    };
    wanted
        .into_iter()
        .map(|instance| {
            if !modules.contains(&instance.module) {
                return Err(PlanError::NoModule {
                    module: instance.module,
                    there: modules.iter().map(Aid::to_string).collect(),
                });
            }
            Ok(Installation {
                load_file,
                module: instance.module,
                instance: instance.instance.unwrap_or(instance.module),
                privileges: instance.privileges,
                parameters: instance.parameters,
                selectable: true,
            })
        })
        .collect()
}

impl Step {
    /// What a person reads.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Delete {
                aid,
                with_related: true,
            } => format!("delete {aid} and what was made from it"),
            Self::Delete { aid, .. } => format!("delete {aid}"),
            Self::InstallForLoad {
                load_file,
                combined: true,
                ..
            } => format!("announce load file {load_file}, to be loaded and installed in one"),
            Self::InstallForLoad { load_file, .. } => format!("announce load file {load_file}"),
            Self::Load { load_file, bytes } => format!("load {bytes} bytes as {load_file}"),
            Self::Install(installation) => format!(
                "install {} from module {}",
                installation.instance, installation.module
            ),
            Self::EndLoadAndInstall(installation) => format!(
                "install {} from module {}, and keep both or neither",
                installation.instance, installation.module
            ),
        }
    }

    /// The instance that it makes.
    pub(crate) fn installation(&self) -> Option<&Installation> {
        match self {
            Self::Install(installation) | Self::EndLoadAndInstall(installation) => {
                Some(installation)
            }
            _ => None,
        }
    }

    /// The phase and what it is about.
    pub(crate) fn phase(&self) -> (Phase, Aid) {
        match self {
            Self::Delete { aid, .. } => (Phase::Delete, *aid),
            Self::InstallForLoad { load_file, .. } => (Phase::InstallForLoad, *load_file),
            Self::Load { load_file, .. } => (Phase::Load, *load_file),
            Self::Install(installation) | Self::EndLoadAndInstall(installation) => {
                (Phase::Install, installation.instance)
            }
        }
    }

    /// Carries the step out.
    pub(crate) fn run<T: Transport>(
        &self,
        session: &mut Session<T>,
        plan: &Plan,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let (phase, subject) = self.phase();
        progress(Event::Phase {
            phase,
            subject: subject.to_string(),
        });
        match self {
            Self::Delete { aid, with_related } => session.delete(aid, *with_related)?,
            Self::InstallForLoad {
                load_file,
                hash,
                memory,
                combined,
            } => {
                let announced = Announced {
                    hash,
                    memory: *memory,
                    ..Announced::new(*load_file)
                };
                if *combined {
                    session.begin_load_and_install(&announced)?;
                } else {
                    session.install_for_load(&announced)?;
                }
            }
            Self::Load { .. } => session.load(&plan.load_file, &plan.signatures, progress)?,
            Self::Install(installation) => session.install(installation)?,
            Self::EndLoadAndInstall(installation) => session.end_load_and_install(installation)?,
        }
        progress(Event::Done { phase });
        Ok(())
    }
}
