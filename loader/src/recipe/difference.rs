//! What is left to do, and the doing of it.

use apdu_spec::Aid;
use cap_file::CapFile;

use super::{InstanceRecipe, Recipe};
use crate::card_info::KeyInfo;
use crate::content::{Dgi, Installation};
use crate::error::Error;
use crate::journal::{Journal, Reached};
use crate::listing::{CardContent, privileges};
use crate::plan::{FlashOptions, Plan, PlanError, names};
use crate::progress::Progress;
use crate::session::Session;
use crate::transport::Transport;

/// What was found on the card.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// Its content.
    pub content: &'a CardContent,
    /// The keys of the recipe's domains that are there.
    pub domain_keys: &'a [(Aid, Vec<KeyInfo>)],
    /// The journals of flashes, one for each package of the recipe where there is one.
    pub journals: &'a [Option<Journal>],
    /// The version of the keys of each domain of the recipe, where it names any.
    pub key_versions: &'a [Option<u8>],
    /// Whether the card checks the SHA-256 of load files: with tokens it always goes along.
    pub with_hash: bool,
}

/// One thing that is left to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a security domain.
    MakeDomain {
        /// Its AID.
        aid: Aid,
        /// Its privileges.
        privileges: [u8; 3],
    },
    /// Load a package.
    Load {
        /// Which one of the recipe, from 0 on.
        package: usize,
        /// How.
        plan: Plan,
        /// Whether an older one, with all its instances and their data, is deleted for it.
        replaces: bool,
        /// What is to be known of it afterwards.
        journal: Journal,
    },
    /// Make an instance.
    Install(Installation),
    /// Store personalisation data.
    Store {
        /// Where.
        instance: Aid,
        /// What.
        data: Vec<Dgi>,
    },
    /// Give an instance to a security domain.
    Extradite {
        /// What.
        instance: Aid,
        /// To whom.
        domain: Aid,
    },
    /// Lock an instance, or take the lock off.
    SetLocked {
        /// Which.
        instance: Aid,
        /// Which of both.
        locked: bool,
    },
    /// Put a domain's first keys: in a session with that domain, which the caller opens.
    PutKeys {
        /// Which one of the recipe, from 0 on.
        index: usize,
        /// The domain.
        domain: Aid,
    },
}

/// Why a recipe cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Not the form of a recipe.
    #[error("recipe, line {line}: {message}")]
    Form {
        /// The line, from 1 on.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A CAP file that does not fit.
    #[error("{file}: {cause}")]
    Package {
        /// The file.
        file: String,
        /// What is wrong.
        cause: PlanError,
    },
    /// A name that is no privilege.
    #[error("privileges of {aid}: {message}")]
    Privileges {
        /// Whose.
        aid: Aid,
        /// What is wrong.
        message: String,
    },
    /// Something of the AID that is wanted is on the card, but is not what the recipe says.
    #[error("{aid} is on the card as {found}, and the recipe wants {wanted}: delete it first")]
    Other {
        /// The AID.
        aid: Aid,
        /// What is there.
        found: String,
        /// What is wanted.
        wanted: String,
    },
    /// A package that another one of the recipe has the AID of.
    #[error("the recipe has {0} twice")]
    Twice(Aid),
}

