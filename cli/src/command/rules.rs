//! `tenkoku rules`

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use loader::{AccessRule, Session};
use serde::Serialize;

/// The arguments of `tenkoku rules`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku rules\n  tenkoku rules --reader ACR --json\n\nNo key is used, and nothing is written."
)]
pub struct Rules {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    /// Whether the card has an access rule application master.
    present: bool,
    rules: Vec<AccessRule>,
}

impl Rules {
    /// Shows the access rules.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut session = Session::select(self.connection.connect()?, None)?;
        let rules = session.access_rules()?;
        let report = Report {
            present: rules.is_some(),
            rules: rules.unwrap_or_default(),
        };
        if self.json {
            return output::print_json("tenkoku.rules/1", &report);
        }
        if !report.present {
            return output::print("the card has no access rule application master (ARA-M)\n");
        }
        if report.rules.is_empty() {
            return output::print(
                "no rules: no application of the device may talk to any applet\n",
            );
        }
        output::print(&table(&report.rules))
    }
}

fn table(rules: &[AccessRule]) -> String {
    let head = ["applet", "application", "commands", "events"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(rules.iter().map(|rule| {
        let package = rule
            .package
            .as_ref()
            .map_or(String::new(), |name| format!(" ({name})"));
        [
            rule.applet.clone(),
            format!("{}{package}", rule.application),
            rule.commands.clone(),
            match rule.events {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            }
            .to_owned(),
        ]
    }));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..4).map(width).collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            format!("{}\n", cells.join("  ").trim_end())
        })
        .collect()
}
