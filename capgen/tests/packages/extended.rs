//! Extended CAP files: code that a compact one has no room for.

use std::fmt::Write;

use cap_file::CapFile;
use capgen::driver::{Built, CompileError, Request};
use capgen::opt::Options;
use capgen::package::Target;
use card_sim::{Card, CardConfig};
use tempfile::TempDir;

use crate::card::{install, keep, load, select};
use crate::libraries::{ledger, wallet};

/// Functions, and steps of each: enough for two blocks of code.
const FUNCTIONS: u16 = 70;
const STEPS: u16 = 100;

fn target() -> Target {
    Target::named("jc310").and_then(Target::extended).unwrap()
}

/// The numbers of a step.
fn step(function: u16, step: u16) -> (u16, u16, u16) {
    let seed = function
        .wrapping_mul(131)
        .wrapping_add(step.wrapping_mul(7));
    (seed | 0x101, seed ^ 0x5A5A, seed.wrapping_mul(3) | 0x100)
}

/// What a function of the applet gives.
fn expected(function: u16, input: u16) -> u16 {
    (0..STEPS).fold(input, |value, number| {
        let (factor, added, mask) = step(function, number);
        value.wrapping_mul(factor).wrapping_add(added) ^ mask
    })
}

/// An applet with much code, in which no part is like another.
fn large() -> TempDir {
    let mut source =
        "#![no_std]\nuse platform::{Apdu, Applet, Package, Platform, Result, StatusWord};\n\
        pub struct Large {}\n\
        impl<P: Platform> Applet<P> for Large {\n    \
        const PACKAGE: Package = Package { aid: b\"large\", major: 1, minor: 0 };\n    \
        const AID: &'static [u8] = b\"large1\";\n    \
        fn install(_: &mut P, _: &[u8]) -> Result<Self> { Ok(Large {}) }\n    \
        fn process(&mut self, _: &mut P, apdu: &mut P::Apdu) -> Result {\n        \
        let input = u16::from_be_bytes([apdu.p1(), apdu.p2()]);\n        \
        let value = match apdu.ins() {\n"
            .to_owned();
    for function in 0..FUNCTIONS {
        writeln!(source, "            {function} => step{function}(input),").unwrap();
    }
    source += "            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),\n        };\n        \
        let [high, low] = value.to_be_bytes();\n        let buffer = apdu.buffer();\n        \
        buffer[0] = high;\n        buffer[1] = low;\n        apdu.send(2)\n    }\n}\n";
    for function in 0..FUNCTIONS {
        writeln!(
            source,
            "fn step{function}(input: u16) -> u16 {{\n    let mut value = input;"
        )
        .unwrap();
        for number in 0..STEPS {
            let (factor, added, mask) = step(function, number);
            writeln!(
                source,
                "    value = value.wrapping_mul({factor}).wrapping_add({added}) ^ {mask};"
            )
            .unwrap();
        }
        source += "    value\n}\n";
    }
    crate::refused::krate("", "", &source)
}

fn build(folder: &TempDir, target: &Target) -> Result<Built, CompileError> {
    let request = Request {
        folder: folder.path().to_path_buf(),
        ..Request::default()
    };
    // Straight on: what is tried for smaller code is no matter here.
    request.build(target, &Options::NONE)
}

#[test]
fn more_code_than_a_compact_file_holds() {
    let folder = large();
    let error = build(&folder, &Target::default()).unwrap_err();
    insta::assert_snapshot!(error.to_string());
    let built = build(&folder, &target()).unwrap_or_else(|error| panic!("{error}"));
    keep(&built);
    let cap = &built.output.cap;
    assert!(!cap.method.further_blocks.is_empty());
    // As it is written and read.
    let cap = CapFile::read(&cap.write().unwrap()).unwrap();
    assert_eq!(cap, built.output.cap);
    let mut card = Card::new(&CardConfig::default());
    load(&mut card, &cap);
    install(&mut card, b"large1");
    assert_eq!(card.transmit(&select(b"large1")), [0x90, 0x00]);
    for function in 0..FUNCTIONS {
        let [_, ins] = function.to_be_bytes();
        for input in [0u16, 0x1234, 0xFFFF] {
            let [p1, p2] = input.to_be_bytes();
            let [high, low] = expected(function, input).to_be_bytes();
            let found = card.transmit(&[0x80, ins, p1, p2, 0]);
            assert_eq!(
                found,
                [high, low, 0x90, 0x00],
                "{function}: {:?}",
                card.last_fault()
            );
        }
    }
    // The map tells the blocks apart.
    let map = &built.output.map;
    let last = map
        .methods
        .iter()
        .max_by_key(|method| method.offset)
        .unwrap();
    assert!(last.offset > 0xFFFF);
    let found = map.find(last.offset + u32::from(last.header_size)).unwrap();
    assert_eq!(found.0.path, last.path);
}

#[test]
fn libraries_and_interfaces_in_extended_files() {
    let library = ledger()
        .build(&target(), &Options::ALL)
        .unwrap_or_else(|error| panic!("{error}"));
    let applets = wallet(vec![library.output.exp.clone()]);
    let applets = applets
        .build(&target(), &Options::ALL)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut card = Card::new(&CardConfig::default());
    load(&mut card, &library.output.cap);
    load(&mut card, &applets.output.cap);
    install(&mut card, crate::applets::PURSE);
    assert_eq!(card.transmit(&select(crate::applets::PURSE)), [0x90, 0x00]);
    assert_eq!(card.transmit(&[0x80, 0x10, 0x01, 0x00]), [0x90, 0x00]);
    assert_eq!(card.transmit(&[0x80, 0x30, 0x00, 0x00, 0]), *b"00256\x90\0");
    for (name, built) in [("ledger", library), ("wallet", applets)] {
        if let Some(folder) = std::env::var_os("KEEP_CAPS") {
            let path = std::path::Path::new(&folder).join(format!("extended-{name}"));
            std::fs::write(
                path.with_extension("cap"),
                built.output.cap.write().unwrap(),
            )
            .unwrap();
            std::fs::write(
                path.with_extension("exp"),
                built.output.exp.write().unwrap(),
            )
            .unwrap();
        }
    }
}

#[test]
fn only_cards_since_3_1_read_extended_files() {
    let names = |target: Target| target.clone().extended().map(|_| target.name);
    let able: Vec<&str> = Target::all().into_iter().filter_map(names).collect();
    assert_eq!(able, ["jc310"]);
}
