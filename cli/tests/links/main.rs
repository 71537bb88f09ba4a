//! The ways to a card, with the built binary at both ends.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod counts;
mod served;

use served::{Served, tenkoku};

fn listed(arguments: &[&str]) -> String {
    let output = tenkoku(&[&["list", "--json"][..], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_card_is_listed_alike_in_process_over_tcp_and_over_serial_lines() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("card");
    let expected = listed(&["--sim", image.to_str().unwrap()]);
    let same = |found: &str| {
        // The connection's own name and protocol differ, and nothing else.
        let content = |text: &str| {
            let mut report: serde_json::Value = serde_json::from_str(text).unwrap();
            report["card"].as_object_mut().unwrap().remove("connection");
            report
        };
        assert_eq!(content(found), content(&expected));
    };
    let tcp = Served::start(&["--tcp", "127.0.0.1:0"]);
    same(&listed(&["--tcp", &tcp.address]));
    // One connection after the other.
    same(&listed(&["--tcp", &tcp.address]));
    if cfg!(unix) {
        for adapter in ["phoenix-t1", "phoenix-t0"] {
            let serial = Served::start(&["--pty", adapter]);
            same(&listed(&["--serial", &serial.address]));
        }
        for kind in ["pn532-a", "pn532-b"] {
            let chip = Served::start(&["--pty", kind]);
            same(&listed(&["--pn532", &chip.address]));
            let port = format!("{}:pn532", chip.address);
            same(&listed(&["--serial", &port]));
        }
    }
}

/// The whole suite, over every line that a card may be at.
#[test]
fn the_conformance_vectors_pass_over_tcp_and_over_serial_lines() {
    let folder = tempfile::tempdir().unwrap();
    let cap = folder.path().join("jpki.cap");
    let cap = cap.to_str().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");
    let built = tenkoku(&["build", source, "--applet", "Jpki", "-o", cap]);
    assert!(built.status.success());
    let lines = [
        ("tcp", vec!["--tcp", "127.0.0.1:0"]),
        ("serial", vec!["--pty", "phoenix-t1"]),
        ("serial", vec!["--pty", "phoenix-t0"]),
        ("pn532", vec!["--pty", "pn532-a"]),
        ("pn532", vec!["--pty", "pn532-b"]),
    ];
    for (kind, arguments) in lines {
        if kind != "tcp" && cfg!(not(unix)) {
            continue;
        }
        let served = Served::start(&arguments);
        let target = format!("{kind}:{}", served.address);
        let output = tenkoku(&[
            "conform", "--target", &target, "--cap", cap, "--yes", "--json",
        ]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let vectors = report["vectors"].as_array().unwrap();
        assert!(vectors.len() > 100, "{arguments:?}: {}", vectors.len());
    }
}

#[test]
fn a_way_that_leads_nowhere_is_told_so() {
    for (arguments, code, words) in [
        (&["list", "--tcp", "127.0.0.1:1"][..], 4, "127.0.0.1:1"),
        (&["list", "--tcp", "192.0.2.1:1"], 4, "not on this machine"),
        (
            &["list", "--serial", "/dev/tenkoku-none"],
            4,
            "/dev/tenkoku-none",
        ),
        (&["list", "--serial", "x,fast"], 2, "bit rate"),
        (
            &["list", "--tcp", "a:1", "--sim", "b"],
            2,
            "cannot be used with",
        ),
        (
            &["card", "serve", "--tcp", "0.0.0.0:0"],
            4,
            "not on this machine",
        ),
    ] {
        let output = tenkoku(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

#[test]
fn an_answer_to_reset_is_explained() {
    let output = tenkoku(&[
        "explain",
        "--atr",
        "3BF81300008131FE45",
        "4A434F5076323431B7",
    ]);
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.contains("Fi = 372, Di = 4"),
        "{words}"
    );
    let output = tenkoku(&["explain", "--atr", "3B800180"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("check byte"));
}
