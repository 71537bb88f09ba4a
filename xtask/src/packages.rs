//! System packages: which are needed, what for, and how they get there.

use std::path::Path;
use std::process::{Command, Stdio};

/// A package of Debian and Ubuntu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    name: &'static str,
    why: &'static str,
}

const fn package(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

/// What building takes.
pub(crate) const BUILD: &[Package] = &[
    package("libpcsclite-dev", "to reach card readers"),
    package("pkg-config", "to find that library"),
];

/// What the tests of the PC/SC path take besides.
pub(crate) const TEST: &[Package] = &[
    package("pcscd", "the smart card service"),
    package("vsmartcard-vpcd", "a virtual reader for the simulated card"),
    package("opensc", "a foreign client to sign with"),
    package("openssl", "to check the signatures that OpenSC makes"),
    package("softhsm2", "a PKCS #11 token, for keys that never leave it"),
    package(
        "iproute2",
        "to run a smart card service of its own for each test",
    ),
    package("util-linux", "for the same"),
];

/// Installs those that are missing, and says which and why. Where the system has another way to install, or
/// smart cards are a part of it, it says so and does nothing.
pub(crate) fn install(packages: &[Package]) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        // macOS and Windows have PC/SC, and no virtual reader: tests that want one say that they are skipped.
        return Ok(());
    }
    if !Path::new("/usr/bin/dpkg-query").exists() {
        let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
        eprintln!(
            "note: this is no Debian or Ubuntu; if the build or a test lacks something, install what is called here: {}",
            names.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&Package> = packages
        .iter()
        .filter(|package| !is_installed(package.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing with apt-get:");
    for Package { name, why } in &missing {
        eprintln!("  {name}, {why}");
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let command = format!(
        "apt-get install -y --no-install-recommends {}",
        names.join(" ")
    );
    apt_get(&["update", "-q"]).map_err(|error| advise(&error, &command))?;
    let arguments = [
        &["install", "-q", "-y", "--no-install-recommends"][..],
        &names,
    ]
    .concat();
    apt_get(&arguments).map_err(|error| advise(&error, &command))
}

fn advise(error: &str, command: &str) -> String {
    format!("{error}. Install them yourself (`{command}`), or go on without them by --no-install")
}

fn is_installed(name: &str) -> bool {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f=${db:Status-Status}", name])
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|output| output.status.success() && output.stdout == b"installed")
}

/// Runs `apt-get`, through `sudo` where this is not root.
fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    let status = command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Standard output belongs to the chore.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run {:?}: {error}", command.get_program()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!(
            "apt-get {} failed",
            arguments.first().unwrap_or(&"")
        ))
    }
}

/// Whether this process may do everything; `id` is part of every system.
fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
