//! `tenkoku readers`

use crate::failure::Failure;
use crate::output;
use clap::Args;
use serde::Serialize;

/// The arguments of `tenkoku readers`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  tenkoku readers\n  tenkoku readers --json")]
pub struct Readers {
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    readers: Vec<String>,
}

impl Readers {
    /// Lists the readers.
    ///
    /// # Errors
    /// [`Failure::Card`] where no smart card service runs.
    pub fn run(&self) -> Result<(), Failure> {
        let report = Report {
            readers: loader::readers()?,
        };
        if self.json {
            return output::print_json("tenkoku.readers/1", &report);
        }
        if report.readers.is_empty() {
            sayln!("no reader; connect one");
        }
        output::print(
            &report
                .readers
                .iter()
                .map(|reader| format!("{reader}\n"))
                .collect::<String>(),
        )
    }
}
