//! Each file in `tests/cases/AREA` is Card Rust with lines `// run: f(1, 2) == 3`. Each run gives the
//! same bytes in Rust itself, in the IR interpreter and on the simulated card, there with all
//! optimisations, with none and with each alone; and it gives what its line says.
//!
//! A line `// card: f(40000) == Err(0x6F00)` is of the card alone: Rust's `usize` goes further than the card's.
//!
//! Arguments are integers, `bool` and byte arrays. What is expected is the result, `Ok(3)`, `Err(0x6A80)`,
//! the bytes of the `&mut [u8]` where there is no other result, or `(result, bytes)`.
//!
//! `CASE=name cargo test -p capgen --test filetests` runs those whose path holds the name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "shared/bounds.rs"]
mod bounds;
#[path = "filetests/card.rs"]
mod card;
#[path = "filetests/case.rs"]
mod case;
#[path = "shared/keep.rs"]
mod keep;
#[path = "shared/model.rs"]
mod model;
#[path = "shared/native.rs"]
mod native;
#[path = "shared/options.rs"]
mod options;
#[path = "filetests/responses.rs"]
mod responses;

/// Fewer runs than this means that the cases were not found.
const LEAST_RUNS: usize = 100;

#[test]
fn rust_interpreter_and_card_agree() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut cases = case::all();
    cases.retain(|case| case.name.contains(&wanted));
    let runs: usize = cases.iter().map(|case| case.runs.len()).sum();
    assert!(!wanted.is_empty() || runs >= LEAST_RUNS, "{runs} runs");
    let responses = responses::responses(&cases);
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
