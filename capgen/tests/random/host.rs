//! The programs compiled by rustc, on the host platform.

use std::fmt::Write;
use std::fs;

use crate::native::{self, Place};
use crate::program::{HELPERS, Program};

/// What a program answers to a command on the host.
pub(crate) struct Answer {
    pub(crate) response: Vec<u8>,
    /// What it shows of its state where power failed at one of the command's writes: before the first, the second, …
    pub(crate) torn: Vec<Vec<u8>>,
}

/// The crate's program: it reads lines `program NUMBER`, `run COMMAND` and `torn COMMAND`, and writes a line for each command: the
/// states that a power cut leaves, and the response.
const MAIN: &str = include_str!("session.rs");

/// Writes the crate of some programs.
pub(crate) fn write(place: &Place, programs: &[Program]) {
    let mut modules = "mod helpers;\n".to_owned();
    let mut list = String::new();
    for (number, Program { applet, source, .. }) in programs.iter().enumerate() {
        writeln!(modules, "pub mod p{number};").unwrap();
        writeln!(
            list,
            "    |card| card.install::<p{number}::{applet}<Host>>(&[]),"
        )
        .unwrap();
        place.write(&format!("p{number}.rs"), source);
    }
    place.write("helpers.rs", HELPERS);
    place.write("lib.rs", &format!("#![no_std]\n{modules}"));
    place.write(
        "main.rs",
        &format!("{modules}\nconst PROGRAMS: &[Install] = &[\n{list}];\n{MAIN}"),
    );
}

/// Builds the crate and tells each program its commands; the answers of each.
pub(crate) fn answers(place: &Place, programs: &[Program]) -> Vec<Vec<Answer>> {
    let mut session = String::new();
    for (number, program) in programs.iter().enumerate() {
        writeln!(session, "program {number}").unwrap();
        for command in &program.commands {
            let verb = if command.writes { "torn" } else { "run" };
            writeln!(session, "{verb} {}", hexadecimal(&command.bytes)).unwrap();
        }
    }
    let file = place.folder.join("session");
    fs::write(&file, session).unwrap();
    let output = native::output_of(
        place
            .build("random-programs", &["--bin", "random-programs"])
            .arg(file),
    );
    let mut lines = output.lines();
    let answers = programs.iter().map(|program| {
        let commands = program.commands.iter();
        commands
            .map(|_| answer(lines.next().expect("a line for each command")))
            .collect()
    });
    answers.collect()
}

fn answer(line: &str) -> Answer {
    let mut parts: Vec<Vec<u8>> = line.split(' ').map(decode).collect();
    Answer {
        response: parts.pop().unwrap_or_default(),
        torn: parts,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from hexadecimal digits; none of what is no such text, which a panic is reported by.
fn decode(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .filter_map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok())
        .collect()
}
