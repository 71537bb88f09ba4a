//! The Java listing: a golden one for a small applet, and what must hold of every listing.
//!
//! That it compiles and behaves the same is checked outside of this project, with javac, the reference
//! converter and the simulator (`docs/java-listing.md`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use capgen::driver;
use capgen::ir::text;
use capgen::java::{JavaFile, listing};
use std::collections::BTreeSet;
use std::path::Path;

const COUNTER: &str = include_str!("backend/counter.ir");

fn all(files: &[JavaFile]) -> String {
    let file = |file: &JavaFile| format!("==== {}\n{}", file.path, file.text);
    files.iter().map(file).collect()
}

#[test]
fn the_listing_of_a_small_applet() {
    let program = text::parse(COUNTER).unwrap();
    let files = listing(&program).unwrap();
    insta::assert_snapshot!("counter", all(&files));
}

#[test]
fn listings_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs = vec![text::parse(COUNTER).unwrap()];
    for (krate, applet) in [
        ("../applet-model", "Jpki"),
        ("programs", "TlvWalk"),
        ("programs", "Base64"),
        ("programs", "Sha256"),
        ("programs", "Sort"),
        ("programs", "Records"),
    ] {
        let lowered = driver::lower(&folder.join(krate), applet);
        programs.push(lowered.unwrap_or_else(|error| panic!("{error}")).program);
    }
    for program in &programs {
        let files = listing(program).unwrap();
        assert_eq!(files.len(), program.classes.len());
        assert_eq!(files, listing(program).unwrap());
        for file in &files {
            check(file);
        }
        let text = all(&files);
        for applet in &program.applets {
            let class = &program.classes[applet.class.0].name;
            assert!(text.contains(&format!("public class {class} extends Applet {{")));
        }
    }
}

/// The reference converter takes what it has no cast of for the `int` that it came from, and as an index warns of it without end.
#[test]
fn what_comes_from_an_int_is_cast() {
    let wide = "(cast int u8 (mul int (cast u16 int (call Counter::next (field Demo.counter %this.0) 1u8)) 70000int))";
    let index = "(elem u8 %buffer.2 2usize)";
    let place = format!("(elem u8 (array TABLE) (cast u8 usize {index}))");
    assert!(COUNTER.contains(&place));
    let masked = format!("(elem u8 (array TABLE) (and usize (cast u8 usize {wide}) 3usize))");
    let text = all(&listing(&text::parse(&COUNTER.replace(&place, &masked)).unwrap()).unwrap());
    assert!(
        text.contains("next((short) 1) & 0xFFFF) * 0x11170 & 0xFF) & 3] & 0xFF)")
            && text.contains("Demo.TABLE[(short) ("),
        "{text}"
    );
}

/// Braces match, labels are there for the jumps that name them, no two methods share a name, nothing is
/// left without a name.
fn check(file: &JavaFile) {
    let mut labels: Vec<(usize, String)> = Vec::new();
    let mut methods = BTreeSet::new();
    let mut depth = 0;
    let mut pending: Option<String> = None;
    for line in file.text.lines() {
        let code = line.split("//").next().unwrap().trim();
        let code = code.split("/**").next().unwrap().trim();
        let place = format!("{}: {line}", file.path);
        assert!(!code.contains("unknown"), "{place}");
        if depth == 1 && code.ends_with(") {") {
            let name = code.split('(').next().unwrap().rsplit(' ').next().unwrap();
            assert!(methods.insert(name.to_owned()), "{place}");
        }
        for jump in ["break ", "continue "] {
            if let Some(label) = code.strip_prefix(jump) {
                let label = label.trim_end_matches(';');
                assert!(labels.iter().any(|(_, known)| known == label), "{place}");
            }
        }
        if let Some(label) = code.strip_suffix(": {").or_else(|| code.strip_suffix(':'))
            && label.starts_with('b')
            && label[1..].chars().all(|c| c.is_ascii_digit())
        {
            pending = Some(label.to_owned());
        }
        for c in code.chars() {
            match c {
                '{' => {
                    depth += 1;
                    labels.extend(pending.take().map(|label| (depth, label)));
                }
                '}' => {
                    labels.retain(|(level, _)| *level < depth);
                    depth -= 1;
                }
                _ => {}
            }
        }
        assert!(
            code.matches('(').count() == code.matches(')').count(),
            "{place}"
        );
    }
    assert_eq!(depth, 0, "{}", file.path);
}
