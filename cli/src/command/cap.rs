//! `tenkoku cap`

use crate::failure::Failure;
use crate::{files, output};
use cap_file::api::ApiPackage;
use cap_file::compatibility::{Incompatibility, compare};
use cap_file::info;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The arguments of `tenkoku cap`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku cap info jpki.cap\n  tenkoku cap compare lib-1.0.exp lib-1.1.exp"
)]
pub struct Cap {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What to do with CAP and export files.
#[derive(Subcommand, Debug)]
pub enum What {
    /// Tell what a CAP file is and what it demands of a card.
    Info(Info),
    /// Tell whether a new version of a package can take the place of an old one, by their export files.
    Compare(Compare),
}

/// The arguments of `tenkoku cap info`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  tenkoku cap info jpki.cap --json")]
pub struct Info {
    /// The CAP file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Export files of packages that it imports, or folders of such.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub exp: Vec<PathBuf>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `tenkoku cap compare`.
#[derive(Args, Debug)]
#[command(after_help = "\
With the same major version, whatever was linked against the old package has to work with the new one (JCVM §4.4).

Example:
  tenkoku cap compare lib-1.0.exp lib-1.1.exp")]
pub struct Compare {
    /// Export file of the old version.
    #[arg(value_name = "OLD.exp")]
    pub old: PathBuf,
    /// Export file of the new version.
    #[arg(value_name = "NEW.exp")]
    pub new: PathBuf,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

impl Cap {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure::Input`] where a file is none, [`Failure::Refuted`] where versions are incompatible.
    pub fn run(&self) -> Result<(), Failure> {
        match &self.what {
            What::Info(info) => info.run(),
            What::Compare(compare) => compare.run(),
        }
    }
}

impl Info {
    fn run(&self) -> Result<(), Failure> {
        let exports = files::exports(&self.exp)?;
        let cap = files::read_cap(&self.file)?;
        let summary =
            info(&cap, &exports).map_err(|error| Failure::input(self.file.display(), error))?;
        if self.json {
            output::print_json("tenkoku.cap-info/1", &summary)
        } else {
            output::print(&summary.to_string())
        }
    }
}

#[derive(Serialize)]
struct Comparison {
    package: String,
    old: String,
    new: String,
    compatible: bool,
    incompatibilities: Vec<Incompatibility>,
}

impl Comparison {
    fn new(old: &ApiPackage, new: &ApiPackage) -> Self {
        let incompatibilities = compare(old, new);
        Self {
            package: old.name.clone(),
            old: old.newest().to_string(),
            new: new.newest().to_string(),
            compatible: incompatibilities.is_empty(),
            incompatibilities,
        }
    }

    fn text(&self) -> String {
        let verdict = if self.compatible {
            "compatible"
        } else {
            "incompatible"
        };
        let mut text = format!("{} {} to {}: {verdict}\n", self.package, self.old, self.new);
        for found in &self.incompatibilities {
            text.push_str(&format!("  {found}\n"));
        }
        text
    }
}

impl Compare {
    fn run(&self) -> Result<(), Failure> {
        let comparison = Comparison::new(&package(&self.old)?, &package(&self.new)?);
        if self.json {
            output::print_json("tenkoku.cap-compare/1", &comparison)?;
        } else {
            output::print(&comparison.text())?;
        }
        if comparison.compatible {
            return Ok(());
        }
        let count = comparison.incompatibilities.len();
        Err(Failure::Refuted(format!("{count} incompatibilities")))
    }
}

fn package(path: &Path) -> Result<ApiPackage, Failure> {
    files::export_file(path)
}
