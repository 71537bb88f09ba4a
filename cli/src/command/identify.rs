//! `tenkoku identify`

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use loader::{CardInfo, Profile, Session};
use serde::Serialize;
use std::fmt::Write;

/// The arguments of `tenkoku identify`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku identify\n  tenkoku identify --reader ACR --json\n\nNo key is used, and nothing is written."
)]
pub struct Identify {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    identity: Option<String>,
    product: Option<&'static Profile>,
    /// How many sessions were begun with the default key set.
    sequence_counter: Option<u32>,
    card: CardInfo,
}

impl Identify {
    /// Tells what the card tells.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut session =
            Session::select(self.connection.connect()?, self.connection.domain.as_ref())?;
        let card = session.info()?;
        let report = Report {
            identity: card.identity(),
            product: loader::identify(&card.connection.atr),
            sequence_counter: session.sequence_counter()?,
            card,
        };
        if self.json {
            output::print_json("tenkoku.identify/1", &report)
        } else {
            output::print(&text(&report))
        }
    }
}

fn text(report: &Report) -> String {
    let card = &report.card;
    let mut lines: Vec<(&str, String)> = vec![
        ("card", card.connection.name.clone()),
        ("protocol", card.connection.protocol.clone()),
        ("ATR", hex::encode_upper(&card.connection.atr)),
    ];
    if let Some(product) = report.product {
        lines.push(("product", format!("{} (by its ATR: a hint)", product.name)));
        if let Some(release) = &product.java_card {
            lines.push(("", format!("known for Java Card {release}")));
        }
    } else {
        lines.push(("product", "not among the known ones".to_owned()));
    }
    lines.extend(
        report
            .identity
            .clone()
            .map(|identity| ("identity", identity)),
    );
    lines.push(("domain", card.issuer.clone()));
    lines.extend(
        card.global_platform
            .clone()
            .map(|version| ("GlobalPlatform", version)),
    );
    lines.extend(card.java_card.clone().map(|version| ("Java Card", version)));
    for (protocol, i) in &card.protocols {
        lines.push(("channel", format!("SCP{protocol:02X} i={i:02X}")));
    }
    for version in card.key_versions() {
        lines.push(("keys", card.key_set_in_words(version)));
    }
    if let Some(counter) = report.sequence_counter {
        lines.push(("counter", format!("{counter} sessions begun")));
    }
    if let Some(production) = &card.production {
        lines.push((
            "production",
            format!(
                "fabricator {}, chip {}, operating system {} of {} level {}",
                production.fabricator,
                production.chip,
                production.operating_system,
                production.release_date,
                production.release_level
            ),
        ));
    }
    lines.extend(
        card.issuer_identification
            .clone()
            .map(|number| ("IIN", number)),
    );
    lines.extend(card.card_image.clone().map(|number| ("CIN", number)));
    if let Some(free) = card.free_persistent {
        lines.push(("free", format!("{free} bytes persistent")));
    }
    if let Some(free) = card.free_transient {
        lines.push(("", format!("{free} bytes transient")));
    }
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<15} {value}");
    }
    text
}
