//! `tenkoku tear`

use crate::failure::Failure;
use crate::output;
use crate::script::{self, Line, Step};
use crate::simulator::CardArguments;
use crate::source::{SourcePlace, Sources};
use card_sim::Card;
use card_sim::tear::{Cut, for_each_cut};
use card_sim::vm::Remains;
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The arguments of `tenkoku tear`.
#[derive(Args, Debug)]
#[command(
    after_help = "A script has one command per line in hexadecimal; `#` begins a comment, `!reset` resets the card.\n\
                  In the checks, `COMMAND => [DATA] STATUS` tells what has to come back, with `??` for any byte, `..` \
                  for any rest, `x` for any digit of the status word, and alternatives behind `|`. Lines without `=>` \
                  together have to answer as before the command that was torn, or as after the whole of it.\n\n\
                  Exit code 1 tells that a cut broke a check.\n\n\
                  Example:\n  tenkoku tear --cap jpki.cap --install D392F000260100000001 \\\n    \
                  --script session.apdu --check invariants.apdu"
)]
pub struct Tear {
    /// The commands to tear, from a file, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub script: PathBuf,
    /// The checks to run after each restart.
    #[arg(long, value_name = "FILE")]
    pub check: PathBuf,
    /// How many random mixtures of old and new bytes are tried where non-atomic writes are torn.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub mixtures: u64,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
}

/// What happened.
#[derive(Serialize)]
struct Report {
    seed: u64,
    commands: Vec<CommandReport>,
    cuts: u64,
    broken: Vec<Broken>,
}

/// A command that was torn.
#[derive(Serialize)]
struct CommandReport {
    line: usize,
    /// CLA, INS, P1, P2.
    header: String,
    status: String,
    writes: u64,
    cuts: u64,
    broken: u64,
}

/// A cut after which a check failed.
#[derive(Serialize)]
struct Broken {
    line: usize,
    header: String,
    write: u64,
    writes: u64,
    remains: String,
    at: String,
    source: Option<SourcePlace>,
    checks: Vec<BrokenCheck>,
}

/// A check that failed.
#[derive(Serialize)]
struct BrokenCheck {
    line: usize,
    header: String,
    expected: String,
    found: String,
}

