//! The command line: one definition for parsing, help, man pages and completions.

use crate::command::{
    build::Build, card::Card, completions::Completions, conform::Conform, delete::Delete,
    demo::Demo, dump::Dump, explain::Explain, flash::Flash, list::List, man::Man, new::New,
    personalise::Personalise, readers::Readers, spec::Spec, tear::Tear, trace::Trace,
    verify::Verify,
};
use crate::failure::EXIT_CODES;
use clap::{Parser, Subcommand};

/// Builds, verifies, simulates, flashes and tests Java Card applets written in Rust.
#[derive(Debug, Parser)]
#[command(name = "tenkoku", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the crate of a new applet, with its tests and a README that says how to go on.
    New(New),
    /// Compile an applet crate to a CAP file.
    Build(Build),
    /// Check CAP files against the rules of the virtual machine.
    Verify(Verify),
    /// Show a CAP file as text.
    Dump(Dump),
    /// Run a simulated card.
    Card(Card),
    /// Cut the power at every persistent write of every command of a script, and check the card after each cut.
    Tear(Tear),
    /// Show every instruction that a simulated card executes, with its stack and source line.
    Trace(Trace),
    /// List what is on a card.
    List(List),
    /// Load a CAP file onto a card and install its applets.
    Flash(Flash),
    /// Delete applications and packages from a card.
    Delete(Delete),
    /// Personalise a JPKI applet: PINs, keys made on the card, certificates, and a slot's life.
    Personalise(Personalise),
    /// List the smart card readers.
    Readers(Readers),
    /// Run the conformance vectors.
    Conform(Conform),
    /// Tell an APDU in words.
    Explain(Explain),
    /// Print the command table of the JPKI applet as Markdown.
    Spec(Spec),
    /// Go the whole road: compile the JPKI applet, load it, personalise it, sign, and check every step.
    Demo(Demo),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Write man pages.
    Man(Man),
}
