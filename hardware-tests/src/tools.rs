//! Foreign programs.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// No client of a simulated card takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program to its end and gives its exit status and output.
///
/// # Panics
/// Where it cannot be run, or does not end.
#[must_use]
pub fn run(program: &str, arguments: &[&str]) -> Output {
    run_with_input(program, arguments, &[])
}

/// The same with something on its standard input.
///
/// # Panics
/// Where it cannot be run, or does not end.
#[must_use]
pub fn run_with_input(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not want it closes the pipe.
        let _ = stdin.write_all(input);
    }
    let start = Instant::now();
    // What these programs print fits into a pipe.
    while matches!(child.try_wait(), Ok(None)) {
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{program} {arguments:?} did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}
