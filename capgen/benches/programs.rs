//! Code size and executed instructions of the five programs and JPKI, beside what Java takes.
//!
//! Not timed: the same source gives the same figures on every machine. `capgen/programs/figures.toml` says how
//! the Java side was measured.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[allow(dead_code, reason = "the test reads the rest")]
#[path = "../tests/programs/measure.rs"]
mod measure;
#[allow(dead_code, reason = "the tests read the rest")]
#[path = "../tests/shared/within.rs"]
mod within;

use capgen::opt::Options;
use measure::Figure;

fn main() {
    println!(
        "{:>20} {:>7} {:>13} {:>6}  {:>14}  {:>14}  {:>14}",
        "", "bytes", "instructions", "ms", "to the listing", "without tests", "Java by hand"
    );
    let figures = measure::figures();
    for program in &measure::PROGRAMS {
        let figure = figures
            .iter()
            .find(|figure| figure.applet == program.applet);
        for (options, name) in [
            (Options::ALL, "-O size"),
            (Options::SPEED, "-O speed"),
            (Options::NONE, "unoptimised"),
        ] {
            let measured = measure::measure(program, &options);
            let (bytes, instructions) = (measured.bytes, measured.instructions);
            let beside = |java: fn(&Figure) -> Option<(usize, u64)>| {
                figure.and_then(java).map_or(String::new(), |java| {
                    let size = ratio(bytes as u64, java.0 as u64);
                    format!("{size} {}", ratio(instructions, java.1))
                })
            };
            println!(
                "{:>8} {name:>11} {bytes:>7} {instructions:>13} {:>6}  {:>14}  {:>14}  {:>14}",
                program.applet,
                measured.nanoseconds / 1_000_000,
                beside(|figure| figure.listing),
                beside(|figure| figure.untested),
                beside(|figure| figure.by_hand),
            );
        }
    }
}

/// With three decimals.
fn ratio(ours: u64, theirs: u64) -> String {
    let thousandths = ours * 1000 / theirs.max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
