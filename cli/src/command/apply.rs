//! `tenkoku apply`

use crate::confirm;
use crate::connection::{Connection, at_hand, level, random, read_keys};
use crate::failure::Failure;
use crate::journals::Place;
use crate::progress::Drawn;
use crate::{files, output};
use cap_file::CapFile;
use cap_file::verify::verify;
use clap::Args;
use loader::{CardInfo, Change, Found, Journal, KeySet, Reached, Recipe, Session, Transport};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku apply`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku apply card.toml --dry-run\n  \
    tenkoku apply card.toml --yes --sim card.image\n\n\
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
    data = [{ dgi = 0x0101, hex = \"5F2003414243\" }]\n\n\
    Files are looked for beside the recipe. What is on the card already is left as it is; what the recipe does not\n\
    name is left alone. Data are stored when an instance is made, and not again.")]
pub struct Apply {
    /// The recipe.
    #[arg(value_name = "RECIPE")]
    pub recipe: PathBuf,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
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
}

/// What a recipe refers to.
struct Inputs {
    recipe: Recipe,
    packages: Vec<CapFile>,
    keys: Vec<Option<KeySet>>,
}

/// A card in conversation, and what was found on it.
struct Card<T> {
    session: Session<T>,
    info: CardInfo,
    keys: KeySet,
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
        let inputs = self.inputs()?;
        // A key file that is none must not cost the card anything.
        let keys = self.connection.keys()?;
        let (mut card, changes) = self.difference(&inputs, keys)?;
        let mut report = Report {
            changes: changes.iter().map(Change::describe).collect(),
            done: 0,
            dry_run: self.dry_run,
        };
        if !self.json {
            for (number, change) in report.changes.iter().enumerate() {
                eprintln!("  {}. {change}", number + 1);
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
            confirm::identity("putting keys", &card.info, self.card.as_deref())?;
        }
        for change in &changes {
            if let Err(failure) = make(&mut card, &inputs, change) {
                eprintln!(
                    "note: {} of {} done; the same command goes on from there",
                    report.done,
                    changes.len()
                );
                return Err(failure);
            }
            report.done += 1;
        }
        self.tell(&report)
    }

    fn inputs(&self) -> Result<Inputs, Failure> {
        let text = files::read(&self.recipe)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::input(self.recipe.display(), error);
        let text = std::str::from_utf8(&text).map_err(|error| invalid(&error))?;
        let recipe = Recipe::from_toml(text).map_err(|error| invalid(&error))?;
        let folder = self.recipe.parent().unwrap_or(Path::new("."));
        let mut packages = Vec::new();
        for package in &recipe.packages {
            let file = folder.join(&package.file);
            let cap = files::read_cap(&file)?;
            // Packages of the recipe may import each other: what is not known of them is for the card to say.
            let found = verify(&cap, &files::exports(&[])?);
            if !found.is_ok() {
                eprint!("{found}");
                return Err(Failure::Refuted(format!(
                    "{} does not verify; nothing was written to the card",
                    file.display()
                )));
            }
            packages.push(cap);
        }
        let keys = recipe
            .domains
            .iter()
            .map(|domain| match &domain.keys {
                Some(file) => read_domain_keys(&folder.join(file)).map(Some),
                None => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        Ok(Inputs {
            recipe,
            packages,
            keys,
        })
    }

    fn difference(
        &self,
        inputs: &Inputs,
        keys: KeySet,
    ) -> Result<(Card<impl Transport + use<>>, Vec<Change>), Failure> {
        let mut session = Session::select(self.connection.connect()?, None)?;
        let info = session.info()?;
        let mut domain_keys = Vec::new();
        for domain in &inputs.recipe.domains {
            // A domain that is not there has no keys.
            if session.select_again(Some(&domain.aid)).is_ok() {
                domain_keys.push((domain.aid, session.keys()?));
            }
        }
        session.select_again(None)?;
        session.open(&keys, level(&info), &mut random()?)?;
        let content = session.content()?;
        let places: Vec<Option<Place>> = inputs
            .packages
            .iter()
            .map(|cap| {
                let package = hex::encode_upper(&cap.header.package.aid.0);
                Place::of(&self.connection, &info, &package)
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
            key_versions: &versions(&inputs.keys),
        };
        let changes = inputs
            .recipe
            .difference(&inputs.packages, &found)
            .map_err(|error| Failure::input(self.recipe.display(), error))?;
        let card = Card {
            session,
            info,
            keys,
            places,
        };
        Ok((card, changes))
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

fn versions(keys: &[Option<KeySet>]) -> Vec<Option<u8>> {
    keys.iter()
        .map(|keys| keys.as_ref().map(|keys| keys.version))
        .collect()
}

fn read_domain_keys(file: &Path) -> Result<KeySet, Failure> {
    let keys = read_keys(file)?;
    at_hand(&keys)?;
    if keys.version == 0 || keys.diversification.is_some() {
        return Err(Failure::input(
            file.display(),
            "keys of a domain have a version, `kvn`, and are no master keys",
        ));
    }
    Ok(keys)
}

/// Makes one change.
fn make<T: Transport>(card: &mut Card<T>, inputs: &Inputs, change: &Change) -> Result<(), Failure> {
    match change {
        Change::Load {
            package,
            plan,
            journal,
            ..
        } => {
            let place = card.places.get(*package).and_then(Option::as_ref);
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
            card.session
                .open(&card.keys, level(&card.info), &mut random()?)?;
            Ok(card.session.put_key(None, new.version, at_hand(new)?)?)
        }
        other => Ok(other.run(&mut card.session, &mut |_| ())?),
    }
}
