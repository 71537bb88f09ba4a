//! `tenkoku flash`

mod asking;
mod bundle;
mod text;
mod watch;

use crate::confirm::confirm;
use crate::connection::{AnyTransport, Authenticated, Connection};
use crate::delegation::{Delegation, Settled};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::journals::Place;
use crate::progress::{Drawn, Line};
use crate::{files, interrupt, output};
use cap_file::CapFile;
use cap_file::verify::verify;
use capgen::package::map::SourceMap;
use clap::Args;
use loader::preflight::{self, ApiLevel, Finding};
use loader::{
    CardContent, CardInfo, FlashError, FlashOptions, InstanceOptions, Interruptible, Journal,
    PartialState, Plan, Reached, Trace, Traced,
};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;
use text::apdu_text;
pub(crate) use text::plan_text;

/// The arguments of `tenkoku flash`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku flash jpki.cap --dry-run                     the plan and its APDUs; writes nothing\n  \
    tenkoku flash jpki.cap --replace --install D392F000260100000001::01 --keys card.toml\n  \
    tenkoku flash jpki.cap --resume                      goes on where the last flash ended early\n  \
    tenkoku flash jpki.cap --clean                       takes what it left off the card again\n  \
    tenkoku flash jpki.cap --combined                    package and first instance, or nothing\n  \
    tenkoku flash jpki.cap --domain A0000001515344 --tokens jpki.tokens --receipts receipt.toml\n  \
    tenkoku flash jpki.cap --replace --yes --if-changed  for scripts\n  \
    tenkoku flash jpki.cap --fresh --yes --scp 02:55     for one new card after the other, in as few APDUs as can be\n  \
    tenkoku flash jpki.cap --replace --yes --watch       for development\n  \
    tenkoku flash jpki.cap --report fault.zip            for a report of a fault")]
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
    /// Take it that nothing of the package is on the card, and ask for nothing that is there: for many new cards alike.
    /// What is in the way after all is said only when the card refuses the package, or after it, its instance.
    #[arg(long, conflicts_with_all = ["replace", "resume", "clean", "if_changed", "dry_run", "watch"])]
    pub fresh: bool,
    /// Go on with a flash of this file that ended early; what it has loaded already is not loaded again.
    #[arg(long, conflicts_with_all = ["replace", "clean", "if_changed", "watch"])]
    pub resume: bool,
    /// Take what a flash that ended early has left off the card again.
    #[arg(long, conflicts_with_all = ["replace", "if_changed", "watch", "install", "load_only"])]
    pub clean: bool,
    /// Write nothing where this file was the last that was flashed here, and all of it is on the card still.
    #[arg(long)]
    pub if_changed: bool,
    /// Stay, and flash again whenever the file has changed; wants `--replace` and `--yes`.
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,
    /// The card's Java Card release, as in `jc304`, to compare imports with. Without this: that of its profile.
    #[arg(long, value_name = "RELEASE", value_parser = api_level)]
    pub release: Option<&'static ApiLevel>,
    /// Export files of packages that the CAP file imports, or folders of such, for its verification.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Load, and make the first instance, in one process of which the card does all or nothing (INSTALL [for load,
    /// install and make selectable]). Cards that do not have it refuse before anything is written.
    #[arg(long, conflicts_with_all = ["load_only", "clean"])]
    pub combined: bool,
    /// Do not have the card look for memory when the load is announced, for cards that refuse load parameters (6A80).
    #[arg(long)]
    pub no_memory_check: bool,
    /// Send the SHA-256 of the load file, for the card to check; with signatures or tokens it always goes along.
    #[arg(long)]
    pub hash: bool,
    /// A signature of the load file for a security domain with DAP verification, as `tenkoku token dap` writes it.
    #[arg(long, value_name = "FILE")]
    pub dap: Vec<PathBuf>,
    /// Delegated management.
    #[command(flatten)]
    pub delegation: Delegation,
    /// Show the plan and its APDUs, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before writing.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes` or `--dry-run`.
    #[arg(long)]
    pub json: bool,
    /// Tell progress as JSON lines on standard output; the report, on one line, comes last.
    #[arg(long, requires = "json")]
    pub events: bool,
    /// Write a bundle for a report of a fault: card, plan, APDUs and errors, without keys and protected data.
    #[arg(long, value_name = "FILE.zip")]
    pub report: Option<PathBuf>,
}

fn api_level(name: &str) -> Result<&'static ApiLevel, String> {
    ApiLevel::named(name).ok_or_else(|| {
        let names: Vec<&str> = ApiLevel::ALL.iter().map(|level| level.name).collect();
        format!("there is: {}", names.join(", "))
    })
}

