//! What is written: docs/simulator.md tells what happens; man pages and completions know every command.

use super::{jpki, out, tenkoku, text};
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

/// The words of every command.
fn paths(command: &clap::Command, path: &[&str], all: &mut Vec<Vec<String>>) {
    for subcommand in command.get_subcommands() {
        let path = [path, &[subcommand.get_name()]].concat();
        all.push(path.iter().map(ToString::to_string).collect());
        paths(subcommand, &path, all);
    }
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    tenkoku(0, &["man", text(folder.path())]);
    let command = tenkoku::arguments::command();
    let mut all = Vec::new();
    paths(&command, &[], &mut all);
    assert!(all.len() > 60, "{}", all.len());
    for path in &all {
        let page = folder.path().join(format!("tenkoku-{}.1", path.join("-")));
        let page = std::fs::read_to_string(page).unwrap();
        // Hyphens are escaped there.
        let page = page.replace("\\-", "-");
        let words = path.join(" ");
        assert!(
            page.contains(&format!("tenkoku {words}")),
            "{words}: {page}"
        );
        let inner = path
            .iter()
            .try_fold(&command, |at, name| at.find_subcommand(name));
        for argument in inner.unwrap().get_arguments() {
            let Some(long) = argument.get_long().filter(|_| !argument.is_hide_set()) else {
                continue;
            };
            assert!(page.contains(&format!("--{long}")), "{words} --{long}");
        }
    }
    let page = std::fs::read_to_string(folder.path().join("tenkoku.1")).unwrap();
    let page = page.replace("\\*(Aq", "'");
    for (_, meaning) in tenkoku::failure::EXIT_CODES {
        assert!(page.contains(meaning), "{meaning}: {page}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tenkoku(0, &["completions", shell]);
        let script = out(&script);
        for name in all.iter().flatten() {
            assert!(script.contains(name.as_str()), "{shell}: {name}");
        }
        for option in ["dry-run", "save-receipts", "security"] {
            assert!(script.contains(option), "{shell}: {option}");
        }
    }
}
