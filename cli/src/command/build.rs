//! `tenkoku build`

use crate::failure::Failure;
use crate::{files, output};
use cap_file::ExportFile;
use capgen::driver::{Built, CompileError, Fault, Request};
use capgen::ir::{AppletEntry, Program, text};
use capgen::java::{self, JavaFile};
use capgen::opt::Options;
use capgen::package::Target;
use capgen::package::budget::Budget;
use capgen::package::imports::Demand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The arguments of `tenkoku build`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku build applet-model --applet Jpki -o jpki.cap --emit cap,exp,map\n  \
                        tenkoku build wallet --applet Purse --applet Loyalty -o wallet.cap\n\n\
                        Without --applet, the package has the applets that the crate's manifest lists, or else all that the \
                        crate has:\n\n  \
                        [package.metadata.tenkoku]\n  applets = [\"Purse\", \"Loyalty\"]\n\n\
                        A library package, and applets that import it instead of holding a copy:\n\n  \
                        tenkoku build examples/ledger -o ledger.cap\n  \
                        tenkoku build examples/wallet --import ledger.exp -o wallet.cap\n  \
                        tenkoku build examples/ledger --previous ledger-1.0.exp -o ledger.cap    # the next version"
)]
pub struct Build {
    /// The folder of the applet's crate, the one with Cargo.toml.
    #[arg(value_name = "CRATE")]
    pub folder: PathBuf,
    /// A struct that implements `platform::Applet`; several times for a package with several applets.
    #[arg(long, value_name = "NAME")]
    pub applet: Vec<String>,
    /// The CAP file to write. Other outputs lie beside it, with extensions of their own.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The kind of card to build for.
    #[arg(long, default_value = Target::default().name, value_name = "TARGET", value_parser = targets())]
    pub target: Target,
    /// The card has `int`, an option of the virtual machine: a `u32` or `i32` is one value then, else two words. A card
    /// that does not have it refuses the CAP file.
    #[arg(long)]
    pub int: bool,
    /// The form of the CAP file. The extended form has room for more than 64 KB of code; cards read it since Java
    /// Card 3.1 (`--target jc310`).
    #[arg(long, default_value = "compact", value_name = "FORM")]
    pub format: Form,
    /// The export file of a library package that the crate depends on by path: it is imported instead of compiled
    /// again. Several times for several packages. The budget counts what is called there if the package's own
    /// (NAME.budget.json) lies beside NAME.exp.
    #[arg(long, value_name = "EXP")]
    pub import: Vec<PathBuf>,
    /// The export file of the version of this library package before: its tokens are kept, and what was linked
    /// against it has to link against this one, unless the major version is another.
    #[arg(long, value_name = "EXP", conflicts_with = "applet")]
    pub previous: Option<PathBuf>,
    /// What the code is optimised for.
    #[arg(
        short = 'O',
        long = "optimise",
        default_value = "size",
        value_name = "GOAL"
    )]
    pub goal: Goal,
    /// Switches an optimisation off, to see what it does or to find a fault of the compiler. Several with commas.
    #[arg(long, value_name = "PASS", value_parser = passes(), value_delimiter = ',')]
    pub without: Vec<String>,
    /// Gives the CAP file a Debug component: names, and the lines of each class's own file, for tools that know no source map. It
    /// is not sent to the card.
    #[arg(short = 'g', long)]
    pub debug: bool,
    /// What to write: `cap` if nothing else is said, and of a library package `cap,exp`.
    #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
    pub emit: Vec<Emit>,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// What counts where bytes and time pull apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// Few bytes.
    Size,
    /// Few and cheap instructions.
    Speed,
}

impl Goal {
    const fn options(self) -> Options {
        match self {
            Self::Size => Options::ALL,
            Self::Speed => Options::SPEED,
        }
    }
}

/// The form of a CAP file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One block of code of at most 64 KB.
    Compact,
    /// Several blocks of code (CAP format 2.3).
    Extended,
}

