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

fn check(seed: u64) {
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
        assert!(
            output.unproved.is_empty(),
            "seed {seed}, {options:?}: {:?}\n{}",
            output.unproved,
            text::print(&program)
        );
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
}

fn commands() -> [Vec<u8>; 4] {
    DATA.map(|data| {
        [0x80, 0x01, 0x00, 0x00, 0x05]
            .into_iter()
            .chain(data)
            .collect()
    })
}

#[test]
fn card_and_interpreter_agree() {
    let count = std::env::var("RANDOM_PROGRAMS").map_or(400, |count| count.parse().unwrap());
    (0..count).for_each(check);
}
