//! The built binary, as a user calls it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "commands/agreement.rs"]
mod agreement;
#[path = "commands/cards.rs"]
mod cards;
#[path = "commands/delegation.rs"]
mod delegation;
#[path = "commands/document.rs"]
mod document;
#[path = "commands/observing.rs"]
mod observing;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const APPLET: &str = "D392F000260100000001";

/// Runs `tenkoku` and checks its exit code.
fn tenkoku(code: i32, arguments: &[&str]) -> Output {
    tenkoku_with(code, arguments, "")
}

fn tenkoku_with(code: i32, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    output
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Builds the JPKI applet into a folder.
fn jpki(folder: &Path) -> String {
    let cap = folder.join("jpki.cap");
    tenkoku(
        0,
        &[
            "build",
            "applet-model",
            "--applet",
            "Jpki",
            "-o",
            text(&cap),
            "--emit",
            "cap,exp,ir,map",
        ],
    );
    for extension in ["cap", "exp", "ir", "map"] {
        assert!(
            cap.with_extension(extension).metadata().unwrap().len() > 0,
            "{extension}"
        );
    }
    text(&cap).to_owned()
}

#[test]
fn from_source_to_answers() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let verified = tenkoku(0, &["verify", &cap]);
    assert!(out(&verified).ends_with("jpki.cap: verified\n"));
    let dumped = tenkoku(0, &["dump", &cap]);
    assert!(out(&dumped).contains(&format!("applet {APPLET}")));
    // The text gives the same file back, byte for byte.
    let again = folder.path().join("again.cap");
    let arguments = ["asm", "-", "-o", text(&again), "--verify"];
    tenkoku_with(0, &arguments, out(&dumped));
    assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&cap).unwrap());
    assert!(err(&tenkoku_with(3, &arguments, "cap 9.9")).contains("line 1"));
    let summary = tenkoku(0, &["cap", "info", &cap, "--json"]);
    assert!(out(&summary).contains("tenkoku.cap-info/1") && out(&summary).contains(APPLET));
    let exp = cap.replace(".cap", ".exp");
    let compared = tenkoku(0, &["cap", "compare", &exp, &exp]);
    assert!(
        out(&compared).ends_with(": compatible\n"),
        "{}",
        out(&compared)
    );
    tenkoku(0, &["verify", &cap, "--exp", &exp, "--previous", &exp]);
    tenkoku(3, &["verify", &cap, "--previous", &exp]);
    tenkoku(0, &["verify", &exp, "--previous", &exp]);
    assert!(err(&tenkoku(3, &["dump", &exp])).contains("this is an export file"));
    assert!(out(&tenkoku(0, &["verify", "--rules"])).contains("stack-type"));
    let script = "00A4040C0A D392F000260100000001 # select\n\n!reset\n00a4040c0ad392f000260100000001\n00 20 00 98\n00\n";
    let arguments = [
        "card",
        "exec",
        "--cap",
        &cap,
        "--install",
        APPLET,
        "--script",
        "-",
    ];
    let answers = tenkoku_with(0, &arguments, script);
    let select = "> 00A4040C0AD392F000260100000001\n< 9000\n";
    assert_eq!(
        out(&answers),
        format!("{select}{select}> 00200098\n< 63C0\n> 00\n< 6700\n")
    );
}

#[test]
fn the_card_tells_its_api_and_speaks_t0() {
    let stored =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../card-sim/API.md"));
    assert_eq!(out(&tenkoku(0, &["card", "api"])), stored.unwrap());
    // Card recognition data of the issuer security domain: the length is told, then taken.
    let exec = ["card", "exec", "--script", "-", "--protocol"];
    let first = tenkoku_with(0, &[&exec[..], &["t0"]].concat(), "80CA006600\n");
    let length = out(&first).trim().rsplit_once("6C").unwrap().1.to_owned();
    let script = format!("80CA006600\n80CA0066{length}\n");
    let second = tenkoku_with(0, &[&exec[..], &["t0"]].concat(), &script);
    assert!(out(&second).ends_with("9000\n"), "{}", out(&second));
    let whole = tenkoku_with(0, &[&exec[..], &["t1"]].concat(), "80CA006600\n");
    assert_eq!(out(&second).lines().last(), out(&whole).lines().last());
    let wrong = tenkoku(2, &[&exec[..], &["t2"]].concat());
    assert!(err(&wrong).contains("contactless-a"), "{}", err(&wrong));
}

