//! `tenkoku card exec`

use crate::coverage;
use crate::estimate::{self, Watch};
use crate::failure::Failure;
use crate::output;
use crate::script::{self, Line, Step};
use crate::simulator::{CardArguments, Simulator};
use card_sim::CommandUsage;
use card_sim::cost::Estimate;
use card_sim::coverage::Coverage;
use card_sim::vm::Observer;
use clap::Args;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The arguments of `tenkoku card exec`.
#[derive(Args, Debug)]
#[command(
    after_help = "A script has one command per line in hexadecimal; `#` begins a comment, `!reset` resets the card.\n\
                        `COMMAND => [DATA] STATUS` tells what has to come back, with `??` for any byte, `..` for any \
                        rest, `x` for any digit of the status word, and alternatives behind `|`; exit code 1 tells that \
                        something else came.\n\
                        For each command, standard output has a line `> COMMAND` and a line `< RESPONSE`.\n\n\
                        Example:\n  echo 00A4040C0AD392F000260100000001 | tenkoku card exec --cap jpki.cap \\\n    \
                        --install D392F000260100000001 --script -"
)]
pub struct Exec {
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
    /// The commands, from a file, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Write which lines of the source ran, as `lcov.info` and `index.html` in this folder. The
    /// applet runs in defensive mode.
    #[arg(long, value_name = "FOLDER", requires = "script")]
    pub coverage: Option<PathBuf>,
    /// After each command, a line `# …` with what it used: bytecodes, the least time that it takes on a real card
    /// with the cryptography that was measured there (`card-sim/profiles/*.work`), writes, stack, commit buffer, memory. The applet runs in defensive mode.
    #[arg(long, requires = "script")]
    pub budget: bool,
}

impl Exec {
    /// Makes the card and sends the commands.
    ///
    /// # Errors
    /// [`Failure`]; status words other than 9000 are none, unless the script wants others.
    pub fn run(&self) -> Result<(), Failure> {
        let Some(path) = &self.script else {
            return self.card.make().map(drop);
        };
        let lines = script::read(path)?;
        let sources = self.card.sources()?;
        let coverage = Arc::new(Mutex::new(Coverage::new()));
        let mut stopwatch = None;
        let mut card = self.card.make_with(|card| {
            let mut observers: Vec<Box<dyn Observer + Send>> = Vec::new();
            if self.coverage.is_some() {
                observers.push(Box::new(Arc::clone(&coverage)));
            }
            if self.budget {
                stopwatch = Watch::of(card);
            }
            if let Some(stopwatch) = &stopwatch {
                observers.push(Box::new(Arc::clone(&stopwatch.0)));
            }
            if !observers.is_empty() {
                card.watch(Some(Box::new(observers)));
            }
        })?;
        // What the installation took is no command's.
        stopwatch.as_ref().map(Watch::take);
        let mut wrong = 0;
        for line in &lines {
            wrong += usize::from(!run(&mut card, line)?);
            let estimate = stopwatch.as_ref().map(Watch::take);
            if let Some(estimate) = estimate.filter(|_| line.step != Step::Reset) {
                output::print(&budget(&card.card().command_usage(), estimate))?;
            }
        }
        if let Some(folder) = &self.coverage {
            let coverage = coverage.lock().unwrap_or_else(PoisonError::into_inner);
            let program = card.card().runtime().program();
            let report = coverage::Report::new(&coverage, program, &sources);
            report.write(folder)?;
            sayln!("coverage: {}; see {}", report.summary(), folder.display());
        }
        match wrong {
            0 => Ok(()),
            _ => Err(Failure::Refuted(format!(
                "{wrong} responses are not what the script wants"
            ))),
        }
    }
}

/// What a command used, as a comment.
fn budget(usage: &CommandUsage, estimate: Estimate) -> String {
    format!(
        "# {} bytecodes, {}; {} writes, {} words of stack, {} bytes of commit buffer; \
         {} bytes persistent, {} transient in use\n",
        usage.bytecodes,
        estimate::text(estimate),
        usage.persistent_writes,
        usage.stack_words,
        usage.commit_bytes,
        usage.persistent_used,
        usage.transient_used
    )
}

/// Whether the response is what the script wants.
fn run(card: &mut Simulator, line: &Line) -> Result<bool, Failure> {
    let command = match &line.step {
        Step::Reset => {
            card.power_cycle()?;
            return Ok(true);
        }
        Step::Command(command) => command,
    };
    let response = card.exchange(command)?;
    let text = format!(
        "> {}\n< {}\n",
        hex::encode_upper(command),
        hex::encode_upper(&response)
    );
    output::print(&text)?;
    match &line.expected {
        Some(expected) if !expected.accepts(&response) => {
            sayln!("line {}: expected {}", line.number, expected.text);
            Ok(false)
        }
        _ => Ok(true),
    }
}
