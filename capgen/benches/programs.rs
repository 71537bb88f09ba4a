//! Code size and executed instructions of the five programs, beside what Java takes.
//!
//! Not timed: the same source gives the same figures on every machine. `capgen/programs/figures.toml` says how
//! the Java side was measured.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[allow(dead_code, reason = "the test reads the rest")]
#[path = "../tests/programs/measure.rs"]
mod measure;

use capgen::opt::Options;

fn main() {
    println!(
        "{:>10} {:>22} {:>28} {:>28}",
        "", "tenkoku", "Java listing", "Java by hand"
    );
    println!(
        "{:>10} {:>8} {:>13} {:>8} {:>9} {:>9} {:>8} {:>9} {:>9}",
        "applet",
        "bytes",
        "instructions",
        "bytes",
        "ratio",
        "i. ratio",
        "bytes",
        "ratio",
        "i. ratio"
    );
    let figures = measure::figures();
    for program in &measure::PROGRAMS {
        let measured = measure::measure(program, &Options::ALL);
        print!(
            "{:>10} {:>8} {:>13}",
            program.applet, measured.bytes, measured.instructions
        );
        if let Some(figure) = figures
            .iter()
            .find(|figure| figure.applet == program.applet)
        {
            for (bytes, instructions) in [figure.listing, figure.by_hand] {
                let percent = |ours: u64, theirs: u64| ours * 1000 / theirs.max(1);
                let size = percent(measured.bytes as u64, bytes as u64);
                let steps = percent(measured.instructions, instructions);
                print!(
                    " {bytes:>8} {:>9} {:>9}",
                    format!("0.{size:03}"),
                    format!("0.{steps:03}")
                );
            }
        }
        println!();
        for (options, name) in [
            (Options::SPEED, "-O speed"),
            (Options::NONE, "without optimisation"),
        ] {
            let other = measure::measure(program, &options);
            println!(
                "{:>10} {:>8} {:>13}  {name}",
                "", other.bytes, other.instructions
            );
        }
    }
}
