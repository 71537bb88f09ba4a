//! Random IR programs answer alike in the interpreter and, compiled, on the simulated card.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "backend/generator.rs"]
mod generator;
#[path = "backend/harness.rs"]
mod harness;

use capgen::ir::{text, verify};
use capgen::package::{self, Target};
use harness::Interpreted;

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
    let output = package::build(&program, &Target::default())
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let mut card = harness::card(&program, &output);
    for data in DATA {
        let mut command = vec![0x80, 0x01, 0x00, 0x00, 0x05];
        command.extend(data);
        let expected = interpreted
            .transmit(&command)
            .unwrap_or_else(|trap| panic!("seed {seed}: {trap}\n{}", text::print(&program)));
        let found = card.transmit(&command);
        assert!(
            found == expected,
            "seed {seed}, data {data:02x?}\nexpected {expected:02x?}\nfound    {found:02x?} {:?}\n{}",
            card.last_fault(),
            text::print(&program)
        );
    }
}

#[test]
fn card_and_interpreter_agree() {
    let count = std::env::var("RANDOM_PROGRAMS").map_or(400, |count| count.parse().unwrap());
    (0..count).for_each(check);
}
