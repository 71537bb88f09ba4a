//! Random IR programs answer alike in the interpreter and, compiled, on the simulated card.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "backend/generator.rs"]
mod generator;
#[path = "backend/harness.rs"]
mod harness;
#[path = "filetests/options.rs"]
mod options;

use capgen::ir::{text, verify};
use capgen::package::{self, Target};
use harness::Interpreted;
use options::OPTIONS;

/// Commands for a program: the first two bytes of data are a `u16`, then come a `u8` and an `i16`.
const DATA: [[u8; 5]; 4] = [
    [0, 0, 0, 0, 0],
    [0x80, 0x01, 200, 0xff, 0xfe],
    [0x12, 0x34, 7, 0x7f, 0xff],
    [0xff, 0xff, 129, 0x80, 0x00],
];

/// Checks one program; how many functions were compiled without ranges.
fn check(seed: u64) -> usize {
    let mut unproved = 0;
    let program = generator::program(seed);
    verify::verify(&program)
        .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", text::print(&program)));
    let mut interpreted = Interpreted::install(&program);
    let expected = commands().map(|command| {
        interpreted
            .transmit(&command)
            .unwrap_or_else(|trap| panic!("seed {seed}: {trap}\n{}", text::print(&program)))
    });
    let other = 1 + usize::try_from(seed).unwrap() % (OPTIONS.len() - 1);
    for options in [OPTIONS[0], OPTIONS[other]] {
        let output =
            package::build_with(&program, &Target::default(), &options).unwrap_or_else(|error| {
                panic!(
                    "seed {seed}, {options:?}: {error}\n{}",
                    text::print(&program)
                )
            });
        let report = cap_file::verify(&output.cap, &cap_file::Exports::builtin());
        assert!(report.is_ok(), "seed {seed}, {options:?}: {report}");
        // What cannot be proved is compiled without ranges; fully optimised that does not happen.
        assert!(
            options != OPTIONS[0] || output.unproved.is_empty(),
            "seed {seed}: {:?}\n{}",
            output.unproved,
            text::print(&program)
        );
        unproved += output.unproved.len();
        let mut card = harness::card(&program, &output);
        // What the verifier accepted breaks no rule at run time either.
        let mut defensive = card.clone();
        defensive.set_defensive(true);
        for (command, expected) in commands().into_iter().zip(&expected) {
            let checked = defensive.transmit(&command);
            assert!(
                checked == *expected,
                "seed {seed}, {command:02x?}, {options:?}, in defensive mode\nexpected {expected:02x?}\nfound    {checked:02x?} {:?}\n{}",
                defensive.last_fault(),
                text::print(&program)
            );
            let found = card.transmit(&command);
            assert!(
                found == *expected,
                "seed {seed}, {command:02x?}, {options:?}\nexpected {expected:02x?}\nfound    {found:02x?} {:?}\n{}",
                card.last_fault(),
                text::print(&program)
            );
        }
        let bytecodes = |card: &card_sim::Card| card.statistics().bytecodes;
        assert_eq!(
            bytecodes(&card),
            bytecodes(&defensive),
            "seed {seed}, {options:?}: bytecodes counted in fast and in defensive mode"
        );
    }
    unproved
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
    for seed in first..first + count {
        unproved += check(seed);
        if (seed + 1 - first) % 10_000 == 0 {
            println!("{} programs up to seed {seed}", seed + 1 - first);
        }
    }
    println!("{count} random programs from seed {first} on, {unproved} functions without ranges");
}
