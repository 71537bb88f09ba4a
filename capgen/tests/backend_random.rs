//! Random IR programs answer alike in the interpreter and, compiled, on the simulated card.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "shared/bounds.rs"]
mod bounds;
#[path = "backend/generator.rs"]
mod generator;
#[path = "shared/model.rs"]
mod model;
#[path = "shared/options.rs"]
mod options;
#[path = "shared/words.rs"]
mod words;

use capgen::ir::{Program, text, verify};
use capgen::package::{self, Output, Target};
use card_sim::{Aid, Card, CardConfig};
use model::Interpreted;
use options::OPTIONS;

/// Commands for a program: the first two bytes of data are a `u16`, then come a `u8` and an `i16`.
const DATA: [[u8; 5]; 4] = [
    [0, 0, 0, 0, 0],
    [0x80, 0x01, 200, 0xff, 0xfe],
    [0x12, 0x34, 7, 0x7f, 0xff],
    [0xff, 0xff, 129, 0x80, 0x00],
];

/// Seeds at which a run of 100,000 programs found a fault: what follows a `throwIt` was read as sound for each by itself,
/// not for several after one another.
const FOUND: [u64; 2] = [2_067_649, 2_095_612];

/// A simulated card with the applet installed and selected.
fn card(program: &Program, output: &Output) -> Card {
    let mut card = Card::new(&CardConfig::default());
    let module = Aid::new(&program.applets[0].aid).unwrap();
    card.load_cap(&output.cap).unwrap();
    card.install(module, module, &[]).unwrap();
    let aid = &program.applets[0].aid;
    let mut select = vec![0x00, 0xa4, 0x04, 0x00, u8::try_from(aid.len()).unwrap()];
    select.extend(aid);
    let response = card.transmit(&select);
    assert_eq!(response, [0x90, 0x00], "SELECT: {:?}", card.last_fault());
    card
}

/// Checks one program.
fn check(seed: u64, unproved: &mut usize) -> Result<(), String> {
    let program = generator::program(seed);
    let shown = || text::print(&program);
    verify::verify(&program).map_err(|error| format!("{error}\n{}", shown()))?;
    let mut interpreted = Interpreted::install(&program)?;
    let mut expected = Vec::new();
    for command in commands() {
        let response = interpreted.transmit(&command);
        expected.push(response.map_err(|trap| format!("{trap}\n{}", shown()))?);
    }
    let other = 1 + usize::try_from(seed).unwrap() % (OPTIONS.len() - 1);
    for options in [OPTIONS[0], OPTIONS[other]] {
        let failed = |what: String| format!("{options:?}: {what}\n{}", shown());
        let output = package::build_with(&program, &Target::default(), &options)
            .map_err(|error| failed(error.to_string()))?;
        let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
        if !report.is_ok() {
            return Err(failed(report.to_string()));
        }
        let mixed = words::mixed(&output.cap);
        if !options.words && !mixed.is_empty() {
            return Err(failed(format!("words of two types: {mixed:?}")));
        }
        for reason in &output.unproved {
            println!("seed {seed}, {options:?}: {reason}");
        }
        // What cannot be proved is compiled without ranges: right, but larger.
        *unproved += output.unproved.len();
        let mut card = card(&program, &output);
        // What the verifier accepted breaks no rule at run time either.
        let mut defensive = card.clone();
        defensive.set_defensive(true);
        for (command, expected) in commands().into_iter().zip(&expected) {
            for (card, mode) in [(&mut defensive, "in defensive mode"), (&mut card, "")] {
                let found = card.transmit(&command);
                if found != *expected {
                    let fault = card.last_fault();
                    return Err(failed(format!(
                        "{command:02x?} {mode}\nexpected {expected:02x?}\nfound    {found:02x?} {fault:?}"
                    )));
                }
            }
        }
        let (fast, checked) = (card.statistics(), defensive.statistics());
        if fast.bytecodes != checked.bytecodes {
            return Err(failed(format!(
                "{} bytecodes in fast mode, {} in defensive mode",
                fast.bytecodes, checked.bytecodes
            )));
        }
        bounds::check(&output, fast.stack_high_water).map_err(failed)?;
    }
    Ok(())
}

fn commands() -> [Vec<u8>; 4] {
    DATA.map(|data| {
        [0x80, 0x01, 0x00, 0x00, 0x05]
            .into_iter()
            .chain(data)
            .collect()
    })
}

/// `RANDOM_PROGRAMS` is how many (400), `RANDOM_SEED` the first (0); `cargo xtask random` runs more.
#[test]
fn card_and_interpreter_agree() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |number| number.parse().unwrap())
    };
    let (first, count) = (number("RANDOM_SEED", 0), number("RANDOM_PROGRAMS", 400));
    let mut unproved = 0;
    let mut wrong = Vec::new();
    for seed in FOUND.into_iter().chain(first..first + count) {
        if let Err(reason) = check(seed, &mut unproved) {
            println!("seed {seed} differs");
            wrong.push(format!("seed {seed}: {reason}"));
        }
        if seed >= first && (seed + 1 - first) % 10_000 == 0 {
            println!("{} programs up to seed {seed}", seed + 1 - first);
        }
    }
    println!(
        "{count} random programs from seed {first} on; {unproved} functions without ranges of locals"
    );
    assert!(
        wrong.is_empty(),
        "{} programs differ; the first:\n{}",
        wrong.len(),
        wrong[0]
    );
    // One in a thousand: the proof follows less than the optimiser does.
    assert!(unproved as u64 * 1000 <= count, "{unproved} of {count}");
}
