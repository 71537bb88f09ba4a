//! Carries a plan out, and says what is on the card where it could not be.

use apdu_spec::Aid;

use crate::error::Error;
use crate::plan::{Plan, Step};
use crate::progress::{Event, Progress};
use crate::session::Session;
use crate::transport::{Transport, TransportError};

/// A flash that ended early.
#[derive(Debug, thiserror::Error)]
#[error("step {} of {steps}, {what}: {cause}. On the card now: {state}. {}", .step + 1, .state.advice())]
pub struct FlashError {
    /// The number of the step that failed, from 0 on.
    pub step: usize,
    /// How many steps there are.
    pub steps: usize,
    /// What the step was to do.
    pub what: String,
    /// What is on the card now.
    pub state: PartialState,
    /// Why it failed.
    #[source]
    pub cause: Error,
}

/// What is on the card after a flash that ended early, as far as can be known from here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PartialState {
    /// What was there before the flash.
    #[error("what was there before")]
    Unchanged,
    /// The answer to DELETE was lost: what was to be deleted may be there still, or not.
    #[error("{aid}, unless it was deleted already")]
    MaybeDeleted {
        /// What was to be deleted.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        aid: Aid,
    },
    /// Nothing of the package: it was deleted, or never there, and a load that has not ended leaves nothing.
    #[error("nothing of {load_file}; a load that did not end leaves nothing behind")]
    NotLoaded {
        /// The package.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
    },
    /// The answer to the last LOAD was lost: the package may be there, without instances.
    #[error("perhaps {load_file}, without instances")]
    MaybeLoaded {
        /// The package.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
    },
    /// The answer to the end of a combined load and install was lost: both are there, or neither.
    #[error("perhaps {load_file} with {instance}, or nothing of either")]
    MaybeLoadedAndInstalled {
        /// The package.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
        /// The instance.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        instance: Aid,
    },
    /// The package, and some of the instances.
    #[error("{load_file} with {} of its instances{}", .installed.len(), if .maybe.is_some() { ", perhaps one more" } else { "" })]
    Loaded {
        /// The package.
        #[serde(serialize_with = "crate::hexadecimal::aid")]
        load_file: Aid,
        /// The instances that are there.
        #[serde(serialize_with = "aids")]
        installed: Vec<Aid>,
        /// The instance that may be there, because the answer was lost.
        #[serde(serialize_with = "crate::hexadecimal::optional_aid")]
        maybe: Option<Aid>,
    },
}

fn aids<S: serde::Serializer>(aids: &[Aid], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(aids.iter().map(|aid| hex::encode_upper(aid.as_bytes())))
}

impl PartialState {
    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Unchanged | Self::NotLoaded { .. } => "Run the same command again".to_owned(),
            Self::MaybeDeleted { .. }
            | Self::MaybeLoaded { .. }
            | Self::MaybeLoadedAndInstalled { .. } => {
                "Run the same command again, replacing what is there".to_owned()
            }
            Self::Loaded { load_file, .. } => format!(
                "Run the same command again, replacing what is there, or delete {load_file} with related objects"
            ),
        }
    }
}

impl Plan {
    /// Carries the plan out in an open session; `progress` is told of every step and block.
    ///
    /// # Errors
    /// [`FlashError`], which says what is on the card and what to do next. A plan made anew with
    /// [`crate::FlashOptions::replace`] from what is then on the card goes on from there.
    pub fn run<T: Transport>(
        &self,
        session: &mut Session<T>,
        progress: Progress<'_>,
    ) -> Result<(), Box<FlashError>> {
        for (number, step) in self.steps.iter().enumerate() {
            let mut last_block = false;
            let mut watch = |event: Event| {
                if let Event::Block { block, blocks, .. } = &event {
                    last_block = block + 1 == *blocks;
                }
                // A load of one block begins with its last.
                if let Event::Phase { .. } = &event {
                    last_block = self.load_file.len() < 16;
                }
                progress(event);
            };
            if let Err(cause) = step.run(session, self, &mut watch) {
                // Where the card has answered, or was not asked, it is known what it has done.
                let lost = !matches!(
                    cause,
                    Error::Refused(_)
                        | Error::Unsendable(_)
                        | Error::Transport(TransportError::Interrupted)
                );
                return Err(Box::new(FlashError {
                    step: number,
                    steps: self.steps.len(),
                    what: step.describe(),
                    state: self.state_after(number, lost, last_block),
                    cause,
                }));
            }
        }
        Ok(())
    }

    /// What is on the card when `step` failed; `lost` says that its answer, rather than its success, is missing.
    fn state_after(&self, step: usize, lost: bool, last_block: bool) -> PartialState {
        let (done, rest) = self.steps.split_at(step.min(self.steps.len()));
        let installed: Vec<Aid> = done
            .iter()
            .filter_map(|step| step.installation())
            .map(|installation| installation.instance)
            .collect();
        let combined = done
            .iter()
            .any(|step| matches!(step, Step::InstallForLoad { combined: true, .. }));
        match rest.first() {
            Some(Step::Delete { aid, .. }) if lost => PartialState::MaybeDeleted { aid: *aid },
            None | Some(Step::Delete { .. }) => PartialState::Unchanged,
            Some(Step::InstallForLoad { .. }) if done.is_empty() => PartialState::Unchanged,
            Some(Step::InstallForLoad { load_file, .. }) => PartialState::NotLoaded {
                load_file: *load_file,
            },
            Some(Step::Load { load_file, .. }) if lost && last_block && !combined => {
                PartialState::MaybeLoaded {
                    load_file: *load_file,
                }
            }
            Some(Step::Load { load_file, .. }) => PartialState::NotLoaded {
                load_file: *load_file,
            },
            Some(Step::EndLoadAndInstall(installation)) if lost => {
                PartialState::MaybeLoadedAndInstalled {
                    load_file: installation.load_file,
                    instance: installation.instance,
                }
            }
            Some(Step::EndLoadAndInstall(installation)) => PartialState::NotLoaded {
                load_file: installation.load_file,
            },
            Some(Step::Install(installation)) => PartialState::Loaded {
                load_file: installation.load_file,
                installed,
                maybe: lost.then_some(installation.instance),
            },
        }
    }
}