impl Recipe {
    /// What is left to do on a card, in the order in which it is done. `packages` are the CAP files, in the order
    /// of the recipe.
    ///
    /// # Errors
    /// [`RecipeError`].
    pub fn difference(
        &self,
        packages: &[CapFile],
        found: &Found<'_>,
    ) -> Result<Vec<Change>, RecipeError> {
        let mut changes = Vec::new();
        let mut put_keys = Vec::new();
        for (index, domain) in self.domains.iter().enumerate() {
            let [first, second, third] = named(domain.aid, &domain.privileges)?;
            match found.content.application(&domain.aid) {
                None => changes.push(Change::MakeDomain {
                    aid: domain.aid,
                    privileges: [first | 0x80, second, third],
                }),
                Some(there) if there.is_security_domain() => (),
                Some(_) => {
                    return Err(RecipeError::Other {
                        aid: domain.aid,
                        found: "an applet".to_owned(),
                        wanted: "a security domain".to_owned(),
                    });
                }
            }
            let has = |version: u8| {
                let keys = found.domain_keys.iter().find(|(aid, _)| *aid == domain.aid);
                keys.is_some_and(|(_, keys)| keys.iter().any(|key| key.version == version))
            };
            if let Some(Some(version)) = found.key_versions.get(index)
                && !has(*version)
            {
                put_keys.push(Change::PutKeys {
                    index,
                    domain: domain.aid,
                });
            }
        }
        let mut seen = Vec::new();
        for (index, (recipe, cap)) in self.packages.iter().zip(packages).enumerate() {
            let invalid = |cause| RecipeError::Package {
                file: recipe.file.clone(),
                cause,
            };
            let (load_file, modules) = names(cap).map_err(invalid)?;
            for aid in recipe
                .instances
                .iter()
                .map(InstanceRecipe::instance)
                .chain([load_file])
            {
                if seen.contains(&aid) {
                    return Err(RecipeError::Twice(aid));
                }
                seen.push(aid);
            }
            let load = load(cap, index, found).map_err(invalid)?;
            let fresh = load.is_some();
            changes.extend(load);
            for instance in &recipe.instances {
                if !modules.contains(&instance.module) {
                    return Err(invalid(PlanError::NoModule {
                        module: instance.module,
                        there: modules.iter().map(Aid::to_string).collect(),
                    }));
                }
                changes.extend(self::instance(instance, load_file, fresh, found)?);
            }
        }
        changes.extend(put_keys);
        Ok(changes)
    }
}

fn named(aid: Aid, names: &[String]) -> Result<[u8; 3], RecipeError> {
    privileges(names).map_err(|message| RecipeError::Privileges { aid, message })
}

/// Whether and how a package is loaded.
fn load(cap: &CapFile, index: usize, found: &Found<'_>) -> Result<Option<Change>, PlanError> {
    let options = FlashOptions {
        replace: true,
        load_only: true,
        with_hash: found.with_hash,
        ..FlashOptions::default()
    };
    let plan = Plan::new(cap, found.content, &options)?;
    let journal = Journal::begin(cap, &plan);
    let (load_file, _) = names(cap)?;
    let there = found.content.load_file(&load_file);
    if let Some(there) = there {
        let version = there.version.is_none_or(|told| told == journal.version);
        // What a card has of this version is taken for the same, unless the journal knows better.
        let known = found.journals.get(index).and_then(Option::as_ref);
        let same = known.is_none_or(|known| {
            known.reached < Reached::Cleared || known.load_file_hash == journal.load_file_hash
        });
        if version && same {
            return Ok(None);
        }
    }
    Ok(Some(Change::Load {
        package: index,
        plan,
        replaces: there.is_some(),
        journal,
    }))
}

