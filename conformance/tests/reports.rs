//! What is told of a run.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use apdu_spec::jpki::SPECIFICATION;
use conformance::target::Model;
use conformance::{Outcome, Report, Suite, SuiteError, report, run};

const VECTORS: &str = r#"
[[vector]]
name = "passes"
covers = ["JPKI-VER-08"]
steps = [{ send = "00 20 00 98 04 31323334", status = "6984" }]

[[vector]]
name = "fails & tells <why>"
covers = ["JPKI-VER-10"]
steps = [{ send = "00 20 00 98 04 31323334" }]

[[vector]]
name = "cannot be run"
covers = ["JPKI-PUT-07"]
steps = [{ secure = "80 DA 01 98 04 31323334" }]
"#;

fn of_three() -> Report {
    let suite = Suite::from_texts(&[("three.toml", VECTORS)]).unwrap();
    run(&suite, &mut Model::default(), &mut |_| ())
}

#[test]
fn a_failure_tells_step_command_and_both_answers_but_no_pin() {
    let report = of_three();
    let outcomes: Vec<_> = report
        .vectors
        .iter()
        .map(|vector| &vector.outcome)
        .collect();
    assert_eq!(outcomes[0], &Outcome::Passed);
    let Outcome::Failed(failure) = outcomes[1] else {
        panic!("{:?}", outcomes[1])
    };
    assert_eq!(
        failure.to_string(),
        "step 1: VERIFY (00 20 00 98 with 4 bytes): expected 9000, came 6984 (the reference data is blocked or not set)"
    );
    assert!(matches!(outcomes[2], Outcome::Broken(cause) if cause.contains("open")));
}

#[test]
fn reports_for_machines() {
    let report = of_three();
    let json = report::json(&report, &SPECIFICATION);
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &2.into()));
    let requirements = json["requirements"].as_array().unwrap();
    let of = |id: &str| {
        requirements
            .iter()
            .find(|requirement| requirement["id"] == id)
            .unwrap()
    };
    assert_eq!(of("JPKI-VER-08")["passed"][0], "passes");
    assert_eq!(of("JPKI-VER-10")["failed"][0], "fails & tells <why>");
    let junit = report::junit(&report).unwrap();
    assert!(
        junit.contains(r#"tests="3""#)
            && junit.contains(r#"failures="1""#)
            && junit.contains(r#"errors="1""#),
        "{junit}"
    );
}

#[test]
fn reports_for_people() {
    let report = of_three();
    let html = report::html(&report, &SPECIFICATION).unwrap();
    assert!(
        html.contains("fails &amp; tells &lt;why&gt;"),
        "values are escaped"
    );
    assert!(html.contains("1 passed, 2 failed"));
    let mut text = Vec::new();
    let mut terminal = report::Terminal::new(&mut text, &SPECIFICATION);
    let suite = Suite::from_texts(&[("three.toml", VECTORS)]).unwrap();
    run(&suite, &mut Model::default(), &mut |event| {
        terminal.hear(event).unwrap()
    });
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.starts_with("3 vectors on model\n  ok    passes"),
        "{text}"
    );
    assert!(text.contains("1 passed, 2 failed; 1 of "), "{text}");
    assert!(text.contains("not covered: JPKI-VER-10"), "{text}");
}

fn refused(text: &str) -> String {
    Suite::from_texts(&[("bad.toml", text)])
        .unwrap_err()
        .to_string()
}

#[test]
fn bad_suites_are_refused_with_their_place() {
    let vector = |steps: &str| format!("[[vector]]\nname = \"v\"\ncovers = []\nsteps = [{steps}]");
    for (steps, told) in [
        ("{}", "vector `v`, step 1: a step has one of"),
        (r#"{ send = "00", secure = "00" }"#, "this one has 2"),
        (r#"{ send = "0" }"#, "send: `0` is neither"),
        (
            r#"{ send = "00" }, { event = "jump" }"#,
            "step 2: the event is",
        ),
        (r#"{ open = "02" }"#, "`02` is no security level"),
        (r#"{ send = "00", status = "90" }"#, "status: `90`"),
        (r#"{ send = "00", data = ".. 00" }"#, "data: `..`"),
        (
            r#"{ run = "nothing" }"#,
            "sequence `nothing` does not exist",
        ),
        (r#"{ sned = "00" }"#, "unknown field `sned`"),
    ] {
        let error = refused(&vector(steps));
        assert!(
            error.starts_with("bad.toml: ") && error.contains(told),
            "{steps}: {error}"
        );
    }
    let twice = format!(
        "{}\n{}",
        vector(r#"{ send = "00" }"#),
        vector(r#"{ send = "00" }"#)
    );
    assert!(refused(&twice).contains("vector `v` is given twice"));
    let endless = "[sequence]\na = [{ run = \"b\" }]\nb = [{ run = \"a\" }]";
    assert!(refused(endless).contains("runs itself"));
}

#[test]
fn a_vector_must_expect_what_it_covers() {
    let check = |covers: &str| {
        let text = format!(
            "[[vector]]\nname = \"v\"\ncovers = [\"{covers}\"]\nsteps = [{{ event = \"select\" }}]"
        );
        Suite::from_texts(&[("v.toml", &text)])
            .unwrap()
            .check_coverage(&SPECIFICATION)
    };
    assert!(check("JPKI-SEL-01").is_ok());
    assert!(matches!(
        check("JPKI-SEL-02"),
        Err(SuiteError::NotCovered { .. })
    ));
    assert!(matches!(check("JPKI-XXX-01"), Err(SuiteError::Name { .. })));
}

#[test]
fn a_folder_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/jpki");
    let read = Suite::read(&folder).unwrap();
    assert_eq!(read.vectors.len(), Suite::jpki().unwrap().vectors.len());
    let empty = folder.join("../../src");
    assert!(matches!(Suite::read(&empty), Err(SuiteError::Empty { .. })));
    assert!(matches!(
        Suite::read(&folder.join("no")),
        Err(SuiteError::Read { .. })
    ));
}
