//! `tenkoku card`

pub mod debug;
pub mod exec;
pub mod profiles;
pub mod serve;

use crate::failure::Failure;
use crate::output;
use clap::{Args, Subcommand};

/// The arguments of `tenkoku card`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku card exec --cap jpki.cap --install D392F000260100000001 --script session.apdu\n  tenkoku card serve --image card.image\n  tenkoku card profiles j3r180\n  tenkoku card api    what of the Java Card API is there"
)]
pub struct Card {
    /// What to do with the card.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do with a simulated card.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send commands to it.
    Exec(exec::Exec),
    /// Let an editor step through the applet's source while its bytecode runs (Debug Adapter Protocol).
    Debug(debug::Debug),
    /// Put it into the virtual PC/SC reader (vpcd).
    Serve(serve::Serve),
    /// Print the kinds of cards that `--profile` takes, with their sizes and what they do in their own way.
    Profiles(profiles::Profiles),
    /// Print which classes and algorithms of the Java Card API it has, as Markdown.
    Api,
}

impl Card {
    /// Carries it out.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.command {
            Command::Exec(exec) => exec.run(),
            Command::Debug(debug) => debug.run(),
            Command::Serve(serve) => serve.run(),
            Command::Profiles(profiles) => profiles.run(),
            Command::Api => output::print(&card_sim::api::support::markdown()),
        }
    }
}