/// What is left to do for one instance; `fresh` says that its package is loaded now, so that nothing of it is there.
fn instance(
    recipe: &InstanceRecipe,
    load_file: Aid,
    fresh: bool,
    found: &Found<'_>,
) -> Result<Vec<Change>, RecipeError> {
    let aid = recipe.instance();
    let there = found
        .content
        .application(&aid)
        .filter(|there| !(fresh && there.load_file == Some(load_file)));
    let mut changes = Vec::new();
    match there {
        None => {
            changes.push(Change::Install(Installation {
                load_file,
                module: recipe.module,
                instance: aid,
                privileges: named(aid, &recipe.privileges)?,
                parameters: recipe.parameters.clone(),
                selectable: true,
            }));
            if !recipe.data.is_empty() {
                let data = recipe.data.iter().map(|grouping| Dgi {
                    identifier: grouping.dgi,
                    content: grouping.hex.clone(),
                    sensitive: grouping.encrypt,
                });
                changes.push(Change::Store {
                    instance: aid,
                    data: data.collect(),
                });
            }
        }
        Some(there)
            if there.load_file.is_some_and(|of| of != load_file) || there.is_security_domain() =>
        {
            let of = there
                .load_file
                .map_or_else(String::new, |of| format!(" of {of}"));
            return Err(RecipeError::Other {
                aid,
                found: format!("an application{of}"),
                wanted: format!("one of {load_file}"),
            });
        }
        Some(_) => (),
    }
    if let Some(domain) = recipe.domain
        && there.is_none_or(|there| there.domain != Some(domain))
    {
        changes.push(Change::Extradite {
            instance: aid,
            domain,
        });
    }
    let locked = there.is_some_and(|there| there.life_cycle & 0x80 != 0);
    if locked != recipe.locked {
        changes.push(Change::SetLocked {
            instance: aid,
            locked: recipe.locked,
        });
    }
    Ok(changes)
}

/// The commands of these changes that may carry tokens, in plain form, for [`crate::Tokens::sign`]: neither
/// personalisation data nor keys are among them.
///
/// # Errors
/// [`Error::Unsendable`] where one does not fit.
pub fn rehearse(changes: &[Change]) -> Result<Vec<Vec<u8>>, Error> {
    // A token's input does not depend on how much fits a command.
    let mut session = Session::rehearsal(usize::MAX);
    for change in changes {
        if !matches!(change, Change::Store { .. } | Change::PutKeys { .. }) {
            change.run(&mut session, &mut |_| ())?;
        }
    }
    Ok(session.into_transport().commands)
}

impl Change {
    /// What a person reads.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::MakeDomain { aid, .. } => format!("make security domain {aid}"),
            Self::Load {
                plan,
                replaces,
                journal,
                ..
            } => {
                let bytes = plan.load_file.len();
                let old = if *replaces {
                    ", in the place of an older one with all its instances and their data"
                } else {
                    ""
                };
                format!("load package {} ({bytes} bytes){old}", journal.load_file)
            }
            Self::Install(installation) => {
                format!(
                    "install {} from module {}",
                    installation.instance, installation.module
                )
            }
            Self::Store { instance, data } => {
                format!("store {} data groupings in {instance}", data.len())
            }
            Self::Extradite { instance, domain } => format!("give {instance} to {domain}"),
            Self::SetLocked {
                instance,
                locked: true,
            } => format!("lock {instance}"),
            Self::SetLocked { instance, .. } => format!("unlock {instance}"),
            Self::PutKeys { domain, .. } => format!("put the keys of {domain}"),
        }
    }

    /// Whether data on the card are lost by it.
    #[must_use]
    pub fn destroys(&self) -> bool {
        matches!(self, Self::Load { replaces: true, .. })
    }

    /// Does it, in a session with the issuer security domain. [`Change::PutKeys`] is the caller's to do.
    ///
    /// # Errors
    /// [`Error`].
    pub fn run<T: Transport>(
        &self,
        session: &mut Session<T>,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        match self {
            Self::MakeDomain { aid, privileges } => {
                session.install_security_domain(aid, *privileges)
            }
            Self::Load { plan, .. } => plan.run(session, progress).map_err(|error| error.cause),
            Self::Install(installation) => session.install(installation),
            Self::Store { instance, data } => {
                session.install_for_personalization(instance)?;
                session.store_data_groupings(data)
            }
            Self::Extradite { instance, domain } => session.extradite(instance, domain),
            Self::SetLocked { instance, locked } => session.set_locked(instance, *locked),
            Self::PutKeys { domain, .. } => Err(Error::Unsendable(format!(
                "the keys of {domain} are put in a session with that domain"
            ))),
        }
    }
}
