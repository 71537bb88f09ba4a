//! `tenkoku completions`

use crate::arguments;
use crate::failure::Failure;
use crate::output;
use clap::Args;
use clap_complete::Shell;

/// The arguments of `tenkoku completions`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  tenkoku completions bash > ~/.local/share/bash-completion/completions/tenkoku"
)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

impl Completions {
    /// Prints the script.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut arguments::command(),
            "tenkoku",
            &mut script,
        );
        output::print(&String::from_utf8_lossy(&script))
    }
}
