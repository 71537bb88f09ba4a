//! `tenkoku verify`

use crate::failure::Failure;
use crate::{files, output};
use cap_file::verify::{Finding, verify};
use cap_file::{CapFile, Exports};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku verify`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tenkoku verify wallet.cap --exp exports/")]
pub struct Verify {
    /// The CAP files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Export files of packages that they import, or folders of such; those of the public API are built in.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// The verdict on every file.
#[derive(Serialize)]
struct Report {
    files: Vec<Verdict>,
}

#[derive(Serialize)]
struct Verdict {
    file: PathBuf,
    verified: bool,
    /// Why it is no CAP file at all.
    error: Option<String>,
    findings: Vec<Finding>,
}

impl Verify {
    /// Verifies every file; one that is not as it should be does not stop the others.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where a file breaks a rule, [`Failure::Input`] where one cannot be read.
    pub fn run(&self) -> Result<(), Failure> {
        let exports = files::exports(&self.exp)?;
        let verdicts: Vec<Verdict> = self
            .files
            .iter()
            .map(|file| check(file, &exports))
            .collect();
        let report = Report { files: verdicts };
        if self.json {
            output::print_json("tenkoku.verify/1", &report)?;
        } else {
            output::print(&text(&report))?;
        }
        let bad = report
            .files
            .iter()
            .filter(|verdict| !verdict.verified)
            .count();
        let unreadable = report.files.iter().find_map(|verdict| {
            verdict
                .error
                .as_ref()
                .map(|error| Failure::input(verdict.file.display(), error))
        });
        match unreadable {
            Some(failure) => Err(failure),
            None if bad > 0 => Err(Failure::Refuted(format!(
                "{bad} of {} files do not verify",
                report.files.len()
            ))),
            None => Ok(()),
        }
    }
}

fn check(file: &Path, exports: &Exports) -> Verdict {
    let read = files::read(file)
        .map_err(|failure| match failure {
            Failure::Input { cause, .. } => cause,
            other => other.to_string(),
        })
        .and_then(|bytes| CapFile::read(&bytes).map_err(|error| error.to_string()));
    let (error, findings) = match read {
        Ok(cap) => (None, verify(&cap, exports).findings),
        Err(error) => (Some(error), Vec::new()),
    };
    Verdict {
        file: file.to_owned(),
        verified: error.is_none() && findings.is_empty(),
        error,
        findings,
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for verdict in &report.files {
        let file = verdict.file.display();
        // Writing to a string does not fail.
        let _ = match (&verdict.error, verdict.findings.len()) {
            (Some(_), _) => writeln!(text, "{file}: no CAP file"),
            (None, 0) => writeln!(text, "{file}: verified"),
            (None, 1) => writeln!(text, "{file}: 1 broken rule"),
            (None, count) => writeln!(text, "{file}: {count} broken rules"),
        };
        for finding in &verdict.findings {
            let _ = writeln!(text, "  {finding}");
        }
    }
    text
}
