//! The `tenkoku` binary.

use std::process::ExitCode;
use tenkoku::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::of_process();
    match tenkoku::command::run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.exit_code())
        }
    }
}
