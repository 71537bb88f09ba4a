//! Runs a fuzzer for a time: `cargo xtask fuzz NAME --time 8h`.

use clap::Parser;
use fuzz::{FUZZERS, Random, fuzzer};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs a fuzzer on random choices until the time is up; it panics with the input where something is wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// The fuzzer: smith, verify, card, card-cap, card-image or card-api (the parsers want inputs that are nearly right:
    /// `cargo test -p fuzz`, or libFuzzer).
    name: String,
    /// How long: 90s, 10m, 8h.
    #[arg(long, default_value = "1m", value_parser = duration)]
    time: Duration,
    /// The first seed; one more for each round.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no time like 90s, 10m or 8h");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(run) = fuzzer(&arguments.name) else {
        let names: Vec<&str> = FUZZERS.iter().map(|(name, _)| *name).collect();
        eprintln!(
            "error: no fuzzer {}; there are {}",
            arguments.name,
            names.join(", ")
        );
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let mut told = start;
    let mut seed = arguments.seed;
    while start.elapsed() < arguments.time {
        // What a panic says names the seed.
        let outcome = std::panic::catch_unwind(|| {
            let mut random = Random::new(seed);
            let length = 64 + usize::try_from(random.next_u64() % 2000).unwrap_or(0);
            run(&random.bytes(length));
        });
        if outcome.is_err() {
            eprintln!("error: {} failed with --seed {seed}", arguments.name);
            return ExitCode::FAILURE;
        }
        seed += 1;
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            eprintln!("{} executions", seed - arguments.seed);
        }
    }
    let count = seed - arguments.seed;
    println!(
        "{}: {count} executions in {:.0} s, nothing found",
        arguments.name,
        start.elapsed().as_secs_f64()
    );
    ExitCode::SUCCESS
}