impl Tear {
    /// Tears every command of the script and runs the checks.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where a cut broke a check.
    pub fn run(&self) -> Result<(), Failure> {
        let lines = script::read(&self.script)?;
        let checks = Checks(script::read(&self.check)?);
        if checks.0.is_empty() {
            return Err(Failure::input(
                self.check.display(),
                "there is no check in it",
            ));
        }
        let sources = self.card.sources()?;
        let mut card = self.card.make()?.card().clone();
        let mut report = Report {
            seed: self.card.seed,
            commands: Vec::new(),
            cuts: 0,
            broken: Vec::new(),
        };
        let bar = ProgressBar::new(u64::try_from(lines.len()).unwrap_or(0));
        for line in &lines {
            match &line.step {
                Step::Reset => {
                    card.reset();
                }
                Step::Command(command) => {
                    card = self.tear(&card, line, command, &checks, &sources, &mut report);
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if self.json {
            output::print_json("tenkoku.tear/1", &report)?;
        } else {
            output::print(&report.to_string())?;
        }
        match report.broken.len() {
            0 => Ok(()),
            broken => Err(Failure::Refuted(format!(
                "{broken} of {} cuts broke a check",
                report.cuts
            ))),
        }
    }

    /// What is left of torn non-atomic writes, one after the other.
    fn remains(&self) -> Vec<Remains> {
        let seed = self.card.seed.wrapping_mul(self.mixtures.max(1));
        [Remains::Old, Remains::New]
            .into_iter()
            .chain((0..self.mixtures).map(|n| Remains::Mixed(seed.wrapping_add(n))))
            .collect()
    }

    fn tear(
        &self,
        before: &Card,
        line: &Line,
        command: &[u8],
        checks: &Checks,
        sources: &Sources,
        report: &mut Report,
    ) -> Card {
        let old = checks.answers(before.clone());
        let (whole, response) = {
            let mut card = before.clone();
            let response = card.transmit(command);
            (card, response)
        };
        let new = checks.answers(whole);
        let mut broken = Vec::new();
        let mut cuts = 0;
        let mut writes = 0;
        let (after, _) = for_each_cut(before, command, &self.remains(), |cut| {
            cuts += 1;
            writes = writes.max(cut.write);
            let failed = checks.judge(&checks.answers(cut.card.clone()), &old, &new);
            if !failed.is_empty() {
                broken.push(describe(line, &cut, failed, sources));
            }
        });
        for each in &mut broken {
            each.writes = writes;
        }
        report.cuts += cuts;
        report.commands.push(CommandReport {
            line: line.number,
            header: line.header(),
            status: hex::encode_upper(response.last_chunk::<2>().map_or(&[][..], |sw| sw)),
            writes,
            cuts,
            broken: u64::try_from(broken.len()).unwrap_or(u64::MAX),
        });
        report.broken.append(&mut broken);
        after
    }
}

fn describe(line: &Line, cut: &Cut, checks: Vec<BrokenCheck>, sources: &Sources) -> Broken {
    let found = cut.place.as_ref().and_then(|place| sources.at(place));
    let (method, source) = found.unzip();
    let at = match (&cut.place, method) {
        (None, _) => "the card manager".to_owned(),
        (Some(_), Some(method)) => method,
        (Some(place), None) => place.to_string(),
    };
    Broken {
        line: line.number,
        header: line.header(),
        write: cut.write,
        writes: 0,
        remains: match cut.remains {
            Remains::Written => "as written".to_owned(),
            Remains::Old => "old".to_owned(),
            Remains::New => "new".to_owned(),
            Remains::Mixed(seed) => format!("mixed by {seed}"),
        },
        at,
        source: source.flatten(),
        checks,
    }
}

/// The checks of a run.
struct Checks(Vec<Line>);

impl Checks {
    /// What a card answers them, after a reset; `None` for lines that send nothing.
    fn answers(&self, mut card: Card) -> Vec<Option<Vec<u8>>> {
        card.reset();
        self.0
            .iter()
            .map(|line| match &line.step {
                Step::Reset => {
                    card.reset();
                    None
                }
                Step::Command(command) => Some(card.transmit(command)),
            })
            .collect()
    }

    /// The checks that failed on a card that answered `found`, where the state before the
    /// command answers `old` and the one after it `new`.
    fn judge(
        &self,
        found: &[Option<Vec<u8>>],
        old: &[Option<Vec<u8>>],
        new: &[Option<Vec<u8>>],
    ) -> Vec<BrokenCheck> {
        let mut broken = Vec::new();
        let (mut is_old, mut is_new) = (true, true);
        for (index, line) in self.0.iter().enumerate() {
            let at = |answers: &[Option<Vec<u8>>]| answers.get(index).cloned().flatten();
            let Some(response) = at(found) else { continue };
            match &line.expected {
                Some(expected) if expected.accepts(&response) => {}
                Some(expected) => {
                    broken.push(BrokenCheck::new(line, expected.text.clone(), &response));
                }
                None => {
                    let (old, new) = (at(old), at(new));
                    is_old &= old.as_ref() == Some(&response);
                    is_new &= new.as_ref() == Some(&response);
                    if !is_old && !is_new {
                        let text =
                            |answer: Option<Vec<u8>>| hex::encode_upper(answer.unwrap_or_default());
                        let expected = format!("{} before, {} after", text(old), text(new));
                        broken.push(BrokenCheck::new(line, expected, &response));
                        // One difference is enough to tell.
                        (is_old, is_new) = (true, true);
                    }
                }
            }
        }
        broken
    }
}

impl BrokenCheck {
    fn new(line: &Line, expected: String, found: &[u8]) -> Self {
        Self {
            line: line.number,
            header: line.header(),
            expected,
            found: hex::encode_upper(found),
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "line  command   status  writes  cuts  broken")?;
        for command in &self.commands {
            writeln!(
                f,
                "{:>4}  {}  {:>6}  {:>6}  {:>4}  {:>6}",
                command.line,
                command.header,
                command.status,
                command.writes,
                command.cuts,
                command.broken
            )?;
        }
        // One paragraph for each place, however many cuts broke something there.
        let mut places: BTreeMap<(usize, String), Vec<&Broken>> = BTreeMap::new();
        for broken in &self.broken {
            let place = match &broken.source {
                Some(source) => format!("{source} ({})", broken.at),
                None => broken.at.clone(),
            };
            places.entry((broken.line, place)).or_default().push(broken);
        }
        for ((line, place), all) in &places {
            let Some(first) = all.first() else { continue };
            writeln!(
                f,
                "\nline {line}, {}: torn at {place}: {} cuts, the first at write {} of {}, non-atomic writes {}",
                first.header,
                all.len(),
                first.write,
                first.writes,
                first.remains
            )?;
            for check in &first.checks {
                writeln!(
                    f,
                    "  check in line {}, {}: expected {}, found {}",
                    check.line, check.header, check.expected, check.found
                )?;
            }
        }
        writeln!(
            f,
            "\n{} cuts, {} of them broke a check (seed {})",
            self.cuts,
            self.broken.len(),
            self.seed
        )
    }
}
