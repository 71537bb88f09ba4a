//! `tenkoku delete`

use crate::confirm::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::{aid, output};
use clap::Args;
use loader::Aid;
use serde::Serialize;

/// The arguments of `tenkoku delete`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tenkoku delete D392F000260100000000 --related --reader ACR")]
pub struct Delete {
    /// The AIDs of applications or packages.
    #[arg(required = true, value_name = "AID", value_parser = aid::parse)]
    pub aids: Vec<Aid>,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
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
        let mut card = self.connection.authenticate()?;
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
                eprintln!("{aid}: {} {fate}", application.aid);
            }
        }
        if !self.dry_run {
            let names: Vec<String> = self.aids.iter().map(Aid::to_string).collect();
            confirm(
                &format!("Delete {} with all data?", names.join(", ")),
                self.yes,
            )?;
            for aid in &self.aids {
                card.session.delete(aid, self.related)?;
            }
        }
        let report = Report {
            deleted: self.aids.iter().map(Aid::to_string).collect(),
            dry_run: self.dry_run,
        };
        if self.json {
            return output::print_json("tenkoku.delete/1", &report);
        }
        let done = if self.dry_run {
            "would delete"
        } else {
            "deleted"
        };
        output::print(&format!("{done} {}\n", report.deleted.join(", ")))
    }
}
