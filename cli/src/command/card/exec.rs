//! `tenkoku card exec`

use crate::coverage;
use crate::failure::Failure;
use crate::output;
use crate::script::{self, Line, Step};
use crate::simulator::{CardArguments, Simulator};
use card_sim::coverage::Coverage;
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
        let mut card = self.card.make_with(|card| {
            if self.coverage.is_some() {
                card.watch(Some(Box::new(Arc::clone(&coverage))));
            }
        })?;
        let mut wrong = 0;
        for line in &lines {
            wrong += usize::from(!run(&mut card, line)?);
        }
        if let Some(folder) = &self.coverage {
            let coverage = coverage.lock().unwrap_or_else(PoisonError::into_inner);
            let program = card.card().runtime().program();
            let report = coverage::Report::new(&coverage, program, &sources);
            report.write(folder)?;
            eprintln!("coverage: {}; see {}", report.summary(), folder.display());
        }
        match wrong {
            0 => Ok(()),
            _ => Err(Failure::Refuted(format!(
                "{wrong} responses are not what the script wants"
            ))),
        }
    }
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
            eprintln!("line {}: expected {}", line.number, expected.text);
            Ok(false)
        }
        _ => Ok(true),
    }
}
