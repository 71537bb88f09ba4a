//! What a flash asks the card: where a person reads it first, or what was kept is compared with it, all that preflight
//! compares; else only what the card would say too late.

use super::text::findings_text;
use super::{Card, Case, Flash, refuted};
use crate::failure::Failure;
use cap_file::CapFile;
use loader::preflight::{self, ApiLevel};
use loader::{CardContent, Error, FlashOptions};

impl Flash {
    /// Whether nothing is asked that the card says anyway when the load is announced: nobody reads it beforehand, and
    /// nothing that was kept is compared with it.
    pub(super) fn asks_least(&self) -> bool {
        self.yes
            && !(self.dry_run || self.resume || self.clean || self.if_changed)
            && self.report.is_none()
    }

    /// What is on the card, as far as it matters.
    pub(super) fn content(
        &self,
        card: &mut Card,
        cap: &CapFile,
        level: Option<&ApiLevel>,
        options: &FlashOptions,
    ) -> Result<CardContent, Failure> {
        // AIDs that are none are refused when the plan is made.
        let wants_all = |content: &CardContent| {
            !self.asks_least()
                || preflight::wants_load_files(cap, content, level, options).unwrap_or(true)
        };
        if self.fresh
            && let Some(nothing) = card.session.presumed_empty()
        {
            return Ok(nothing);
        }
        match card.session.content_for_loading(wants_all) {
            Err(Error::Refused(refusal))
                if card.reopened(&refusal, self.connection.domain.as_ref())? =>
            {
                Ok(card.session.content_for_loading(wants_all)?)
            }
            result => Ok(result?),
        }
    }

    /// After a load that the card refused to have announced, asks what was not asked before: what is in the way.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where that is it.
    pub(super) fn look_again(
        &self,
        card: &mut Card,
        cap: &CapFile,
        level: Option<&ApiLevel>,
        options: &FlashOptions,
        case: &mut Case,
    ) -> Result<(), Failure> {
        if !self.asks_least() || self.replace {
            return Ok(());
        }
        // Why the load was refused is to be told, not why this was.
        let Ok(content) = card.session.content_for_loading(|_| true) else {
            return Ok(());
        };
        let found = preflight::check(cap, &content, &card.info, level, options)
            .map_err(|error| Failure::input(self.file.display(), error))?;
        if !preflight::has_problem(&found) {
            return Ok(());
        }
        case.findings = found;
        if !self.json {
            say!("{}", findings_text(&case.findings));
        }
        Err(refuted())
    }
}