/// An output of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Emit {
    /// The CAP file.
    Cap,
    /// The export file.
    Exp,
    /// The intermediate representation, as text.
    Ir,
    /// The source map, as JSON.
    Map,
    /// What the applet asks of a card: a table on the terminal, NAME.budget.json, and NAME.budget.html
    /// with a treemap of the code.
    Budget,
    /// Java Card source that does the same, in the folder NAME-java.
    Java,
}

/// The optimisations that may be switched off.
fn passes() -> PossibleValuesParser {
    PossibleValuesParser::new(Options::SWITCHES.map(|(name, _)| name))
}

/// The targets by name; help lists them with their titles.
fn targets() -> impl TypedValueParser<Value = Target> {
    let value = |target: &Target| PossibleValue::new(target.name).help(target.title);
    let values: Vec<PossibleValue> = Target::all().iter().map(value).collect();
    PossibleValuesParser::new(values).map(|name| Target::named(&name).unwrap_or_default())
}

/// What was written.
#[derive(Serialize)]
struct Report {
    applets: Vec<Module>,
    target: &'static str,
    package: String,
    /// Bytes of the load file: what the card receives.
    load_file_bytes: usize,
    /// Bytes of bytecode.
    code_bytes: usize,
    /// Methods.
    methods: usize,
    /// The imported packages, each in the lowest version that has what is used.
    imports: Vec<Imported>,
    files: Vec<Written>,
    milliseconds: u128,
}

/// An applet of the package.
#[derive(Serialize)]
struct Module {
    /// The Rust struct.
    name: String,
    aid: String,
}

fn modules(program: &Program) -> Vec<Module> {
    let module = |applet: &AppletEntry| Module {
        name: program
            .classes
            .get(applet.class.0)
            .map_or_else(String::new, |class| class.name.clone()),
        aid: hex::encode_upper(&applet.aid),
    };
    program.applets.iter().map(module).collect()
}

