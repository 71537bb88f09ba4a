//! `tenkoku asm`

use crate::failure::Failure;
use crate::{files, output};
use cap_file::asm::assemble;
use cap_file::verify::verify;
use clap::Args;
use std::path::PathBuf;

/// The arguments of `tenkoku asm`.
#[derive(Args, Debug)]
#[command(after_help = "\
The text is what `tenkoku dump` prints; `cap_file::dump` describes it. What follows from the rest may be left out:
the reference locations, the lengths of methods, the directory. A constant may have a name in front, `get: virtual
javacard/framework/APDU getBuffer()[B`, which the code then uses: `invokevirtual $get`.

Example:
  tenkoku dump wallet.cap > wallet.txt
  tenkoku asm wallet.txt -o again.cap")]
pub struct Asm {
    /// The text, `-` for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The CAP file to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Export files of packages that it imports, or folders of such, for names.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Verify the file before it is written, and write none that does not verify.
    #[arg(long)]
    pub verify: bool,
}

impl Asm {
    /// Reads the text and writes the file.
    ///
    /// # Errors
    /// [`Failure::Input`] with the line that is not understood; [`Failure::Refuted`] with `--verify`.
    pub fn run(&self) -> Result<(), Failure> {
        let exports = files::exports(&self.exp)?;
        let text = files::read_text(&self.file)?;
        let invalid = |error: &dyn std::fmt::Display| Failure::input(self.file.display(), error);
        let cap = assemble(&text, &exports).map_err(|error| invalid(&error))?;
        if self.verify {
            let report = verify(&cap, &exports);
            if !report.is_ok() {
                output::print(&report.to_string())?;
                let count = report.findings.len();
                return Err(Failure::Refuted(format!(
                    "{count} broken rules; nothing was written"
                )));
            }
        }
        let bytes = cap.write().map_err(|error| invalid(&error))?;
        files::write(&self.output, &bytes)
    }
}
