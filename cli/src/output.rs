//! Standard output.

use crate::failure::Failure;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Writes a text to standard output. Whoever reads it may stop reading: that is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(Failure::Output {
            subject: "standard output".to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}

/// A report for machines: the members of `report` behind `"schema": "tenkoku.NAME/VERSION"`.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: &'a str,
    #[serde(flatten)]
    report: &'a T,
}

/// Writes a report as JSON on one line, after events of one line each.
pub(crate) fn print_json_line<T: Serialize>(schema: &str, report: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(&Versioned { schema, report })
        .map_err(|error| Failure::input("report", error))?;
    print(&(text + "\n"))
}

/// Writes a report as JSON. `schema` is its name and version, `tenkoku.verify/1`; the version counts up
/// when a member changes its meaning or goes away.
pub(crate) fn print_json<T: Serialize>(schema: &str, report: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&Versioned { schema, report })
        .map_err(|error| Failure::input("report", error))?;
    print(&(text + "\n"))
}
