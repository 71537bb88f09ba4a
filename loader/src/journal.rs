//! What is known of a flash that was begun, to be kept outside of the process: so that another run goes on where
//! this one ended, however it ended.

use apdu_spec::Aid;
use cap_file::CapFile;
use se_crypto::sha256;
use serde::{Deserialize, Serialize};

use crate::listing::CardContent;
use crate::plan::{FlashOptions, Plan, PlanError, Step};
use crate::progress::{Event, Phase};

/// The record of one flash of one package on one card. The caller keeps it, best in a file: it is written before
/// the first command and whenever [`Journal::hear`] says so.
///
/// A card does not tell what a package of it was loaded from. The record does, as long as nobody else loads a
/// package of the same AID and version: that is all it can know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// The package's AID in hexadecimal.
    pub load_file: String,
    /// The package's version.
    pub version: (u8, u8),
    /// SHA-256 of the load file data, in hexadecimal.
    pub load_file_hash: String,
    /// SHA-256 over the instances with their modules, privileges and parameters, in hexadecimal.
    pub instances_hash: String,
    /// How far it got.
    pub reached: Reached,
}

/// How far a flash got, as far as answers of the card tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// It was begun. A package of that AID on the card is the one that was there before.
    Begun,
    /// Nothing of the package was on the card any more: it took the announcement of a load, as no card does that has
    /// the package. If it is there now, it comes from this flash.
    Cleared,
    /// Everything is done.
    Complete,
}

fn installations_hash(plan: &Plan) -> String {
    let mut all = Vec::new();
    for step in &plan.steps {
        if let Some(installation) = step.installation() {
            for part in [
                installation.module.as_bytes(),
                installation.instance.as_bytes(),
                &installation.privileges,
                &installation.parameters,
            ] {
                // Lengths keep the parts apart.
                all.extend(part.len().to_be_bytes());
                all.extend_from_slice(part);
            }
        }
    }
    hex::encode_upper(sha256(&all))
}

impl Journal {
    /// The record of a flash that is about to be begun, of a whole plan ([`Plan::new`]).
    #[must_use]
    pub fn begin(cap: &CapFile, plan: &Plan) -> Self {
        let package = &cap.header.package;
        Self {
            load_file: hex::encode_upper(&package.aid.0),
            version: (package.version.major, package.version.minor),
            load_file_hash: hex::encode_upper(sha256(&plan.load_file)),
            instances_hash: installations_hash(plan),
            reached: Reached::Begun,
        }
    }

    /// Takes an event in; says whether the record has changed, and is to be written.
    pub fn hear(&mut self, event: &Event) -> bool {
        let cleared = matches!(
            event,
            Event::Done {
                phase: Phase::InstallForLoad
            }
        );
        let changed = cleared && self.reached < Reached::Cleared;
        if changed {
            self.reached = Reached::Cleared;
        }
        changed
    }

    /// Whether the package on the card is from this flash.
    #[must_use]
    pub fn is_on_card(&self, content: &CardContent) -> bool {
        let file = self.aid().and_then(|aid| content.load_file(&aid).cloned());
        let same = |file: &crate::LoadFile| file.version.is_none_or(|told| told == self.version);
        self.reached >= Reached::Cleared && file.as_ref().is_some_and(same)
    }

    fn aid(&self) -> Option<Aid> {
        Aid::new(&hex::decode(&self.load_file).ok()?).ok()
    }
}

impl Plan {
    /// Whether all that this plan would bring is on the card, from a flash that `journal` tells of.
    #[must_use]
    pub fn is_up_to_date(&self, content: &CardContent, journal: &Journal) -> bool {
        journal.reached == Reached::Complete
            && journal.load_file_hash == hex::encode_upper(sha256(&self.load_file))
            && journal.instances_hash == installations_hash(self)
            && journal.is_on_card(content)
            && self
                .steps
                .iter()
                .filter_map(Step::installation)
                .all(|installation| {
                    let there = content.application(&installation.instance);
                    there.is_some_and(|there| {
                        there
                            .load_file
                            .is_none_or(|file| file == installation.load_file)
                    })
                })
    }

    /// What is left of a flash that ended early. Where its package is on the card already, only instances that
    /// are missing are made; else it is the whole flash, and what is in its way is replaced.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn resume(
        cap: &CapFile,
        content: &CardContent,
        options: &FlashOptions,
        journal: &Journal,
    ) -> Result<Self, PlanError> {
        let replace = FlashOptions {
            replace: true,
            ..options.clone()
        };
        let mut plan = Self::new(cap, content, &replace)?;
        let same = journal.load_file_hash == hex::encode_upper(sha256(&plan.load_file));
        if same && journal.is_on_card(content) {
            let load_file = journal.aid();
            for step in &mut plan.steps {
                // What was loaded is there already; its instance may have been deleted since.
                if let Step::EndLoadAndInstall(installation) = step {
                    *step = Step::Install(installation.clone());
                }
            }
            plan.steps.retain(|step| match step {
                Step::Delete { aid, .. } => Some(*aid) != load_file,
                Step::Install(installation) => content
                    .application(&installation.instance)
                    .is_none_or(|there| there.load_file.is_some_and(|of| Some(of) != load_file)),
                Step::InstallForLoad { .. } | Step::Load { .. } | Step::EndLoadAndInstall(_) => {
                    false
                }
            });
        }
        Ok(plan)
    }

    /// Takes what a flash that ended early has left off the card again; what was there before it stays, and so does
    /// what a flash that is complete has brought.
    #[must_use]
    pub fn clean(content: &CardContent, journal: &Journal) -> Self {
        let left = journal.reached == Reached::Cleared && journal.is_on_card(content);
        let aid = journal.aid().filter(|_| left);
        Self {
            steps: aid
                .map(|aid| Step::Delete {
                    aid,
                    with_related: true,
                })
                .into_iter()
                .collect(),
            load_file: Vec::new(),
            signatures: Vec::new(),
        }
    }
}
