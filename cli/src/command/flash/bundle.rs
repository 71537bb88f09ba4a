//! The bundle to attach to a report of a fault: what was tried on which card, without any secret.

use super::Case;
use crate::failure::Failure;
use crate::files;
use loader::Trace;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    tenkoku: &'static str,
    system: String,
    #[serde(flatten)]
    case: &'a Case,
    /// The error and its causes, outermost first; empty where all went well.
    errors: Vec<String>,
    exit_status: u8,
}

/// Writes the bundle: `report.json`, and the commands and answers in `apdus.txt`.
///
/// # Errors
/// [`Failure::Output`].
pub(super) fn write(
    file: &Path,
    case: &Case,
    trace: &Trace,
    result: &Result<(), Failure>,
) -> Result<(), Failure> {
    let report = Report {
        schema: "tenkoku.flash-report/1",
        tenkoku: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        case,
        errors: result.as_ref().err().map(chain).unwrap_or_default(),
        exit_status: result.as_ref().err().map_or(0, Failure::exit_code),
    };
    let report =
        serde_json::to_string_pretty(&report).map_err(|error| Failure::input("report", error))?;
    let failed = |cause: zip::result::ZipError| Failure::Output {
        subject: file.display().to_string(),
        cause: cause.into(),
    };
    let bytes =
        archive(&[("report.json", &report), ("apdus.txt", &apdus(trace))]).map_err(failed)?;
    files::write(file, &bytes)?;
    sayln!(
        "wrote {}: keys, cryptograms and protected data are not in it",
        file.display()
    );
    Ok(())
}

fn chain(failure: &Failure) -> Vec<String> {
    let mut errors = vec![failure.to_string()];
    let mut next = std::error::Error::source(failure);
    while let Some(error) = next {
        let text = error.to_string();
        if errors.last() != Some(&text) {
            errors.push(text);
        }
        next = error.source();
    }
    errors
}

fn apdus(trace: &Trace) -> String {
    let mut text = String::from("# What may be secret is replaced by its length.\n");
    for exchange in trace.exchanges() {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "> {}\n< {}  # {} us",
            exchange.command, exchange.response, exchange.microseconds
        );
    }
    text
}

fn archive(members: &[(&str, &str)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        archive.start_file(*name, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
