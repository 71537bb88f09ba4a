//! `tenkoku delete`

use crate::confirm::confirm;
use crate::connection::Connection;
use crate::delegation::{Delegation, Settled};
use crate::failure::Failure;
use crate::{aid, output};
use clap::Args;
use loader::Aid;
use serde::Serialize;

/// The arguments of `tenkoku delete`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku delete D392F000260100000000 --related --reader ACR\n  \
    tenkoku delete D392F000260100000000 --related --dry-run       what would go with it\n  \
    tenkoku delete F000000001 --domain A0000001515344 --tokens delete.tokens --receipts receipt.toml")]
pub struct Delete {
    /// The AIDs of applications or packages.
    #[arg(required = true, value_name = "AID", value_parser = aid::parse)]
    pub aids: Vec<Aid>,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Delegated management.
    #[command(flatten)]
    pub delegation: Delegation,
    /// With a package, delete the applications made from it too.
    #[arg(long)]
    pub related: bool,
    /// Show what would be deleted, and delete nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before deleting.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes` or `--dry-run`.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    deleted: Vec<String>,
    dry_run: bool,
    #[serde(flatten)]
    receipts: Settled,
}

impl Delete {
    /// Asks, and deletes.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where one of them is not on the card; any other [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        if self.json && !self.yes && !self.dry_run {
            return Err(Failure::Usage(
                "--json does not ask: give --yes or --dry-run".to_owned(),
            ));
        }
        let (mut card, delegation) = self.delegation.open(&self.connection, false, Ok)?;
        let content = card.session.content()?;
        for aid in &self.aids {
            if content.application(aid).is_none() && content.load_file(aid).is_none() {
                return Err(Failure::Refuted(format!(
                    "{aid} is not on the card; nothing was deleted. `tenkoku list` shows what is"
                )));
            }
            for application in content.applications_of(aid) {
                let fate = if self.related {
                    "is deleted with it"
                } else {
                    "was made from it"
                };
                sayln!("{aid}: {} {fate}", application.aid);
            }
        }
        let mut receipts = Settled::default();
        if !self.dry_run {
            let names: Vec<String> = self.aids.iter().map(Aid::to_string).collect();
            confirm(
                &format!("Delete {} with all data?", names.join(", ")),
                self.yes,
            )?;
            let result = self
                .aids
                .iter()
                .try_for_each(|aid| card.session.delete(aid, self.related));
            receipts = delegation.settle(card.session.receipts(), card.confirmations)?;
            result?;
        }
        let report = Report {
            deleted: self.aids.iter().map(Aid::to_string).collect(),
            dry_run: self.dry_run,
            receipts,
        };
        if self.json {
            output::print_json("tenkoku.delete/1", &report)?;
            return report.receipts.verdict();
        }
        let done = if self.dry_run {
            "would delete"
        } else {
            "deleted"
        };
        output::print(&format!("{done} {}\n", report.deleted.join(", ")))?;
        report.receipts.verdict()
    }
}