#[derive(Serialize)]
struct Imported {
    package: String,
    version: String,
    /// The class or method that demands this version.
    item: String,
    /// Where it is used; absent where no single line names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

fn imported(built: &Built) -> Vec<Imported> {
    let one = |demand: &Demand| Imported {
        package: demand.package.clone(),
        version: demand.version.to_string(),
        item: demand.item.clone(),
        file: demand
            .position
            .and_then(|at| built.sources.file(at.file))
            .map(|file| file.name.clone()),
        line: demand.position.map(|at| at.line),
    };
    built.output.imports.iter().map(one).collect()
}

#[derive(Serialize)]
struct Written {
    kind: Emit,
    file: PathBuf,
    bytes: usize,
}

impl Build {
    /// Compiles and writes.
    ///
    /// # Errors
    /// [`Failure::Source`] where the source is not Card Rust; [`Failure::Input`], [`Failure::Output`].
    pub fn run(&self) -> Result<(), Failure> {
        let start = Instant::now();
        let imports: Vec<ExportFile> = self
            .import
            .iter()
            .map(|path| files::read_exp(path))
            .collect::<Result<_, _>>()?;
        let (budgets, without_budget) = self.budgets(&imports)?;
        let request = Request {
            folder: self.folder.clone(),
            applets: self.applet.clone(),
            imports,
            budgets,
            previous: self.previous.as_deref().map(files::read_exp).transpose()?,
        };
        let target = match self.format {
            Form::Compact => self.target.clone(),
            Form::Extended => self.target.clone().extended().ok_or_else(|| {
                Failure::Usage(format!(
                    "{} reads no extended CAP files, Java Card 3.1 is the first: give --target jc310",
                    self.target.title
                ))
            })?,
        };
        let target = if self.int { target.with_int() } else { target };
        let target = match self.debug {
            true => target.with_debug().ok_or_else(|| {
                Failure::Usage(format!(
                    "CAP files for {} are of format 2.1, which has no Debug component: give --emit cap,map for a source map",
                    self.target.title
                ))
            })?,
            false => target,
        };
        let passes = self.without.iter();
        let options = passes.fold(self.goal.options(), |options, name| options.without(name));
        let built = compile_request(&request, &target, &options)?;
        let emit = match (self.emit.is_empty(), built.program.is_library()) {
            (false, _) => self.emit.as_slice(),
            (true, true) => &[Emit::Cap, Emit::Exp],
            (true, false) => &[Emit::Cap],
        };
        let mut files = Vec::new();
        for kind in Emit::value_variants() {
            if emit.contains(kind) {
                files.extend(self.write(*kind, &built)?);
            }
        }
        let cap = &built.output.cap;
        let load_file = cap
            .load_file(false)
            .map_err(|error| Failure::input("CAP file", error))?;
        let methods = &built.output.map.methods;
        let report = Report {
            applets: modules(&built.program),
            target: target.name,
            package: cap.header.package.aid.to_string(),
            load_file_bytes: load_file.len(),
            code_bytes: methods
                .iter()
                .map(|method| usize::from(method.code_size))
                .sum(),
            methods: methods.len(),
            imports: imported(&built),
            files,
            milliseconds: start.elapsed().as_millis(),
        };
        if self.json {
            return output::print_json("tenkoku.build/2", &report);
        }
        let mut text = String::new();
        for Written { file, bytes, .. } in &report.files {
            text += &format!("{} ({bytes} bytes)\n", file.display());
        }
        for Module { name, aid } in &report.applets {
            text += &format!("applet {name} {aid}\n");
        }
        if built.program.is_library() {
            text += &format!(
                "library {} {}\n",
                built.program.name, cap.header.package.version
            );
        }
        text += &format!(
            "package {} for {}: {} bytes to load, {} of them bytecode in {} methods; {} ms\n",
            report.package,
            report.target,
            report.load_file_bytes,
            report.code_bytes,
            report.methods,
            report.milliseconds
        );
        if emit.contains(&Emit::Budget) {
            text += "\n";
            text += &built.output.budget.text();
        }
        for path in without_budget {
            text += &format!(
                "\n{} is not there: what is called in that package is not counted. Build it with --emit cap,exp,budget.\n",
                path.display()
            );
        }
        output::print(&text)
    }

    /// The budgets beside the export files of imported packages, where they are wanted, and the paths of those that are not there.
    fn budgets(&self, imports: &[ExportFile]) -> Result<(Vec<Budget>, Vec<PathBuf>), Failure> {
        let (mut found, mut lacking) = (Vec::new(), Vec::new());
        if !self.emit.contains(&Emit::Budget) {
            return Ok((found, lacking));
        }
        for (path, file) in self.import.iter().zip(imports) {
            let path = path.with_extension("budget.json");
            if path.exists() {
                found.push(files::read_budget(&path, file)?);
            } else {
                lacking.push(path);
            }
        }
        Ok((found, lacking))
    }

    fn write(&self, kind: Emit, built: &Built) -> Result<Vec<Written>, Failure> {
        let invalid =
            |error: &dyn std::fmt::Display| Failure::input("output of the compiler", error);
        let json = |error: serde_json::Error| invalid(&error);
        let outputs = match kind {
            Emit::Cap => vec![(
                self.output.clone(),
                built.output.cap.write().map_err(|error| invalid(&error))?,
            )],
            Emit::Exp => vec![(
                self.beside("exp"),
                built.output.exp.write().map_err(|error| invalid(&error))?,
            )],
            Emit::Ir => vec![(self.beside("ir"), text::print(&built.program).into_bytes())],
            Emit::Map => vec![(
                self.beside("map"),
                serde_json::to_vec_pretty(&built.output.map).map_err(json)?,
            )],
            Emit::Java => {
                let listing = java::listing(&built.program).map_err(|error| invalid(&error))?;
                let folder = self.java_folder();
                remove_listing(&folder, &listing)?;
                let file = |file: JavaFile| (folder.join(file.path), file.text.into_bytes());
                listing.into_iter().map(file).collect()
            }
            Emit::Budget => {
                let budget = &built.output.budget;
                let html = budget.html().map_err(|error| invalid(&error))?;
                let data = serde_json::to_vec_pretty(budget).map_err(json)?;
                vec![
                    (self.beside("budget.json"), data),
                    (self.beside("budget.html"), html.into_bytes()),
                ]
            }
        };
        let mut written = Vec::new();
        for (file, bytes) in outputs {
            files::write(&file, &bytes)?;
            written.push(Written {
                kind,
                file,
                bytes: bytes.len(),
            });
        }
        Ok(written)
    }

