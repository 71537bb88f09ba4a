//! Running one test of the test program again, inside fresh namespaces.

use crate::service::{DRIVER, PCSCD, Service};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Set in the environment of the program inside.
const INSIDE: &str = "TENKOKU_HARDWARE_TEST_INSIDE";

/// What must be there: programs, and what Debian's package for them is called.
const NEEDED: &[(&str, &str)] = &[
    (PCSCD, "pcscd"),
    (DRIVER, "vsmartcard-vpcd"),
    ("/usr/bin/unshare", "util-linux"),
    ("/usr/bin/pkcs11-tool", "opensc"),
    ("/usr/bin/pkcs15-tool", "opensc"),
    ("/usr/bin/openssl", "openssl"),
];

/// Runs `test` with a smart card service of its own. `name` is the path of the test function in its test program,
/// as `cargo test` prints it.
///
/// Where something is missing that this takes, the test says so and is passed over; in CI (`CI=true`) it fails.
///
/// # Panics
/// Where the test does, or the sandbox cannot be set up.
pub fn in_sandbox(name: &str, test: impl FnOnce(&mut Service)) {
    if std::env::var_os(INSIDE).is_some() {
        let mut service = Service::start();
        test(&mut service);
        return;
    }
    if let Some(reason) = missing() {
        assert!(std::env::var_os("CI").is_none(), "{name}: {reason}");
        eprintln!("SKIPPED {name}: {reason}");
        return;
    }
    let program =
        std::env::current_exe().unwrap_or_else(|error| panic!("the test's own program: {error}"));
    let mut command = Command::new("/usr/bin/unshare");
    command.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    // What commands keep goes with the sandbox.
    command.env("TENKOKU_STATE", "/run/tenkoku-state");
    let arguments: [OsString; 5] = [
        program.into(),
        "--exact".into(),
        name.into(),
        "--nocapture".into(),
        "--test-threads=1".into(),
    ];
    let output = command
        .args(arguments)
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("unshare: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}, inside:\n{text}\n{errors}");
    // A name that fits no test would pass, too.
    assert!(
        text.contains("1 passed"),
        "{name}: no test of this name ran inside:\n{text}"
    );
}

fn missing() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("the virtual reader is for Linux; use a card in a reader".to_owned());
    }
    let absent: Vec<&str> = NEEDED
        .iter()
        .filter(|(path, _)| !Path::new(path).exists())
        .map(|(_, package)| *package)
        .collect();
    if absent.is_empty() {
        return None;
    }
    Some(format!(
        "not installed: {}; `cargo xtask test` installs them",
        absent.join(", ")
    ))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