/// All that is known of one flash, for its report. What is not known yet is left out.
#[derive(Default, Serialize)]
struct Case {
    file: PathBuf,
    package: Option<String>,
    load_file_hash: Option<String>,
    card: Option<CardInfo>,
    profile: Option<&'static str>,
    findings: Vec<Finding>,
    plan: Option<Plan>,
    /// The commands that write.
    commands: usize,
    /// These commands, in a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apdus: Vec<String>,
    up_to_date: bool,
    written: bool,
    milliseconds: Option<u128>,
    failed: Option<Failed>,
    /// What a security domain with delegated management got.
    #[serde(flatten)]
    receipts: Settled,
}

/// Where a flash ended early.
#[derive(Serialize)]
struct Failed {
    step: usize,
    what: String,
    error: String,
    on_card: PartialState,
    advice: String,
}

impl From<&FlashError> for Failed {
    fn from(error: &FlashError) -> Self {
        Self {
            step: error.step,
            what: error.what.clone(),
            error: error.cause.to_string(),
            on_card: error.state.clone(),
            advice: error.state.advice(),
        }
    }
}

/// What preflight found is in the way.
fn refuted() -> Failure {
    Failure::Refuted("it will not work; nothing was written to the card".to_owned())
}

/// A card whose commands are traced, and which Ctrl-C reaches between two of them.
type Card = Authenticated<Traced<Interruptible<AnyTransport>>>;

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
        if !self.watch {
            return self.once();
        }
        if !self.yes || !self.replace {
            return Err(Failure::Usage(
                "--watch writes again and again without asking: give --replace and --yes"
                    .to_owned(),
            ));
        }
        watch::run(self)
    }

    /// One flash, with its report.
    fn once(&self) -> Result<(), Failure> {
        let trace = Trace::default();
        let mut case = Case {
            file: self.file.clone(),
            ..Case::default()
        };
        let result = self.carry_out(&trace, &mut case);
        if let Some(file) = &self.report {
            bundle::write(file, &case, &trace, &result)?;
        }
        if result.is_ok() || case.plan.is_some() {
            self.tell(&case)?;
        }
        result
    }

    fn carry_out(&self, trace: &Trace, case: &mut Case) -> Result<(), Failure> {
        let cap = self.verified()?;
        let package = hex::encode_upper(&cap.header.package.aid.0);
        case.package = Some(package.clone());
        let (mut card, delegation) =
            self.delegation
                .open(&self.connection, self.asks_least(), |card| {
                    let card = Interruptible::new(card, interrupt::flag());
                    Ok(Traced::new(card, trace.clone()))
                })?;
        case.card = Some(card.info.clone());
        let profile = loader::recognize(&card.info).map(|(profile, _)| profile);
        if let Some(most) = profile.and_then(|profile| profile.block) {
            card.session.limit_data(most.into());
        }
        case.profile = profile.map(|profile| profile.name.as_str());
        let options = self.options()?;
        let level = self.release.or_else(|| profile?.api_level());
        let content = self.content(&mut card, &cap, level, &options)?;
        let place = Place::of(&self.connection, &card.info, &package);
        let known = match &place {
            Some(place) => place.read()?,
            None => None,
        };
        let invalid = |error| Failure::input(self.file.display(), error);
        let plan = self.plan(&cap, &content, &options, known.as_ref())?;
        case.load_file_hash = Some(hex::encode_upper(se_crypto::sha256(&plan.load_file)));
        if let Some(journal) = &known
            && self.if_changed
            && plan.is_up_to_date(&content, journal)
        {
            case.up_to_date = true;
            case.plan = Some(Plan {
                steps: Vec::new(),
                ..plan
            });
            return Ok(());
        }
        if !self.clean {
            case.findings =
                preflight::check(&cap, &content, &card.info, level, &options).map_err(invalid)?;
            if let Some(profile) = profile {
                let known = preflight::known(profile, &card.info, &card.keys);
                case.findings.extend(known);
            }
            self.locate(&mut case.findings);
        }
        let apdus = plan.rehearse(&card.session, &delegation.tokens)?;
        case.commands = apdus.len();
        case.plan = Some(plan.clone());
        if !self.json {
            let name = &card.info.connection.name;
            say!("{}", plan_text(name, &case.findings, &plan, case.commands));
        }
        if preflight::has_problem(&case.findings) {
            return Err(refuted());
        }
        if self.dry_run {
            case.apdus = apdus.iter().map(hex::encode_upper).collect();
            return Ok(());
        }
        if !plan.steps.is_empty() {
            confirm("Write this to the card?", self.yes)?;
        }
        let journal = match &known {
            Some(journal) if self.resume || self.clean => journal.clone(),
            _ => Journal::begin(&cap, &plan),
        };
        let result = self
            .write(&mut card, &plan, journal, place.as_ref(), case)
            .or_else(|failure| {
                if !failure.wrote_nothing() {
                    return Err(failure);
                }
                // What was known before is known still, but of the channel.
                card.forget();
                if let Some(place) = &place {
                    place.restore(known.as_ref());
                }
                self.look_again(&mut card, &cap, level, &options, case)?;
                Err(failure)
            });
        // What came before the end is worth keeping, however it ended.
        let receipts = card.session.receipts();
        case.receipts = delegation.settle(receipts, card.confirmations)?;
        result?;
        case.receipts.verdict()
    }

    /// Adds the lines of the source, where the source map of the compiler lies beside the CAP file.
    fn locate(&self, findings: &mut [Finding]) {
        let map: Option<SourceMap> = std::fs::read(self.file.with_extension("map"))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let Some(map) = map else {
            return;
        };
        let place = |offset: u16| {
            let (method, line) = map.find(offset.into())?;
            let Some(line) = line else {
                return Some(method.path.clone());
            };
            let file = map.files.get(usize::try_from(line.file).ok()?)?;
            Some(format!("{file}:{}:{}", line.line, line.column))
        };
        for finding in findings {
            finding.locate(place);
        }
    }

    fn options(&self) -> Result<FlashOptions, Failure> {
        let signatures = self
            .dap
            .iter()
            .map(|file| {
                serde_json::from_slice(&files::read(file)?).map_err(|error| {
                    Failure::input(file.display(), format!("no signature: {error}"))
                })
            })
            .collect::<Result<_, Failure>>()?;
        Ok(FlashOptions {
            instances: self.install.iter().map(InstanceOptions::from).collect(),
            replace: self.replace || self.resume,
            load_only: self.load_only,
            with_hash: self.hash || self.delegation.tokens.is_some(),
            signatures,
            combined: self.combined,
            without_memory_check: self.no_memory_check,
            ..FlashOptions::default()
        })
    }

    fn plan(
        &self,
        cap: &CapFile,
        content: &CardContent,
        options: &FlashOptions,
        known: Option<&Journal>,
    ) -> Result<Plan, Failure> {
        let invalid = |error| Failure::input(self.file.display(), error);
        match known {
            Some(journal) if self.resume => {
                Plan::resume(cap, content, options, journal).map_err(invalid)
            }
            Some(journal) if self.clean => Ok(Plan::clean(content, journal)),
            None if self.resume || self.clean => Err(Failure::Refuted(format!(
                "nothing is known of a flash of {} on this card; nothing was written. `tenkoku list` shows what is \
                 on it, and --replace replaces it",
                self.file.display()
            ))),
            _ => Plan::new(cap, content, options).map_err(invalid),
        }
    }

    /// Carries the plan out, and keeps the journal of it.
    fn write(
        &self,
        card: &mut Card,
        plan: &Plan,
        mut journal: Journal,
        place: Option<&Place>,
        case: &mut Case,
    ) -> Result<(), Failure> {
        let keep = |journal: &Journal| {
            if let Some(place) = place {
                place.keep(journal);
            }
        };
        if !self.clean {
            keep(&journal);
        }
        let start = Instant::now();
        let mut drawn = Drawn::default();
        let mut line = Line::default();
        let result = plan.run(&mut card.session, &mut |event| {
            if self.events {
                line.write(&event);
            } else {
                drawn.hear(&event);
            }
            if !self.clean && journal.hear(&event) {
                keep(&journal);
            }
        });
        drawn.finish();
        case.milliseconds = Some(start.elapsed().as_millis());
        if let Err(error) = result {
            case.failed = Some(error.as_ref().into());
            let failure = Failure::from(error);
            if place.is_some() && !failure.wrote_nothing() {
                sayln!("hint: the same command with --resume goes on, with --clean takes it back");
            }
            return Err(failure);
        }
        case.written = true;
        if self.clean {
            if let Some(place) = place {
                place.forget();
            }
        } else {
            journal.reached = Reached::Complete;
            keep(&journal);
        }
        Ok(())
    }

    /// Reads the CAP file and verifies it: a card that cannot verify trusts what it is given.
    fn verified(&self) -> Result<CapFile, Failure> {
        let cap = files::read_cap(&self.file)?;
        let found = verify(&cap, &files::exports(&self.exp)?);
        if found.is_ok() {
            return Ok(cap);
        }
        say!("{found}");
        let file = self.file.display();
        Err(Failure::Refuted(format!(
            "{file} does not verify; nothing was written to the card"
        )))
    }

    fn tell(&self, case: &Case) -> Result<(), Failure> {
        if self.events {
            return output::print_json_line("tenkoku.flash/2", case);
        }
        if self.json {
            return output::print_json("tenkoku.flash/2", case);
        }
        let file = self.file.display();
        match case {
            Case {
                up_to_date: true, ..
            } => output::print(&format!(
                "{file} is up to date; nothing was written to the card\n"
            )),
            Case { written: true, .. } if self.clean => {
                output::print("what the flash left is off the card\n")
            }
            Case {
                written: true,
                milliseconds: Some(milliseconds),
                commands,
                ..
            } => output::print(&format!(
                "flashed {file} in {milliseconds} ms: {commands} commands\n"
            )),
            Case {
                failed: None,
                apdus,
                ..
            } if self.dry_run => output::print(&format!(
                "{}dry run: nothing was written to the card\n",
                apdu_text(apdus)
            )),
            _ => Ok(()),
        }
    }
}
