//! `tenkoku man`

use crate::arguments;
use crate::failure::Failure;
use clap::Args;
use std::path::PathBuf;

/// The arguments of `tenkoku man`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tenkoku man ~/.local/share/man/man1")]
pub struct Man {
    /// The folder that the pages are written to.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

impl Man {
    /// Writes a page for every command.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn run(&self) -> Result<(), Failure> {
        let failed = |cause| Failure::Output {
            subject: self.folder.display().to_string(),
            cause,
        };
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        clap_mangen::generate_to(arguments::command(), &self.folder).map_err(failed)
    }
}
