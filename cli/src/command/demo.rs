//! `tenkoku demo`

use crate::command::build;
use crate::command::flash::plan_text;
use crate::confirm::confirm;
use crate::connection::{AnyTransport, Connection, random};
use crate::failure::Failure;
use crate::progress::{Drawn, Spinner};
use crate::road::{self, Log, Progress};
use crate::simulator::Simulator;
use crate::{files, output};
use cap_file::{CapFile, Exports};
use capgen::package::Target;
use clap::Args;
use loader::{FlashOptions, preflight};
use se_crypto::Drbg;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

/// The arguments of `tenkoku demo`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tenkoku demo\n  tenkoku demo --reader ACR --keys card.toml")]
pub struct Demo {
    /// A reader, by its name or a part of it; the demo runs on a simulated card without it.
    #[arg(long, value_name = "NAME")]
    pub reader: Option<String>,
    /// The card's key file; the published test keys without it.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// The folder of the applet's crate.
    #[arg(long, value_name = "CRATE", default_value = "applet-model")]
    pub source: PathBuf,
    /// The CAP file to write.
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "target/tenkoku/jpki.cap"
    )]
    pub output: PathBuf,
    /// The seed of the simulated card; a random one without it.
    #[arg(long, value_name = "N", conflicts_with = "reader")]
    pub seed: Option<u64>,
    /// With `--reader`: show the plan, and write nothing to the card.
    #[arg(long)]
    pub dry_run: bool,
    /// With `--reader`: do not ask before writing to the card.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    card: String,
    seed: Option<u64>,
    cap: PathBuf,
    steps: Vec<road::Step>,
    milliseconds: f64,
}

impl Demo {
    /// Goes the road.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where a step is not as it should be; any other [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let spinner = Spinner::default();
        let mut listen = |progress: Progress<'_>| match progress {
            Progress::Begin(what) => spinner.begin(what),
            Progress::End(step) => spinner.end(&format!("{} … {}", step.what, step.outcome)),
        };
        let mut log = Log::new(&mut listen);
        let report = self.road(&mut log, &spinner);
        spinner.clear();
        let Some(report) = report? else {
            return output::print("dry run: nothing was written to the card\n");
        };
        if self.json {
            output::print_json("tenkoku.demo/1", &report)
        } else {
            output::print(&table(&report))
        }
    }

    fn road(&self, log: &mut Log<'_>, spinner: &Spinner) -> Result<Option<Report>, Failure> {
        let cap = self.compile(log)?;
        let connection = Connection {
            reader: self.reader.clone(),
            keys: self.keys.clone(),
            ..Connection::default()
        };
        let keys = connection.keys()?;
        let (transport, seed) = self.card(&connection)?;
        // A reader's card may have the applet of an earlier run.
        let options = FlashOptions {
            replace: self.reader.is_some(),
            ..FlashOptions::default()
        };
        let prepared = road::prepare(log, transport, keys.clone(), &cap, &options)?;
        let card = prepared.card.info.connection.name.clone();
        if self.reader.is_some() {
            spinner.clear();
            let commands = prepared
                .plan
                .rehearse(&prepared.card.session, &loader::Tokens::default())?
                .len();
            say!(
                "{}",
                plan_text(&card, &prepared.findings, &prepared.plan, commands)
            );
            sayln!(
                "  then: set PINs, generate two keys, write certificates, sign, lock and unblock a PIN"
            );
        }
        if preflight::has_problem(&prepared.findings) {
            return Err(Failure::Refuted(
                "it will not work; nothing was written to the card".to_owned(),
            ));
        }
        if self.reader.is_some() {
            if self.dry_run {
                return Ok(None);
            }
            confirm("Write this to the card?", self.yes)?;
        }
        let mut random = random()?;
        let mut drawn = Drawn::default();
        let transport = road::flash(log, prepared, &mut |event| drawn.hear(event))?;
        drawn.finish();
        let (transport, personalised) =
            road::personalise(log, transport, &road::application()?, &keys, &mut random)?;
        let (transport, _) = road::sign(log, transport, &personalised)?;
        road::lock_and_unblock(log, transport, &keys, &mut random)?;
        Ok(Some(Report {
            card,
            seed,
            cap: self.output.clone(),
            steps: log.steps.clone(),
            milliseconds: log.total(),
        }))
    }

    fn compile(&self, log: &mut Log<'_>) -> Result<CapFile, Failure> {
        log.step("compile the JPKI applet", || {
            let built = build::compile(&self.source, "Jpki", &Target::default())?;
            let bytes = built
                .output
                .cap
                .write()
                .map_err(|error| Failure::input("CAP file", error))?;
            files::write(&self.output, &bytes)?;
            Ok((
                (),
                format!("{}, {} bytes", self.output.display(), bytes.len()),
            ))
        })?;
        // From here on it is the file that counts, as for any other.
        log.step("verify the CAP file", || {
            let cap = files::read_cap(&self.output)?;
            let found = cap_file::verify(&cap, &Exports::builtin());
            if !found.is_ok() {
                return Err(Failure::Refuted(format!(
                    "{} does not verify:\n{found}",
                    self.output.display()
                )));
            }
            Ok((cap, "no rule is broken".to_owned()))
        })
    }

    fn card(&self, connection: &Connection) -> Result<(AnyTransport, Option<u64>), Failure> {
        if self.reader.is_some() {
            return Ok((connection.connect()?, None));
        }
        let seed = match self.seed {
            Some(seed) => seed,
            None => seed(&mut random()?),
        };
        Ok((Box::new(Simulator::new(seed)), Some(seed)))
    }
}

/// A seed short enough to be typed again.
fn seed(random: &mut Drbg) -> u64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    u64::from(u32::from_be_bytes(bytes))
}

fn table(report: &Report) -> String {
    let length = |text: &str| text.chars().count();
    let width = report
        .steps
        .iter()
        .map(|step| length(&step.what))
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (number, step) in report.steps.iter().enumerate() {
        let space = " ".repeat(width - length(&step.what));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{:>2}  {}{space}  {:>7.1} ms  {}",
            number + 1,
            step.what,
            step.milliseconds,
            step.outcome
        );
    }
    let _ = write!(
        text,
        "all {} steps checked in {:.0} ms on {}",
        report.steps.len(),
        report.milliseconds,
        report.card
    );
    match report.seed {
        Some(seed) => text + &format!(" (again: --seed {seed})\n"),
        None => text + "\n",
    }
}
