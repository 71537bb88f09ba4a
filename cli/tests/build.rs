//! `tenkoku build`, as a user calls it: targets, budget, Java listing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

fn tenkoku(code: i32, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    output
}

fn build(code: i32, folder: &Path, more: &[&str]) -> Output {
    let cap = folder.join("jpki.cap");
    let mut arguments = vec!["build", "applet-model", "--applet", "Jpki", "-o"];
    arguments.push(cap.to_str().unwrap());
    arguments.extend(more);
    tenkoku(code, &arguments)
}

#[test]
fn budget_and_listing_lie_beside_the_cap_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = build(0, folder.path(), &["--emit", "cap,budget,java"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "Applet Jpki (",
        "install allocates",
        "Stack of process",
        "Transaction in",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let budget: serde_json::Value = serde_json::from_str(&read("jpki.budget.json")).unwrap();
    assert_eq!(budget["version"], 2);
    assert_eq!(budget["applets"][0]["class"], "Jpki");
    let html = read("jpki.budget.html");
    assert!(
        html.starts_with("<!doctype html>") && !html.contains("http"),
        "outside references"
    );
    let java = read("jpki-java/jpki/Jpki.java");
    assert!(
        java.contains("public class Jpki extends Applet {"),
        "{java}"
    );
}

#[test]
fn an_optimisation_can_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |more: &[&str]| {
        let more = [more, &["--json"]].concat();
        let report = build(0, folder.path(), &more).stdout;
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        report["code_bytes"].as_u64().unwrap()
    };
    assert!(bytes(&["--without", "inline,tails"]) > bytes(&[]));
    let refused = build(2, folder.path(), &["--without", "inlining"]);
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(errors.contains("possible values: fold, "), "{errors}");
}

#[test]
fn every_import_has_the_line_that_demands_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = build(0, folder.path(), &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let imports = report["imports"].as_array().unwrap();
    let framework = imports
        .iter()
        .find(|import| import["package"] == "javacard.framework")
        .unwrap();
    // JPKI needs no more than Java Card 2.2.2 has.
    assert_eq!(framework["version"], "1.3");
    assert!(
        framework["file"]
            .as_str()
            .unwrap()
            .starts_with("applet-model/")
    );
    assert!(framework["line"].as_u64().unwrap() > 0);
}

#[test]
fn a_target_that_is_too_old_or_unknown_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let cap = folder.path().join("words.cap");
    let program = ["build", "capgen/programs", "--applet", "Sha256Words"];
    let old = ["--int", "--target", "jc221", "-o", cap.to_str().unwrap()];
    let output = tenkoku(3, &[&program[..], &old].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains(
            "javacardx.framework.util.intx 1.0 is needed by capgen/programs/src/sha256_words.rs:"
        ),
        "{errors}"
    );
    assert!(errors.contains("jc221 has no such package"), "{errors}");
    assert!(!cap.exists());
    let output = build(2, folder.path(), &["--target", "jc999"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    for target in ["jc221", "jc222", "jc301", "jc304", "jc305", "jc310"] {
        assert!(errors.contains(target), "{target}: {errors}");
    }
    let help = tenkoku(0, &["build", "--help"]);
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("Java Card 3.1")
    );
}

#[test]
fn the_budget_of_a_library_is_counted_where_it_lies_beside_its_export_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let wallet = |code: i32| {
        let (exports, cap) = (path("ledger.exp"), path("wallet.cap"));
        let arguments = ["build", "examples/wallet", "--import", &exports, "-o", &cap];
        let output = tenkoku(code, &[&arguments[..], &["--emit", "cap,budget"]].concat());
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    tenkoku(0, &["build", "examples/ledger", "-o", &path("ledger.cap")]);
    let [text, _] = wallet(0);
    assert!(text.contains("and not counted"), "{text}");
    assert!(text.contains("ledger.budget.json is not there"), "{text}");
    let all = ["--emit", "cap,exp,budget"];
    tenkoku(
        0,
        &[
            &["build", "examples/ledger", "-o", &path("ledger.cap")][..],
            &all,
        ]
        .concat(),
    );
    let [text, _] = wallet(0);
    assert!(text.contains("counted as their budgets say"), "{text}");
    assert!(!text.contains("is not there"), "{text}");
    // Of another version, of another package, and no budget at all.
    let budget = std::fs::read_to_string(path("ledger.budget.json")).unwrap();
    for (other, told) in [
        (
            budget.replace("\"1.0\"", "\"1.1\""),
            "F0544B4C47 1.1 in form 2, where that of F0544B4C47 1.0",
        ),
        (budget.replace("F0544B4C47", "F0544B4C48"), "F0544B4C48 1.0"),
        ("{}".to_owned(), "not a budget of this version of tenkoku"),
    ] {
        std::fs::write(path("ledger.budget.json"), other).unwrap();
        let [_, errors] = wallet(3);
        assert!(errors.contains(told), "{errors}");
        assert!(errors.contains("--emit cap,exp,budget"), "{errors}");
    }
}

#[test]
fn a_library_package_is_imported_and_loaded_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (library, exports, wallet) = (path("ledger.cap"), path("ledger.exp"), path("wallet.cap"));
    let output = tenkoku(0, &["build", "examples/ledger", "-o", &library]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("library ledger 1.0"), "{text}");
    let arguments = [
        "build",
        "examples/wallet",
        "--import",
        &exports,
        "-o",
        &wallet,
        "--json",
    ];
    let report: serde_json::Value = serde_json::from_slice(&tenkoku(0, &arguments).stdout).unwrap();
    assert_eq!(report["applets"][1]["name"], "Loyalty");
    assert_eq!(report["applets"][1]["aid"], "F0544B574102");
    let imports = report["imports"].as_array().unwrap();
    assert!(
        imports.iter().any(|import| import["package"] == "ledger"),
        "{imports:?}"
    );
    tenkoku(0, &["verify", &wallet, "--exp", &exports]);
    tenkoku(0, &["verify", &library, "--exp", &exports]);
    tenkoku(0, &["verify", &exports]);
    let script = path("session.apdu");
    let commands = "00A4040006F0544B574101 => 9000\n80100123 => 9000\n8030000000 => 3030323931 9000\n\
                    00A4040006F0544B574102 => 9000\n80402000 => 9000\n8050000000 => 303030333220 9000\n";
    std::fs::write(&script, commands).unwrap();
    // The applets before the library: the order is found.
    let run = [
        "card",
        "exec",
        "--cap",
        &wallet,
        "--cap",
        &library,
        "--install",
        "F0544B574101",
        "--install",
        "F0544B574102",
        "--script",
        &script,
    ];
    tenkoku(0, &run);
    // A card without the library is told of before anything is written.
    let image = path("card.img");
    let flash = |code: i32, cap: &str| {
        let arguments = ["flash", cap, "--exp", &exports, "--sim", &image, "--yes"];
        String::from_utf8(tenkoku(code, &arguments).stderr).unwrap()
    };
    let missing = flash(1, &wallet);
    assert!(
        missing.contains("the card has no package F0544B4C47: load it first"),
        "{missing}"
    );
    flash(0, &library);
    flash(0, &wallet);
}

#[test]
fn an_extended_file_is_for_new_cards() {
    let folder = tempfile::tempdir().unwrap();
    let refused = build(2, folder.path(), &["--format", "extended"]);
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(errors.contains("give --target jc310"), "{errors}");
    build(
        0,
        folder.path(),
        &["--format", "extended", "--target", "jc310"],
    );
    let cap = folder.path().join("jpki.cap");
    tenkoku(0, &["verify", cap.to_str().unwrap()]);
}