#[test]
fn an_image_outlives_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, image) = (jpki(folder.path()), folder.path().join("card.image"));
    let flash = ["flash", &cap, "--sim", text(&image)];
    let unasked = tenkoku(2, &flash);
    assert!(err(&unasked).contains("--yes"));
    assert!(
        out(&tenkoku(0, &[&flash[..], &["--dry-run"]].concat())).contains("nothing was written")
    );
    tenkoku(0, &[&flash[..], &["--yes"]].concat());
    let list: serde_json::Value =
        serde_json::from_slice(&tenkoku(0, &["list", "--sim", text(&image), "--json"]).stdout)
            .unwrap();
    assert_eq!(list["schema"], "tenkoku.list/1");
    assert_eq!(list["content"]["applications"][0]["aid"], APPLET);
    // A second time only by --replace.
    assert!(err(&tenkoku(1, &[&flash[..], &["--yes"]].concat())).contains("nothing was written"));
    tenkoku(0, &[&flash[..], &["--yes", "--replace"]].concat());
    let select = format!("00A4040C0A{APPLET}\n");
    let answer = tenkoku_with(
        0,
        &["card", "exec", "--image", text(&image), "--script", "-"],
        &select,
    );
    assert!(out(&answer).ends_with("< 9000\n"));
    let delete = [
        "delete",
        "D392F000260100000000",
        "--related",
        "--yes",
        "--sim",
        text(&image),
    ];
    tenkoku(0, &delete);
    assert!(err(&tenkoku(1, &delete)).contains("is not on the card"));
}

#[test]
fn a_card_speaks_the_secure_channel_that_is_asked_for() {
    for (protocol, told) in [
        ("scp02:55", "040255"),
        ("SCP02:1a", "04021A"),
        ("scp03:61", "040361"),
        ("scp03", "040370"),
    ] {
        let answer = tenkoku_with(
            0,
            &["card", "exec", "--scp", protocol, "--script", "-"],
            "80CA006600\n",
        );
        assert!(out(&answer).contains(&format!("06092A864886FC6B{told}9000")));
    }
    for wrong in ["scp01:05", "scp03:40", "55"] {
        let refused = tenkoku(2, &["card", "exec", "--scp", wrong]);
        assert!(err(&refused).contains("no secure channel protocol"));
    }
}

#[test]
fn wrong_keys_are_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let (image, keys) = (
        folder.path().join("card.image"),
        folder.path().join("keys.toml"),
    );
    std::fs::write(&keys, "key = '00112233445566778899AABBCCDDEEFF'").unwrap();
    let refused = tenkoku(5, &["list", "--sim", text(&image), "--keys", text(&keys)]);
    assert!(
        err(&refused).contains("not tried again by itself"),
        "{}",
        err(&refused)
    );
    assert!(!err(&refused).contains("2233"));
    tenkoku(0, &["list", "--sim", text(&image)]);
}

