//! `tenkoku verify`

use crate::failure::Failure;
use crate::{files, output};
use cap_file::api::ApiPackage;
use cap_file::compatibility::{Incompatibility, compare};
use cap_file::verify::{self as rules, Finding, Rule, verify, verify_export_file};
use cap_file::{CapFile, ExportFile, Exports, export_file};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku verify`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenkoku verify wallet.cap --exp exports/
  tenkoku verify lib.cap --exp lib.exp --previous lib-1.0.exp
  tenkoku verify lib.exp
  tenkoku verify --rules")]
pub struct Verify {
    /// The CAP files, and export files to be checked by themselves.
    #[arg(required_unless_present = "rules", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Export files of packages that they import, or folders of such; those of the public API are built in.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Export file of the version before: the package has to be able to take its place. The export file of the
    /// package itself is to be given with `--exp`.
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// Print the rules, with their clauses, and check nothing.
    #[arg(long)]
    pub rules: bool,
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
    /// Why it is neither a CAP file nor an export file.
    error: Option<String>,
    findings: Vec<Finding>,
    /// Findings beyond those that a report lists.
    omitted: usize,
    /// What was linked against the previous version would miss.
    incompatibilities: Vec<Incompatibility>,
}

#[derive(Serialize)]
struct RuleText {
    id: &'static str,
    clause: &'static str,
    /// The standard and its clause.
    citation: String,
    text: &'static str,
}

#[derive(Serialize)]
struct RuleTexts {
    rules: Vec<RuleText>,
}

impl Verify {
    fn print_rules(&self) -> Result<(), Failure> {
        let rules = Rule::ALL.iter().map(|rule| RuleText {
            id: rule.id(),
            clause: rule.clause(),
            citation: rule.citation(),
            text: rule.text(),
        });
        let rules: Vec<RuleText> = rules.collect();
        if self.json {
            return output::print_json("tenkoku.rules/1", &RuleTexts { rules });
        }
        let lines = rules.iter().map(|rule| {
            let RuleText {
                id, citation, text, ..
            } = rule;
            format!("{id}\n    {text} ({citation})\n")
        });
        output::print(&lines.collect::<String>())
    }

    /// Verifies every file; one that is not as it should be does not stop the others.
    ///
    /// # Errors
    /// [`Failure::Refuted`] where a file breaks a rule, [`Failure::Input`] where one cannot be read.
    pub fn run(&self) -> Result<(), Failure> {
        if self.rules {
            return self.print_rules();
        }
        let exports = files::exports(&self.exp)?;
        let previous = self
            .previous
            .as_deref()
            .map(files::export_file)
            .transpose()?;
        let verdicts: Vec<Verdict> = self
            .files
            .iter()
            .map(|file| check(file, &exports, previous.as_ref()))
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

fn check(file: &Path, exports: &Exports, previous: Option<&ApiPackage>) -> Verdict {
    let outcome = files::read(file)
        .map_err(|failure| match failure {
            Failure::Input { cause, .. } => cause,
            other => other.to_string(),
        })
        .and_then(|bytes| {
            if bytes.starts_with(&export_file::MAGIC.to_be_bytes()) {
                export_file(&bytes, previous)
            } else {
                cap_file(&bytes, exports, previous)
            }
        });
    let (error, (report, incompatibilities)) = match outcome {
        Ok(outcome) => (None, outcome),
        Err(error) => (Some(error), Outcome::default()),
    };
    Verdict {
        file: file.to_owned(),
        verified: error.is_none() && report.is_ok() && incompatibilities.is_empty(),
        error,
        findings: report.findings,
        omitted: report.omitted,
        incompatibilities,
    }
}

/// What verification found, and what was linked against the previous version would miss.
type Outcome = (rules::Report, Vec<Incompatibility>);

fn cap_file(
    bytes: &[u8],
    exports: &Exports,
    previous: Option<&ApiPackage>,
) -> Result<Outcome, String> {
    let cap = CapFile::read(bytes).map_err(|error| error.to_string())?;
    let incompatibilities = match previous {
        Some(previous) => compatible(&cap, exports, previous)?,
        None => Vec::new(),
    };
    Ok((verify(&cap, exports), incompatibilities))
}

fn export_file(bytes: &[u8], previous: Option<&ApiPackage>) -> Result<Outcome, String> {
    let file = ExportFile::read(bytes).map_err(|error| error.to_string())?;
    let report = verify_export_file(&file);
    let incompatibilities = match previous {
        Some(previous) => {
            let current = file.to_api().map_err(|error| error.to_string())?;
            compare(previous, &current)
        }
        None => Vec::new(),
    };
    Ok((report, incompatibilities))
}

/// Compares the export file of the package, which is among those given, with that of the version before.
fn compatible(
    cap: &CapFile,
    exports: &Exports,
    previous: &ApiPackage,
) -> Result<Vec<Incompatibility>, String> {
    let own = &cap.header.package;
    match exports
        .find(&own.aid)
        .filter(|known| known.versions.contains(&own.version))
    {
        Some(current) => Ok(compare(previous, current)),
        None => Err(format!(
            "to compare it with the version before, the export file of package {} version {} is wanted (--exp)",
            own.aid, own.version
        )),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for verdict in &report.files {
        let file = verdict.file.display();
        // Writing to a string does not fail.
        let broken = verdict.findings.len() + verdict.incompatibilities.len();
        let _ = match (&verdict.error, broken) {
            (Some(error), _) => writeln!(text, "{file}: {error}"),
            (None, 0) => writeln!(text, "{file}: verified"),
            (None, 1) => writeln!(text, "{file}: 1 broken rule"),
            (None, count) => writeln!(text, "{file}: {count} broken rules"),
        };
        for finding in &verdict.findings {
            let _ = writeln!(text, "  {finding}");
        }
        if verdict.omitted > 0 {
            let _ = writeln!(text, "  and {} more", verdict.omitted);
        }
        for found in &verdict.incompatibilities {
            let _ = writeln!(text, "  {found}");
        }
    }
    text
}
