//! docs/simulator.md tells what happens.

use super::{jpki, out, text};
use std::path::Path;
use std::process::Command;

/// The fenced blocks of a document: what they are, and their lines.
fn blocks(document: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in document.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => open = Some((kind, String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => *lines += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block that does not end");
    blocks
}

/// Runs what stands behind `$` and gives what a terminal would show.
fn run(folder: &Path, command: &str) -> String {
    let arguments = command.strip_prefix("tenkoku ").unwrap().split(' ');
    let output = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    out(&output).to_owned()
}

#[test]
fn what_the_document_shows_is_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    std::fs::rename(cap, folder.path().join("applet.cap")).unwrap();
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/simulator.md"));
    let document = std::fs::read_to_string(path).unwrap();
    let mut shown = 0;
    for (kind, lines) in blocks(&document) {
        match kind {
            "apdu" => std::fs::write(folder.path().join("session.apdu"), lines).unwrap(),
            "console" => {
                let (command, expected) = lines.split_once('\n').unwrap();
                let command = command.strip_prefix("$ ").unwrap();
                assert_eq!(run(folder.path(), command), expected, "{}", text(path));
                shown += 1;
            }
            _ => {}
        }
    }
    assert_eq!(shown, 1);
}