#[test]
fn bad_input_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (cap, empty) = (jpki(folder.path()), folder.path().join("empty"));
    std::fs::write(&empty, "").unwrap();
    tenkoku(3, &["verify", text(&empty)]);
    tenkoku(3, &["dump", "no-such-file"]);
    tenkoku(3, &["card", "exec", "--image", text(&empty)]);
    tenkoku(3, &["card", "exec", "--cap", text(&empty)]);
    let line = tenkoku_with(3, &["card", "exec", "--script", "-"], "00A40400\n00A4040\n");
    assert!(err(&line).contains("line 2"), "{}", err(&line));
    let name = tenkoku(
        3,
        &[
            "build",
            "applet-model",
            "--applet",
            "Nobody",
            "-o",
            text(&empty),
        ],
    );
    assert!(err(&name).contains("Jpki"), "{}", err(&name));
    tenkoku(
        2,
        &[
            "build",
            "applet-model",
            "--applet",
            "Jpki",
            "-o",
            "x",
            "--target",
            "jc999",
        ],
    );
    tenkoku(2, &["card", "exec", "--install", "A0"]);
    tenkoku(
        4,
        &["card", "exec", "--cap", &cap, "--install", "A000000001"],
    );
    tenkoku(4, &["card", "serve", "--vpcd", "127.0.0.1:1"]);
    tenkoku(4, &["card", "serve", "--vpcd", "192.0.2.1:1"]);
    tenkoku(3, &["explain", "0"]);
    tenkoku(2, &["frobnicate"]);
}

#[test]
fn explanations_hide_pins() {
    let told = tenkoku(
        0,
        &["explain", "00200098", "04", "39383736", "--status", "63C2"],
    );
    assert!(out(&told).contains("VERIFY") && out(&told).contains("63C2"));
    let json = tenkoku(0, &["explain", "00 20 00 98 04 39383736", "--json"]);
    assert!(!out(&told).contains("39383736") && !out(&json).contains("39383736"));
    assert!(out(&tenkoku(0, &["explain", "6984"])).starts_with("6984: "));
    assert!(out(&tenkoku(0, &["spec"])).contains("JPKI-VER-03"));
}

#[test]
fn vectors_pass_on_the_model() {
    let report: serde_json::Value =
        serde_json::from_slice(&tenkoku(0, &["conform", "--target", "model", "--json"]).stdout)
            .unwrap();
    assert_eq!(report["schema"], "tenkoku.conform/1");
    assert_eq!(report["failed"], 0);
}

#[test]
fn the_demo_checks_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let cap = folder.path().join("jpki.cap");
    let report = tenkoku(0, &["demo", "--seed", "1", "--json", "-o", text(&cap)]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["schema"], "tenkoku.demo/1");
    assert_eq!(report["steps"].as_array().unwrap().len(), 27);
    assert!(cap.exists());
}

/// A simulated card with the applet on it.
fn flashed(folder: &Path) -> String {
    let cap = jpki(folder);
    let image = text(&folder.join("card.image")).to_owned();
    tenkoku(0, &["flash", &cap, "--sim", &image, "--yes"]);
    image
}

/// A simulated card whose signature slot has a key and the PIN ABC123.
fn with_key(folder: &Path) -> String {
    let image = flashed(folder);
    let pem = folder.join("key.pem");
    let key = ["personalise", "key", "--slot", "signature", "--yes"];
    let files = ["--pin-file", "-", "--public-key", text(&pem), "--sim"];
    tenkoku_with(0, &[&key[..], &files, &[&image]].concat(), "ABC123");
    image
}

