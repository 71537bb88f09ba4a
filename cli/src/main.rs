//! The `tenkoku` binary.

use mimalloc::MiMalloc;
use std::process::ExitCode;
use tenkoku::arguments::Arguments;

/// The compiler makes and drops many small trees: this takes a tenth less time than the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
