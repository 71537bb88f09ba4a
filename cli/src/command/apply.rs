//! `tenkoku apply`

use crate::connection::{Authenticated, Connection, at_hand, random};
use crate::delegation::{Delegation, Prepared, Settled};
use crate::failure::Failure;
use crate::journals::Place;
use crate::progress::Drawn;
use crate::recipe::Inputs;
use crate::{confirm, output};
use clap::Args;
use loader::{Change, Found, Journal, Reached, Session};
use serde::Serialize;
use std::path::PathBuf;

/// The arguments of `tenkoku apply`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku apply card.toml --dry-run\n  \
    tenkoku apply card.toml --yes --sim card.image\n  \
    tenkoku apply card.toml --domain A0000001515344 --tokens card.tokens --receipts receipt.toml\n\n\
    A recipe:\n  \
    [[domain]]\n  \
    aid = \"A0000001515344\"\n  \
    privileges = [\"authorized-management\"]\n  \
    keys = \"domain.toml\"\n\n  \
    [[package]]\n  \
    file = \"wallet.cap\"\n\n  \
    [[package.instance]]\n  \
    module = \"F00000000101\"\n  \
    aid = \"F00000000177\"\n  \
    parameters = \"0102\"\n  \
    domain = \"A0000001515344\"\n  \
    data = [{ dgi = 0x0101, hex = \"5F2003414243\" },\n          \
            { dgi = 0x8201, hex = \"31323334FFFFFFFF\", encrypt = true }]\n\n\
    Files are looked for beside the recipe. What is on the card already is left as it is; what the recipe does not\n\
    name is left alone. Data are stored when an instance is made, and not again; `encrypt` encrypts them under the\n\
    session's data encryption key too. A security domain with delegated management sends tokens, which the issuer\n\
    signs with `tenkoku token recipe`.")]
pub struct Apply {
    /// The recipe.
    #[arg(value_name = "RECIPE")]
    pub recipe: PathBuf,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Delegated management.
    #[command(flatten)]
    pub delegation: Delegation,
    /// Delete packages of another version or build, with their instances and all data, for those of the recipe.
    #[arg(long)]
    pub replace: bool,
    /// The card that is meant, where keys are put, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// Show what is left to do, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes` or `--dry-run`.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    /// What is left to do, or was done.
    changes: Vec<String>,
    done: usize,
    dry_run: bool,
    /// What a security domain with delegated management got.
    #[serde(flatten)]
    receipts: Settled,
}

/// A card in conversation, and where the journals of its packages are.
struct Card {
    card: Authenticated,
    places: Vec<Option<Place>>,
}

impl Apply {
    /// Finds what is left to do, asks, and does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        if self.json && !self.yes && !self.dry_run {
            return Err(Failure::Usage(
                "--json does not ask: give --yes or --dry-run".to_owned(),
            ));
        }
        let inputs = Inputs::read(&self.recipe)?.read_keys(&self.recipe)?;
        let (mut card, delegation, changes) = self.difference(&inputs)?;
        let mut report = Report {
            changes: changes.iter().map(Change::describe).collect(),
            done: 0,
            dry_run: self.dry_run,
            receipts: Settled::default(),
        };
        if !self.json {
            for (number, change) in report.changes.iter().enumerate() {
                sayln!("  {}. {change}", number + 1);
            }
        }
        if changes.is_empty() || self.dry_run {
            return self.tell(&report);
        }
        if changes.iter().any(Change::destroys) && !self.replace {
            return Err(Failure::Refuted(
                "another build of a package is on the card: --replace deletes it with its instances and their data; \
                 nothing was written"
                    .to_owned(),
            ));
        }
        confirm::confirm("Do this?", self.yes)?;
        if changes
            .iter()
            .any(|change| matches!(change, Change::PutKeys { .. }))
        {
            confirm::identity("putting keys", &card.card.info, self.card.as_deref())?;
        }
        let result: Result<(), Failure> = changes.iter().try_for_each(|change| {
            make(&mut card, &inputs, change)?;
            report.done += 1;
            Ok(())
        });
        if result.is_err() {
            sayln!(
                "note: {} of {} done; the same command goes on from there",
                report.done,
                changes.len()
            );
        }
        // What came before the end is worth keeping, however it ended.
        let Authenticated {
            session,
            confirmations,
            ..
        } = &card.card;
        report.receipts = delegation.settle(session.receipts(), *confirmations)?;
        result?;
        self.tell(&report)?;
        report.receipts.verdict()
    }

    fn difference(&self, inputs: &Inputs) -> Result<(Card, Prepared, Vec<Change>), Failure> {
        let mut domain_keys = Vec::new();
        let (mut card, delegation) =
            self.delegation.open(&self.connection, false, |transport| {
                let mut session = Session::select(transport, None)?;
                for domain in &inputs.recipe.domains {
                    // A domain that is not there has no keys.
                    if session.select_again(Some(&domain.aid)).is_ok() {
                        domain_keys.push((domain.aid, session.keys()?));
                    }
                }
                Ok(session.into_transport())
            })?;
        let content = card.session.content_for_loading(|_| true)?;
        let places: Vec<Option<Place>> = inputs
            .packages
            .iter()
            .map(|cap| {
                let package = hex::encode_upper(&cap.header.package.aid.0);
                Place::of(&self.connection, &card.info, &package)
            })
            .collect();
        let journals = places
            .iter()
            .map(|place| place.as_ref().map_or(Ok(None), Place::read))
            .collect::<Result<Vec<_>, _>>()?;
        let found = Found {
            content: &content,
            domain_keys: &domain_keys,
            journals: &journals,
            key_versions: &inputs.key_versions(),
            with_hash: self.delegation.tokens.is_some(),
        };
        let changes = inputs
            .recipe
            .difference(&inputs.packages, &found)
            .map_err(|error| Failure::input(self.recipe.display(), error))?;
        Ok((Card { card, places }, delegation, changes))
    }

    fn tell(&self, report: &Report) -> Result<(), Failure> {
        if self.json {
            return output::print_json("tenkoku.apply/1", report);
        }
        output::print(&match report.changes.len() {
            0 => "the card is as the recipe says; nothing was written\n".to_owned(),
            _ if self.dry_run => "dry run: nothing was written to the card\n".to_owned(),
            count => format!("done: {count} changes\n"),
        })
    }
}

/// Makes one change.
fn make(card: &mut Card, inputs: &Inputs, change: &Change) -> Result<(), Failure> {
    let Card { card, places } = card;
    match change {
        Change::Load {
            package,
            plan,
            journal,
            ..
        } => {
            let place = places.get(*package).and_then(Option::as_ref);
            let mut journal: Journal = journal.clone();
            let keep = |journal: &Journal| {
                if let Some(place) = place {
                    place.keep(journal);
                }
            };
            keep(&journal);
            let mut drawn = Drawn::default();
            let result = plan.run(&mut card.session, &mut |event| {
                drawn.hear(&event);
                if journal.hear(&event) {
                    keep(&journal);
                }
            });
            drawn.finish();
            result?;
            journal.reached = Reached::Complete;
            keep(&journal);
            Ok(())
        }
        Change::PutKeys { index, domain } => {
            let Some(Some(new)) = inputs.keys.get(*index) else {
                return Ok(());
            };
            // A domain without keys of its own takes those of the domain that made it.
            card.session.select_again(Some(domain))?;
            card.session.open(&card.keys, None, &mut random()?)?;
            Ok(card.session.put_key(None, new.version, at_hand(new)?)?)
        }
        other => Ok(other.run(&mut card.session, &mut |_| ())?),
    }
}