#[test]
fn a_slot_is_personalised_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let image = flashed(folder.path());
    let run = |code, arguments: &[&str], input: &str| {
        let arguments = [&["personalise"], arguments, &["--sim", &image]].concat();
        tenkoku_with(code, &arguments, input)
    };
    let fresh = run(0, &["status"], "");
    assert!(out(&fresh).contains("signature             PIN blocked or not set, no certificate"));

    let pem = folder.path().join("key.pem");
    let key = |code, pin: &str| {
        let key = ["key", "--slot", "signature", "--public-key", text(&pem)];
        run(
            code,
            &[&key[..], &["--pin-file", "-", "--yes"]].concat(),
            pin,
        )
    };
    let refused = key(3, "abc123\n");
    assert!(err(&refused).contains("it must be 6 to 16 letters A to Z and digits"));
    assert!(out(&key(0, "ABC123\n")).contains("PIN set, key generated"));
    let first = std::fs::read(&pem).unwrap();
    // The second run changes nothing.
    assert!(out(&key(0, "OTHER99\n")).contains("PIN kept, key kept"));
    assert_eq!(first, std::fs::read(&pem).unwrap());

    // A certificate for somebody else's key is not written.
    let other = tempfile::tempdir().unwrap();
    let other_image = flashed(other.path());
    let certificates = other.path().join("certificates");
    let of_other = |code, step: &str| {
        let arguments = ["personalise", step, "--slot", "signature", "--yes", "--sim"];
        tenkoku(code, &[&arguments[..], &[&other_image]].concat())
    };
    // Cards of the same seed make the same keys in the same order.
    let pem = other.path().join("key.pem");
    let key = [
        "personalise",
        "key",
        "--slot",
        "signature",
        "--yes",
        "--pin-file",
        "-",
    ];
    let key = [
        &key[..],
        &["--public-key", text(&pem), "--sim", &other_image],
    ]
    .concat();
    tenkoku_with(0, &key, "ABC123");
    assert!(out(&of_other(0, "erase")).contains("signature: erased"));
    let test = [
        "personalise",
        "test",
        "--yes",
        "--sim",
        &other_image,
        "--output",
    ];
    tenkoku(0, &[&test[..], &[text(&certificates)]].concat());
    let certificate = certificates.join("signature.der");
    let authority = certificates.join("signature-ca.der");
    let certify = [
        "certify",
        "--slot",
        "signature",
        "--certificate",
        text(&certificate),
        "--authority",
        text(&authority),
        "--yes",
    ];
    let refused = run(1, &certify, "");
    assert!(err(&refused).contains("another key than the card's; nothing was written"));
    assert!(
        out(&run(0, &["status"], "")).contains("5 presentations of the PIN left, no certificate")
    );

    assert!(out(&of_other(0, "suspend")).contains("signature: suspended"));
    assert!(out(&of_other(0, "resume")).contains("signature: active"));
    assert!(out(&of_other(0, "unblock")).contains("signature: PIN unblocked"));
    assert!(out(&of_other(0, "revoke")).contains("signature: revoked"));
    assert!(err(&of_other(4, "resume")).contains("6985"));
    assert!(out(&of_other(0, "erase")).contains("signature: erased"));
    let status = ["personalise", "status", "--json", "--sim", &other_image];
    let status = tenkoku(0, &status);
    assert!(out(&status).contains("\"schema\": \"tenkoku.personalise.status/1\""));
    assert!(out(&status).contains("\"certificate\": false"));
    // Nobody is asked, nothing is written.
    let unasked = [
        "personalise",
        "erase",
        "--slot",
        "authentication",
        "--sim",
        &other_image,
    ];
    tenkoku(2, &unasked);
}

/// `kill -9` at any moment leaves the old image or the new one, and never a damaged one.
#[test]
#[cfg(unix)]
fn an_image_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let image = with_key(folder.path());
    // Each right presentation writes: the counter goes down, and up again.
    let verify = "0020009B06414243313233\n";
    let script = folder.path().join("endless.apdu");
    std::fs::write(
        &script,
        format!("00A4040C0A{APPLET}\n{}", verify.repeat(5000)),
    )
    .unwrap();
    let exec = ["card", "exec", "--image", &image, "--cap", &cap, "--script"];
    for milliseconds in [1, 3, 7, 15, 25, 40, 60, 90] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
            .args([&exec[..], &[text(&script)]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let check = format!("00A4040C0A{APPLET} => 9000\n0020009B => 63C5 | 63C4\n{verify}");
        tenkoku_with(0, &[&exec[..], &["-"]].concat(), &check);
    }
}