    fn java_folder(&self) -> PathBuf {
        let stem = self.output.file_stem().unwrap_or_default();
        let mut name = stem.to_os_string();
        name.push("-java");
        self.output.with_file_name(name)
    }

    fn beside(&self, extension: &str) -> PathBuf {
        self.output.with_extension(extension)
    }
}

/// Takes away what a listing before left in the folders of this one: classes that are gone would still be compiled.
fn remove_listing(folder: &Path, listing: &[JavaFile]) -> Result<(), Failure> {
    let folders: BTreeSet<PathBuf> = listing
        .iter()
        .filter_map(|file| Some(folder.join(&file.path).parent()?.to_path_buf()))
        .collect();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let unreadable = |error| Failure::input(folder.display(), error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let is_java = path
                .extension()
                .is_some_and(|extension| extension == "java");
            // Nobody else's file is touched.
            if is_java && files::read(&path)?.starts_with(java::FIRST_WORDS.as_bytes()) {
                std::fs::remove_file(&path).map_err(unreadable)?;
            }
        }
    }
    Ok(())
}

/// Compiles an applet.
///
/// # Errors
/// [`Failure::Source`] where the source is not Card Rust; [`Failure::Input`].
pub fn compile(folder: &Path, applet: &str, target: &Target) -> Result<Built, Failure> {
    compile_request(&Request::applet(folder, applet), target, &Options::ALL)
}

fn compile_request(
    request: &Request,
    target: &Target,
    options: &Options,
) -> Result<Built, Failure> {
    request.build(target, options).map_err(|error| match error {
        CompileError::Source(diagnostics) => {
            let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            Failure::Source(diagnostics.render(color))
        }
        CompileError::Fault(fault) => reported(&fault, Path::new("")),
        other => Failure::input(request.folder.display(), other),
    })
}

/// Writes what is needed to find a fault of the compiler, and tells of it.
fn reported(fault: &Fault, parent: &Path) -> Failure {
    let folder = parent.join(format!("tenkoku-fault-{}", fault.package));
    for (name, bytes) in fault.files() {
        if let Err(failure) = files::write(&folder.join(name), &bytes) {
            return failure;
        }
    }
    Failure::input(
        &fault.package,
        format!(
            "{fault}\nThis is a fault of tenkoku, not of the source; no file was compiled. What is needed to find it is in {}: \
             please report it with that folder. The program is in it in intermediate form; look whether you may pass that on.",
            folder.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use capgen::ir::text;

    #[test]
    fn a_fault_leaves_a_folder_to_report() {
        let program = include_str!("../../../capgen/tests/backend/counter.ir");
        let mut program = text::parse(program).unwrap();
        program
            .functions
            .iter_mut()
            .for_each(|function| function.blocks.clear());
        let target = Target::default();
        let error = capgen::package::build(&program, &target).unwrap_err();
        let fault = Fault::of_backend(error, &program, &target, &Options::ALL).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let told = reported(&fault, folder.path()).to_string();
        assert!(
            told.contains("a fault of tenkoku, not of the source"),
            "{told}"
        );
        let left = folder
            .path()
            .join(format!("tenkoku-fault-{}", program.name));
        let report = std::fs::read_to_string(left.join("report.txt")).unwrap();
        assert!(report.contains("invalid IR"), "{report}");
        assert!(left.join("program.ir").exists());
    }
}
