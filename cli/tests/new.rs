//! A newcomer's way: `tenkoku new`, then every command of the README that it writes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn tenkoku(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenkoku"));
    command.args(arguments).current_dir(folder);
    command
}

/// The commands in the code blocks of a README.
fn commands(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```").skip(1).step_by(2);
    blocks
        .flat_map(str::lines)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Runs every command of the README that was written into a new crate, whose tests are so many; what each line said.
fn walk(krate: &Path, tests: usize) -> Vec<(String, String)> {
    // The versions that this workspace is tested with, and what is compiled of them already.
    std::fs::copy(Path::new(ROOT).join("Cargo.lock"), krate.join("Cargo.lock")).unwrap();
    let readme = std::fs::read_to_string(krate.join("README.md")).unwrap();
    let mut said = Vec::new();
    for line in commands(&readme) {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = match arguments[0] {
            "cargo" => {
                let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
                // What one crate's tests need is what the others' need.
                let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("my-purse");
                let mut test = Command::new(cargo);
                test.args(&arguments[1..]).current_dir(krate);
                run(test.env("CARGO_TARGET_DIR", target))
            }
            // There is no reader here: a simulated card stands for it.
            "tenkoku" if arguments[1] == "flash" => {
                let image = ["--sim", "card.image", "--yes"];
                run(&mut tenkoku(krate, &[&arguments[1..], &image].concat()))
            }
            "tenkoku" => run(&mut tenkoku(krate, &arguments[1..])),
            other => panic!("{other} in the README"),
        };
        said.push((line.to_owned(), String::from_utf8(output.stdout).unwrap()));
    }
    let passed = format!("{tests} passed");
    let tested =
        |(line, said): &(String, String)| line.starts_with("cargo test") && said.contains(&passed);
    assert!(said.iter().any(tested), "{said:?}");
    said
}

#[test]
fn the_commands_of_the_readme_work() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(&mut tenkoku(folder.path(), &["new", "my-purse"]));
    assert!(String::from_utf8_lossy(&said.stdout).contains("applet MyPurse"));
    let purse = folder.path().join("my-purse");
    let mut formatted = Command::new("rustfmt");
    let sources = ["src/lib.rs", "tests/applet.rs"];
    formatted
        .args(["--check", "--edition", "2024"])
        .args(sources);
    run(formatted.current_dir(&purse));
    let said = walk(&purse, 5);
    let (_, session) = said
        .iter()
        .find(|(line, _)| line.starts_with("tenkoku card exec"))
        .expect("the README runs the applet");
    let answers: Vec<&str> = session
        .lines()
        .filter_map(|line| line.strip_prefix("< "))
        .collect();
    assert_eq!(
        answers,
        [
            "9000", "9000", "9000", "00029000", "6982", "9000", "9000", "00009000"
        ]
    );
    let (_, budget) = said
        .iter()
        .find(|(line, _)| line.contains("budget"))
        .expect("the README asks for the budget");
    assert!(budget.contains("Applet MyPurse"), "{budget}");
}

#[test]
fn what_is_there_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("purse")).unwrap();
    for (arguments, told) in [
        (&["new", "purse"][..], "exists already; nothing was written"),
        (&["new", "fn"], "is a word of Rust"),
        (&["new", "2pay"], "begins with a letter"),
        (
            &["new", "pay", "--aid", "F0112233445566778899AABBCCDDEEFF"],
            "expected at most 15 bytes",
        ),
        (
            &["new", "pay", "--platform", "/"],
            "is not Tenkoku's `platform` crate",
        ),
    ] {
        let output = tenkoku(folder.path(), arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains(told), "{errors}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn a_library_package_is_made_likewise() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(&mut tenkoku(
        folder.path(),
        &["new", "shared-code", "--lib"],
    ));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("library package F0"), "{said}");
    walk(&folder.path().join("shared-code"), 2);
}
