//! The JPKI applet, from its source to a CAP file.

use cap_file::CapFile;
use cap_file::verify::{Exports, verify};
use capgen::driver::{Built, CompileError, build};
use capgen::package::Target;

const APPLET_CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");

fn jpki() -> Built {
    build(APPLET_CRATE.as_ref(), "Jpki", &Target::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn archive() -> Vec<u8> {
    let cap = jpki().output.cap;
    cap.write().expect("a CAP file that can be written")
}

#[test]
fn two_builds_of_the_same_source_are_the_same_bytes() {
    assert_eq!(archive(), archive());
}

#[test]
fn every_target_gets_an_applet_that_verifies() {
    for target in &Target::all() {
        if let Err(error) = build(APPLET_CRATE.as_ref(), "jpki", target) {
            panic!("{}: {error}", target.name);
        }
    }
}

#[test]
fn every_import_is_demanded_by_a_line_of_the_source() {
    let built = jpki();
    for demand in &built.output.imports {
        let Some(at) = demand.position else {
            assert_eq!(demand.package, "java.lang");
            continue;
        };
        let file = built.sources.file(at.file).map(|file| file.name.as_str());
        assert!(
            file.is_some_and(|file| file.starts_with("applet-model/")),
            "{demand:?} in {file:?}"
        );
    }
    assert!(built.output.imports.len() >= 5);
}

#[test]
fn every_value_range_is_proved_on_the_instructions() {
    assert_eq!(jpki().output.unproved, Vec::<String>::new());
}

#[test]
fn an_applet_that_is_not_there_is_said_with_those_that_are() {
    let error = build(APPLET_CRATE.as_ref(), "Jpkl", &Target::default()).err();
    let Some(CompileError::NoApplet { wanted, found }) = error else {
        panic!("another error: {error:?}");
    };
    assert_eq!(
        (wanted.as_str(), found.as_slice()),
        ("Jpkl", &["Jpki".to_owned()][..])
    );
}

#[test]
fn every_prefix_of_the_archive_is_refused() {
    let archive = archive();
    for end in 0..archive.len() {
        assert!(
            CapFile::read(&archive[..end]).is_err(),
            "{end} of {} bytes were taken for a CAP file",
            archive.len()
        );
    }
}

/// What is loaded onto a card has no checksum: every change of a byte must be refused by the reader,
/// found by the verifier, or be harmless; none may panic.
#[test]
fn every_byte_of_the_load_file_may_be_anything() {
    let load_file = jpki()
        .output
        .cap
        .load_file(true)
        .expect("a load file that can be written");
    let (mut refused, mut found, mut harmless) = (0u32, 0u32, 0u32);
    for at in 0..load_file.len() {
        for mask in [0x01, 0x80, 0xFF] {
            let mut changed = load_file.clone();
            changed[at] ^= mask;
            match CapFile::from_load_file(&changed) {
                Err(_) => refused += 1,
                Ok(cap) if verify(&cap, &Exports::builtin()).is_ok() => harmless += 1,
                Ok(_) => found += 1,
            }
        }
    }
    println!("{refused} refused, {found} found by the verifier, {harmless} harmless");
    assert!(
        refused + found > harmless,
        "{refused} refused, {found} found, {harmless} harmless"
    );
}
