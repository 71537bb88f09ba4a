//! Developer chores: `cargo xtask demo` and `cargo xtask test`.
//!
//! It stands on the standard library and `clap` alone, so that it starts on a machine that has nothing but
//! Rust yet, and installs there what the rest needs.

mod packages;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Developer chores.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Compile the JPKI applet, load it onto a card, personalise it, sign, and check every step.
    ///
    /// The card is a simulated one; with `--reader NAME` it is the one in that reader, and you are asked before
    /// anything is written to it. All options are those of `tenkoku demo`.
    Demo {
        /// Do not install what is missing on this machine.
        #[arg(long)]
        no_install: bool,
        /// Options of `tenkoku demo`: `--reader NAME`, `--keys FILE`, `--dry-run`, `--yes`, `--seed N`, `--json`.
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "OPTIONS"
        )]
        options: Vec<String>,
    },
    /// Run a fuzzer: `cargo xtask fuzz verify --time 8h`.
    ///
    /// The fuzzers are those of the crate `fuzz`; they start from a seed and count what they have run.
    Fuzz {
        /// Name and options: `verify --time 8h --seed 1`.
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<String>,
    },
    /// Compile random programs and compare what they do: `cargo xtask random --programs 100000`.
    ///
    /// Programs of the compiler's intermediate form go through its interpreter and, compiled, the simulated card; with
    /// `--rust` they are applets in Card Rust, which rustc compiles too, and power fails at each of their writes. The end says
    /// how many ran; a program that differs is printed with its seed, and `--seed SEED --programs 1` repeats it.
    Random {
        /// How many programs.
        #[arg(long, default_value_t = 10_000, value_name = "N")]
        programs: u64,
        /// The first seed; the next programs have the next ones.
        #[arg(long, default_value_t = 1, value_name = "SEED")]
        seed: u64,
        /// Card Rust, compiled by rustc too.
        #[arg(long)]
        rust: bool,
    },
    /// Run every test of the workspace, those that need a smart card service included.
    Test {
        /// Do not install what is missing on this machine.
        #[arg(long)]
        no_install: bool,
        /// Arguments for `cargo test`: a filter, `-p CRATE` instead of the whole workspace, `-- --nocapture`.
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "ARGUMENTS"
        )]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().chore) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<ExitCode, String> {
    match chore {
        Chore::Demo {
            no_install,
            options,
        } => {
            if !no_install {
                packages::install(packages::BUILD)?;
            }
            let mut cargo = cargo()?;
            cargo
                .args(["run", "--quiet", "--package", "tenkoku", "--", "demo"])
                .args(options);
            eprintln!("building; the first time takes some minutes");
            status(&mut cargo)
        }
        Chore::Fuzz { arguments } => {
            let mut cargo = cargo()?;
            cargo
                .args(["run", "--quiet", "--release", "--package", "fuzz", "--"])
                .args(arguments);
            status(&mut cargo)
        }
        Chore::Random {
            programs,
            seed,
            rust,
        } => {
            println!("{programs} programs from seed {seed} on");
            let (test, name) = if rust {
                ("random", "rust_interpreter_and_card_agree")
            } else {
                ("backend_random", "card_and_interpreter_agree")
            };
            let mut cargo = cargo()?;
            cargo
                .args(["test", "--release", "--package", "capgen", "--test", test])
                .args(["--", name, "--nocapture"])
                .env("RANDOM_PROGRAMS", programs.to_string())
                .env("RANDOM_SEED", seed.to_string());
            status(&mut cargo)
        }
        Chore::Test {
            no_install,
            arguments,
        } => {
            if !no_install {
                packages::install(packages::BUILD)?;
                packages::install(packages::TEST)?;
            }
            let mut cargo = cargo()?;
            cargo.arg("test");
            let chosen = ["-p", "--package", "--workspace"];
            if !arguments
                .iter()
                .any(|argument| chosen.contains(&argument.as_str()))
            {
                cargo.arg("--workspace");
            }
            cargo.args(arguments);
            status(&mut cargo)
        }
    }
}

/// Cargo, in the root of the workspace.
fn cargo() -> Result<Command, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let root = root.ok_or("this crate has no folder above it")?;
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.current_dir(root);
    Ok(command)
}

/// Runs a command to its end and passes its exit code on.
fn status(command: &mut Command) -> Result<ExitCode, String> {
    let status = command
        .status()
        .map_err(|error| format!("cannot run {command:?}: {error}"))?;
    Ok(match status.code() {
        Some(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        None => ExitCode::FAILURE,
    })
}
