//! Rust itself: a crate of a test's own, built by cargo and run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where such a crate lies. Its path stays the same from run to run, so that what it depends on is built once; a process that
/// finds it taken takes the next one.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// Held for as long as the place is taken.
    _lock: File,
}

impl Place {
    pub(crate) fn of(name: &str) -> Self {
        for number in 0.. {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{number}"));
            fs::create_dir_all(folder.join("src")).unwrap();
            let lock = File::create(folder.join("lock")).unwrap();
            if lock.try_lock().is_ok() {
                // The versions that everything else is built with.
                let versions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
                fs::copy(versions, folder.join("Cargo.lock")).unwrap();
                fs::write(folder.join("Cargo.toml"), manifest(name)).unwrap();
                return Self {
                    folder,
                    _lock: lock,
                };
            }
        }
        unreachable!("one place more than there are processes is free")
    }

    /// Writes a file of the crate.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join("src").join(name), text).unwrap();
    }

    /// Builds the crate's program, with these arguments for cargo; what the program is told is up to the caller.
    ///
    /// # Panics
    /// If rustc refuses it.
    pub(crate) fn build(&self, name: &str, arguments: &[&str]) -> Command {
        let target = self.folder.join("target");
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--offline", "--manifest-path"])
            .arg(self.folder.join("Cargo.toml"))
            .args(arguments)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        succeeded(&output);
        Command::new(target.join("debug").join(name))
    }
}

/// What a program has written.
///
/// # Panics
/// If it failed.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    succeeded(&output);
    String::from_utf8(output.stdout).unwrap()
}

fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "in Rust:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a generated program looks like is nobody's concern; one that overflows is a panic at run time.
fn manifest(name: &str) -> String {
    let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [workspace]\n\
         [dependencies]\nheapless = \"0.8\"\nplatform = {{ path = {platform:?}, features = [\"host\"] }}\n\
         [profile.dev]\ndebug = 0\nincremental = false\n\
         [lints.rust]\nwarnings = \"allow\"\narithmetic_overflow = \"allow\"\nunconditional_panic = \"allow\"\n"
    )
}
