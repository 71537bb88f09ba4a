//! Extended files (JCVM 3.1 §6): public packages, blocks of methods; and the token mappings of format 2.3.

use cap_file::asm::assemble;
use cap_file::verify::verify;
use cap_file::{CapFile, Exports};
use card_sim::runtime::LoadError;
use card_sim::{Aid, Card, CardConfig};

/// Two public packages: `Base` with the methods `one` and `two`, and in a second block `Tools.ask(Base)`, which adds 10
/// to what the last method of its argument gives. The first version has no `two`.
fn library(has_two: bool) -> CapFile {
    let text = include_str!("extended/library.captext");
    let text = if has_two {
        text.replace("SECOND", "method")
            .replace("MAPPING", "00FFFF")
            .replace("LAST", "2")
    } else {
        text.replace("    SECOND method_2\n", "")
            .replace("SECOND token 2 access 1", "method token 255 access 2")
            .replace("MAPPING", "00FF")
            .replace("LAST", "1")
    };
    assemble(&text, &Exports::builtin()).unwrap()
}

/// A package with a subclass of `Base` that has one more method, which is token 2 as in the first version of the
/// library, and an applet that answers with what `one`, that method and `Tools.ask` give.
fn client(has_mappings: bool) -> CapFile {
    let text = include_str!("extended/client.captext");
    let text = if has_mappings {
        text.replace("FORMAT", "2.3")
            .replace("MAPPING", "token-mapping")
    } else {
        let lines = text.lines().filter(|line| !line.contains("MAPPING"));
        lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace("FORMAT", "2.2")
    };
    assemble(&text.replace("NAME", "name -"), &Exports::builtin()).unwrap()
}

const APPLET: [u8; 6] = [0xF0, 0xAA, 0xAA, 0xAA, 0x04, 0x01];

fn answer(library: &CapFile, client: &CapFile, defensive: bool) -> Vec<u8> {
    let mut card = Card::new(&CardConfig {
        defensive,
        ..CardConfig::default()
    });
    card.load_cap(library).unwrap();
    card.load_cap(client).unwrap();
    let aid = Aid::new(&APPLET).unwrap();
    card.install(aid, aid, &[]).unwrap();
    let select = [&[0, 0xA4, 4, 0, 6][..], &APPLET].concat();
    assert_eq!(card.transmit(&select), [0x90, 0]);
    let answer = card.transmit(&[0, 0, 0, 0, 0]);
    assert_eq!(card.last_fault(), None);
    answer
}

#[test]
fn the_library_verifies() {
    for has_two in [false, true] {
        let report = verify(&library(has_two), &Exports::builtin());
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn public_packages_and_blocks_are_linked() {
    for defensive in [false, true] {
        let answer = answer(&library(false), &client(true), defensive);
        assert_eq!(answer, [0, 1, 0, 5, 0, 11, 0x90, 0]);
    }
}

#[test]
fn a_library_may_get_methods_under_its_subclasses() {
    for defensive in [false, true] {
        for has_mappings in [true, false] {
            let answer = answer(&library(true), &client(has_mappings), defensive);
            assert_eq!(answer, [0, 1, 0, 5, 0, 12, 0x90, 0], "{has_mappings}");
        }
    }
}

#[test]
fn a_public_package_is_on_a_card_once() {
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&library(false)).unwrap();
    let mut other = library(false);
    other.header.package.aid = cap_file::component::Aid::from(&[9; 6][..]);
    let error = card.load_cap(&other).unwrap_err();
    assert!(matches!(error, LoadError::Duplicate(_)), "{error}");
}

#[test]
fn an_extended_file_survives_an_image() {
    let mut card = Card::new(&CardConfig::default());
    card.load_cap(&library(false)).unwrap();
    let mut card = Card::from_image(&card.to_image().unwrap()).unwrap();
    card.load_cap(&client(true)).unwrap();
}
