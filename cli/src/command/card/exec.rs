//! `tenkoku card exec`

use crate::failure::Failure;
use crate::simulator::{CardArguments, Simulator};
use crate::{aid, output};
use clap::Args;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku card exec`.
#[derive(Args, Debug)]
#[command(
    after_help = "A script has one command per line in hexadecimal; `#` begins a comment, `!reset` resets the card.\n\
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
}

impl Exec {
    /// Makes the card and sends the commands.
    ///
    /// # Errors
    /// [`Failure`]; status words other than 9000 are none.
    pub fn run(&self) -> Result<(), Failure> {
        let Some(path) = &self.script else {
            return self.card.make().map(drop);
        };
        let script: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            let file = File::open(path).map_err(|error| Failure::input(path.display(), error))?;
            Box::new(BufReader::new(file))
        };
        let mut card = self.card.make()?;
        for (number, line) in script.lines().enumerate() {
            let here = || format!("{}, line {}", path.display(), number + 1);
            let line = line.map_err(|error| Failure::input(here(), error))?;
            let step = Step::parse(&line).map_err(|error| Failure::input(here(), error))?;
            run(&mut card, step)?;
        }
        Ok(())
    }
}

fn run(card: &mut Simulator, step: Step) -> Result<(), Failure> {
    match step {
        Step::Nothing => Ok(()),
        Step::Reset => card.power_cycle(),
        Step::Command(command) => {
            let response = card.exchange(&command)?;
            let (command, response) = (hex::encode_upper(command), hex::encode_upper(response));
            output::print(&format!("> {command}\n< {response}\n"))
        }
    }
}

/// A line of a script.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Reset,
    Command(Vec<u8>),
}

impl Step {
    fn parse(line: &str) -> Result<Self, String> {
        let text = line.split('#').next().unwrap_or_default().trim();
        match text {
            "" => Ok(Self::Nothing),
            "!reset" => Ok(Self::Reset),
            other if other.starts_with('!') => Err(format!("{other:?}: there is only `!reset`")),
            command => aid::bytes(command).map(Self::Command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let step = |line| Step::parse(line);
        assert_eq!(step(""), Ok(Step::Nothing));
        assert_eq!(step("  # only words"), Ok(Step::Nothing));
        assert_eq!(step("!reset # again"), Ok(Step::Reset));
        assert_eq!(
            step(" 00a4 04 0C# select"),
            Ok(Step::Command(vec![0x00, 0xA4, 0x04, 0x0C]))
        );
        assert!(step("!restart").is_err());
        assert!(step("00A").is_err());
        assert!(step("select").is_err());
    }
}
