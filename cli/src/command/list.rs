//! `tenkoku list`

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use loader::{CardContent, CardInfo};
use serde::Serialize;
use std::fmt::Write;

/// The arguments of `tenkoku list`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku list\n  tenkoku list --reader ACR --keys card.toml\n  tenkoku list --sim card.image --json"
)]
pub struct List {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    card: CardInfo,
    content: CardContent,
}

impl List {
    /// Lists what is on the card.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut card = self.connection.authenticate()?;
        let content = card.session.content()?;
        let report = Report {
            card: card.info,
            content,
        };
        if self.json {
            output::print_json("tenkoku.list/1", &report)
        } else {
            output::print(&text(&report))
        }
    }
}

fn text(Report { card, content }: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "card        {}", card.connection.name);
    if !card.connection.atr.is_empty() {
        let _ = writeln!(
            text,
            "ATR         {}",
            hex::encode_upper(&card.connection.atr)
        );
    }
    for (name, value) in [
        ("platform", &card.global_platform),
        ("Java Card", &card.java_card),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<12}{value}");
        }
    }
    if let Some(free) = card.free_persistent {
        let _ = writeln!(text, "free        {free} bytes");
    }
    let _ = writeln!(
        text,
        "issuer      {} {}",
        content.issuer.aid,
        content.card_state()
    );
    for file in &content.load_files {
        let version = file
            .version
            .map_or(String::new(), |(major, minor)| format!(" {major}.{minor}"));
        let _ = writeln!(text, "package     {}{version}", file.aid);
        for module in &file.modules {
            let _ = writeln!(text, "  module    {module}");
        }
    }
    for application in &content.applications {
        let kind = if application.is_security_domain() {
            "domain"
        } else {
            "applet"
        };
        let _ = write!(
            text,
            "{kind:<12}{} {}",
            application.aid,
            application.state()
        );
        if let Some(file) = &application.load_file {
            let _ = write!(text, ", of {file}");
        }
        let privileges = application.privilege_names();
        if !privileges.is_empty() {
            let _ = write!(text, " ({})", privileges.join(", "));
        }
        text.push('\n');
    }
    text
}
