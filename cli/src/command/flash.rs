//! `tenkoku flash`

use crate::confirm::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::installation::Installation;
use crate::progress::Drawn;
use crate::{files, output};
use cap_file::CapFile;
use cap_file::verify::verify;
use clap::Args;
use loader::preflight::{self, ApiLevel, Finding, Severity};
use loader::{FlashOptions, InstanceOptions, Plan};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// The arguments of `tenkoku flash`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku flash jpki.cap --dry-run\n  tenkoku flash jpki.cap --replace \
                        --install D392F000260100000001::01 --keys card.toml"
)]
pub struct Flash {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// An instance to install; AIDs and parameters in hexadecimal. Without this: one of each module.
    #[arg(
        long,
        value_name = "MODULE_AID[:INSTANCE_AID[:PARAMS]]",
        conflicts_with = "load_only"
    )]
    pub install: Vec<Installation>,
    /// Load the package, and install nothing.
    #[arg(long)]
    pub load_only: bool,
    /// Delete what is on the card of the same AIDs first, with all its data.
    #[arg(long)]
    pub replace: bool,
    /// The card's Java Card release, as in `jc304`, to compare imports with.
    #[arg(long, value_name = "RELEASE", value_parser = api_level)]
    pub release: Option<&'static ApiLevel>,
    /// Export files of packages that the CAP file imports, or folders of such, for its verification.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Show the plan, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes` or `--dry-run`.
    #[arg(long)]
    pub json: bool,
}

fn api_level(name: &str) -> Result<&'static ApiLevel, String> {
    ApiLevel::named(name).ok_or_else(|| {
        let names: Vec<&str> = ApiLevel::ALL.iter().map(|level| level.name).collect();
        format!("there is: {}", names.join(", "))
    })
}

#[derive(Serialize)]
struct Report<'a> {
    reader: &'a str,
    plan: &'a Plan,
    findings: &'a [Finding],
    /// The commands that write.
    commands: usize,
    written: bool,
    milliseconds: Option<u128>,
}

impl Flash {
    /// Shows the plan, asks, and carries it out.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where it would not work; any other [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        if self.json && !self.yes && !self.dry_run {
            return Err(Failure::Usage(
                "--json does not ask: give --yes or --dry-run".to_owned(),
            ));
        }
        let cap = self.verified()?;
        let options = FlashOptions {
            instances: self.install.iter().map(InstanceOptions::from).collect(),
            replace: self.replace,
            load_only: self.load_only,
            ..FlashOptions::default()
        };
        let mut card = self.connection.authenticate()?;
        let content = card.session.content()?;
        let invalid = |error| Failure::input(self.file.display(), error);
        let findings = preflight::check(&cap, &content, &card.info, self.release, &options)
            .map_err(invalid)?;
        let plan = Plan::new(&cap, &content, &options).map_err(invalid)?;
        let commands = plan.rehearse(card.session.max_data())?.len();
        let mut report = Report {
            reader: &card.info.connection.name,
            plan: &plan,
            findings: &findings,
            commands,
            written: false,
            milliseconds: None,
        };
        if !self.json {
            eprint!("{}", plan_text(report.reader, &findings, &plan, commands));
        }
        if preflight::has_problem(&findings) {
            self.tell(&report)?;
            return Err(Failure::Refuted(
                "it will not work; nothing was written to the card".to_owned(),
            ));
        }
        if self.dry_run {
            return self.tell(&report);
        }
        confirm("Write this to the card?", self.yes)?;
        let start = Instant::now();
        let mut drawn = Drawn::default();
        let result = plan.run(&mut card.session, &mut |event| drawn.hear(&event));
        drawn.finish();
        result?;
        report.written = true;
        report.milliseconds = Some(start.elapsed().as_millis());
        self.tell(&report)
    }

    /// Reads the CAP file and verifies it: a card that cannot verify trusts what it is given.
    fn verified(&self) -> Result<CapFile, Failure> {
        let cap = files::read_cap(&self.file)?;
        let found = verify(&cap, &files::exports(&self.exp)?);
        if found.is_ok() {
            return Ok(cap);
        }
        eprint!("{found}");
        let file = self.file.display();
        Err(Failure::Refuted(format!(
            "{file} does not verify; nothing was written to the card"
        )))
    }

    fn tell(&self, report: &Report<'_>) -> Result<(), Failure> {
        if self.json {
            return output::print_json("tenkoku.flash/1", report);
        }
        match report.milliseconds {
            Some(milliseconds) => output::print(&format!(
                "flashed {} in {milliseconds} ms: {} commands\n",
                self.file.display(),
                report.commands
            )),
            None if self.dry_run => output::print("dry run: nothing was written to the card\n"),
            None => Ok(()),
        }
    }
}

/// Findings and plan for a person.
pub(crate) fn plan_text(
    reader: &str,
    findings: &[Finding],
    plan: &Plan,
    commands: usize,
) -> String {
    let mut text = format!("card: {reader}\n");
    for Finding {
        severity,
        subject,
        message,
    } in findings
    {
        let mark = match severity {
            Severity::Good => "ok",
            Severity::Unknown => "?",
            Severity::Problem => "no",
        };
        text += &format!("  {mark:<3}{subject}: {message}\n");
    }
    text += &format!("plan ({commands} commands):\n");
    for (number, step) in plan.steps.iter().enumerate() {
        text += &format!("  {}. {}\n", number + 1, step.describe());
    }
    text
}
