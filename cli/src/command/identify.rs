//! `tenkoku identify`

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use loader::{CardInfo, KnownBy, Profile, Session};
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
    /// What the product is known by.
    known_by: Option<KnownBy>,
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
        let (product, known_by) = loader::recognize(&card).unzip();
        let report = Report {
            identity: card.identity(),
            product,
            known_by,
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

fn known_by(report: &Report) -> &'static str {
    match report.known_by {
        Some(KnownBy::AtrAndCplc) => " (by its ATR and its production data)",
        Some(KnownBy::AtrAgainstCplc) => {
            " (by its ATR, but its production data are another product's: a hint at most)"
        }
        Some(KnownBy::Cplc) => " (by its production data; its ATR is nobody's)",
        Some(KnownBy::Atr) | None => " (by its ATR: a hint)",
    }
}

/// What is publicly known of a product.
fn of_product(product: &Profile) -> impl Iterator<Item = String> {
    let known = [
        product
            .java_card
            .as_ref()
            .map(|release| format!("known for Java Card {release}")),
        product
            .global_platform
            .as_ref()
            .map(|version| format!("known for GlobalPlatform {version}")),
        product
            .key_version
            .as_ref()
            .map(|version| format!("delivered with key version {version}")),
        product
            .diversification
            .as_ref()
            .map(|method| format!("delivered with keys diversified by {method}")),
        product
            .block
            .map(|most| format!("takes {most} bytes of command data")),
    ];
    let channels = product
        .protocols()
        .map(|(protocol, i)| format!("known for SCP{protocol:02X} i={i:02X}"));
    let quirks = product.quirks.iter().cloned();
    let sources = (!product.sources.is_empty())
        .then(|| format!("according to {}", product.sources.join("; ")));
    known
        .into_iter()
        .flatten()
        .chain(channels)
        .chain(quirks)
        .chain(sources)
}

fn text(report: &Report) -> String {
    let card = &report.card;
    let mut lines: Vec<(&str, String)> = vec![
        ("card", card.connection.name.clone()),
        ("protocol", card.connection.protocol.clone()),
        ("ATR", hex::encode_upper(&card.connection.atr)),
    ];
    if let Some(product) = report.product {
        lines.push(("product", format!("{}{}", product.name, known_by(report))));
        lines.extend(of_product(product).map(|line| ("", line)));
    } else {
        lines.push(("product", "not among the known ones".to_owned()));
    }
    lines.extend(
        report
            .identity
            .clone()
            .map(|identity| ("identity", identity)),
    );
    lines.extend(card.issuer.clone().map(|issuer| ("domain", issuer)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use loader::{InProcess, profiles};

    /// A card of each product, which tells nothing but its answer to reset: what is known of the product is told with
    /// where it is known from, and that it is a hint.
    #[test]
    fn every_known_product_is_named() {
        assert!(profiles().len() >= 25);
        for product in profiles() {
            let card = InProcess::new("silent", |command: &[u8]| match command.get(1) {
                Some(0xA4) => vec![0x90, 0x00],
                _ => vec![0x6A, 0x88],
            });
            let mut session = Session::select(card, None).unwrap();
            let mut card = session.info().unwrap();
            let atr = product.atr.first().unwrap().replace("..", "00");
            card.connection.atr = hex::decode(atr.replace(' ', "")).unwrap();
            let (found, known_by) = loader::recognize(&card).unzip();
            let report = Report {
                identity: None,
                product: found,
                known_by,
                sequence_counter: None,
                card,
            };
            let told = text(&report);
            assert!(
                told.contains(&format!("{} (by its ATR: a hint)", product.name)),
                "{told}"
            );
            for what in product.sources.iter().chain(&product.quirks) {
                assert!(told.contains(what.as_str()), "{what}: {told}");
            }
            for (protocol, i) in product.protocols() {
                assert!(
                    told.contains(&format!("SCP{protocol:02X} i={i:02X}")),
                    "{told}"
                );
            }
        }
    }
}
