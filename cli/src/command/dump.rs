//! `tenkoku dump`

use crate::failure::Failure;
use crate::{files, output};
use clap::Args;
use std::path::PathBuf;

/// The arguments of `tenkoku dump`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  tenkoku dump jpki.cap > jpki.txt\n  tenkoku asm jpki.txt -o again.cap"
)]
pub struct Dump {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Export files of packages that it imports, or folders of such, for names.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
}

impl Dump {
    /// Prints the file.
    ///
    /// # Errors
    /// [`Failure::Input`].
    pub fn run(&self) -> Result<(), Failure> {
        let exports = files::exports(&self.exp)?;
        let cap = files::read_cap(&self.file)?;
        output::print(&cap_file::dump(&cap, &exports))
    }
}
