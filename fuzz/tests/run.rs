//! Every fuzzer for some rounds. `FUZZ_SEED` starts elsewhere, `FUZZ_ROUNDS` is for more of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use cap_file::{ExportFile, Exports, api::Api, dump};
use fuzz::{Choices, FUZZERS, Random, smith};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

/// Something valid for each parser, and some of its bytes changed.
fn input(name: &str, random: &mut Random) -> Vec<u8> {
    let length = 64 + usize::try_from(random.next_u64() % 1500).unwrap();
    let choices = random.bytes(length);
    let mut bytes = match name {
        "smith" | "verify" | "card" | "card-cap" | "card-image" | "card-api" => return choices,
        "cap" => smith(&mut Choices::new(&choices)).write().unwrap(),
        "load-file" => smith(&mut Choices::new(&choices)).load_file(true).unwrap(),
        "text" => dump(&smith(&mut Choices::new(&choices)), &Exports::builtin()).into_bytes(),
        "export-file" => {
            let packages = Api::builtin().packages();
            let package = &packages[usize::from(choices[0]) % packages.len()];
            let file = ExportFile::from_api(package, package.newest(), true).unwrap();
            file.write().unwrap()
        }
        other => panic!("no input for {other}"),
    };
    for _ in 0..random.next_u64() % 4 {
        let at = usize::try_from(random.next_u64()).unwrap() % bytes.len();
        bytes[at] = random.bytes(1)[0];
    }
    bytes
}

/// Fuzzers of whole cards take milliseconds where the others take microseconds: so many times fewer rounds.
fn fewer(name: &str) -> u64 {
    match name {
        "card" | "card-api" => 40,
        "card-cap" => 20,
        "card-image" => 4,
        _ => 1,
    }
}

#[test]
fn every_fuzzer_finds_nothing() {
    let seed = setting("FUZZ_SEED", 1);
    let rounds = setting("FUZZ_ROUNDS", 300);
    println!("FUZZ_SEED={seed} FUZZ_ROUNDS={rounds}");
    for (name, fuzzer) in FUZZERS {
        let mut random = Random::new(seed);
        for _ in 0..rounds.div_ceil(fewer(name)) {
            fuzzer(&input(name, &mut random));
        }
    }
}

#[test]
fn the_smallest_program_is_one() {
    let cap = smith(&mut Choices::new(&[]));
    assert!(cap_file::verify(&cap, &Exports::builtin()).is_ok());
}
