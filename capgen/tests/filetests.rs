//! Each file in `tests/cases/AREA` is Card Rust with lines `// run: f(1, 2) == 3`. Each run gives the
//! same bytes in Rust itself, in the IR interpreter and on the simulated card, there with all
//! optimisations, with none and with each alone; and it gives what its line says.
//!
//! A line `// card: f(40000) == Err(0x6F00)` is of the card alone: Rust's `usize` goes further than the card's.
//!
//! Arguments are integers, `bool` and byte arrays. What is expected is the result, `Ok(3)`, `Err(0x6A80)`,
//! the bytes of the `&mut [u8]` where there is no other result, or `(result, bytes)`.
//!
//! Random programs go the same three ways: `RANDOM_RUST=2000 cargo test -p capgen --test filetests` makes so
//! many (`RANDOM_RUST_SEED` is the first), of twelve functions each.
//!
//! `CASE=name cargo test -p capgen --test filetests` runs those whose path holds the name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "shared/bounds.rs"]
mod bounds;
#[path = "filetests/card.rs"]
mod card;
#[path = "filetests/case.rs"]
mod case;
#[path = "filetests/model.rs"]
mod model;
#[path = "filetests/native.rs"]
mod native;
#[path = "filetests/options.rs"]
mod options;
#[path = "filetests/random.rs"]
mod random;

use case::Case;

/// Fewer runs than this means that the cases were not found.
const LEAST_RUNS: usize = 100;

#[test]
fn rust_interpreter_and_card_agree() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut cases = case::all();
    cases.retain(|case| case.name.contains(&wanted));
    let runs: usize = cases.iter().map(|case| case.runs.len()).sum();
    assert!(!wanted.is_empty() || runs >= LEAST_RUNS, "{runs} runs");
    let responses = native::responses(&cases);
    let mut wrong = Vec::new();
    let mut builds = 0;
    for (case, native) in cases.iter().zip(&responses) {
        for (run, response) in case.runs.iter().zip(native) {
            if let Err(reason) = run.check(response) {
                wrong.push(format!("{}: {}: in Rust {reason}", case.name, run.text));
            }
        }
        match card::check(case, native) {
            Ok(count) => builds += count,
            Err(reason) => wrong.push(format!("{}: {reason}", case.name)),
        }
    }
    println!("{} cases, {runs} runs, {builds} CAP files", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn random_programs_agree() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |count| count.parse().unwrap())
    };
    let (first, count) = (number("RANDOM_RUST_SEED", 1), number("RANDOM_RUST", 50));
    let mut wrong = Vec::new();
    let (mut programs, mut runs, mut builds) = (0, 0, 0);
    // Rust takes some hundred functions at a time best.
    for start in (first..first + count).step_by(100) {
        let folder = tempfile::tempdir().unwrap();
        let seeds = start..(start + 100).min(first + count);
        let cases: Vec<Case> = seeds
            .map(|seed| {
                let path = folder.path().join(format!("random{seed}.rs"));
                let case = random::program(seed, path);
                std::fs::write(&case.path, &case.source).unwrap();
                case
            })
            .collect();
        for (case, native) in cases.iter().zip(native::responses(&cases)) {
            programs += 1;
            runs += native.len();
            match card::check(case, &native) {
                Ok(count) => builds += count,
                Err(reason) => {
                    println!("{} differs", case.name);
                    wrong.push(format!("{}: {reason}\n{}", case.name, case.source));
                }
            }
        }
    }
    println!("{programs} random programs from seed {first} on, {runs} runs, {builds} CAP files");
    assert!(
        wrong.is_empty(),
        "{} programs differ; the first:\n{}",
        wrong.len(),
        wrong[0]
    );
}
