//! IR programs to CAP files.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use capgen::ir::{text, verify};
use capgen::package::{self, Target};

const COUNTER: &str = include_str!("backend/counter.ir");

#[test]
fn the_text_form_is_read_back() {
    let program = text::parse(COUNTER).unwrap();
    verify::verify(&program).unwrap();
    let printed = text::print(&program);
    assert_eq!(text::parse(&printed).unwrap(), program, "{printed}");
}

#[test]
fn a_program_becomes_a_cap_file() {
    let program = text::parse(COUNTER).unwrap();
    let output = package::build(&program, &Target::default()).unwrap();
    let bytes = output.cap.write().unwrap();
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/counter.cap"), &bytes).unwrap();
    assert!(cap_file::CapFile::read(&bytes).unwrap() == output.cap);
}
