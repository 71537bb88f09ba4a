//! From a crate's folder to a CAP file.

mod fault;
mod lacks;
mod libraries;
mod reader;

use std::path::{Path, PathBuf};

use cap_file::ExportFile;
use cap_file::verify::{Exports, verify};

use crate::codegen::BackendError;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::front::define::StructId;
use crate::front::lower::{self, Whole};
use crate::front::resolve::Context;
use crate::front::ty::TypeKey;
use crate::ir;
use crate::opt::Options;
use crate::package::budget::Budget;
use crate::package::{self, Output, Target};
use crate::source::{CrateError, Sources};

pub use fault::Fault;
pub use libraries::LibraryError;
pub use reader::Reader;

/// Why a package could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The crate could not be read.
    #[error(transparent)]
    Crate(#[from] CrateError),
    /// The source is not Card Rust.
    #[error("{0}")]
    Source(Box<Diagnostics>),
    /// The target lacks something, or the package is too large.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A check of the compiler's own result failed: a fault of the compiler, not of the source.
    #[error(transparent)]
    Fault(Box<Fault>),
    /// The library packages do not go together.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// There is neither an applet nor a library package.
    #[error(
        "this crate has no applet: nothing in it implements `platform::Applet`; a library package has \
         `[package.metadata.tenkoku.library]` with its `aid` in its manifest"
    )]
    NothingToBuild,
    /// One applet is asked for twice.
    #[error("applet `{0}` is named twice")]
    Repeated(String),
    /// There is no such applet.
    #[error("no applet `{wanted}` in this crate: {}", known(.found))]
    NoApplet {
        /// The name asked for.
        wanted: String,
        /// The applets that there are.
        found: Vec<String>,
    },
}

/// A package, compiled.
#[derive(Debug)]
pub struct Built {
    /// CAP file, export file and source map.
    pub output: Output,
    /// The package's IR.
    pub program: ir::Program,
    /// The sources that [`ir::Position`]s point into.
    pub sources: Sources,
}

/// What to compile.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The folder of the crate.
    pub folder: PathBuf,
    /// The applets of the package: structs that implement `platform::Applet`; upper and lower case do not
    /// matter. Without any: those that the manifest lists as `applets` in `[package.metadata.tenkoku]`, or else
    /// all that the crate has. A crate whose manifest has `[package.metadata.tenkoku.library]` is a library
    /// package instead.
    pub applets: Vec<String>,
    /// Export files of library packages: the crates that these are of, by path dependencies, are imported
    /// instead of compiled again.
    pub imports: Vec<ExportFile>,
    /// Budgets of the packages that are imported: what is called there is counted then.
    pub budgets: Vec<Budget>,
    /// The export file of the version of this library package before: its tokens are kept, and what was linked
    /// against it must link against this one, unless the major version is another.
    pub previous: Option<ExportFile>,
}

impl Request {
    /// A package with one applet.
    #[must_use]
    pub fn applet(folder: &Path, applet: &str) -> Self {
        Self {
            folder: folder.to_path_buf(),
            applets: vec![applet.to_owned()],
            ..Self::default()
        }
    }

    /// Compiles. The same source gives the same bytes.
    ///
    /// # Errors
    /// As [`Request::lower`], and if the target does not have what the package needs, or the compiler made a
    /// file that does not verify.
    pub fn build(&self, target: &Target, options: &Options) -> Result<Built, CompileError> {
        let Lowered { program, sources } = self.lower_for(target)?;
        let output = match package::build_importing(&program, target, options, &self.budgets) {
            Ok(output) => output,
            Err(BackendError::NotOnTarget(lacks))
                if lacks.iter().any(|lack| lack.position.is_some()) =>
            {
                let list = lacks
                    .iter()
                    .filter_map(|lack| lacks::diagnostic(lack, &sources));
                return Err(source_error(list.collect(), sources));
            }
            Err(error) => {
                let fault = Fault::of_backend(error, &program, target, options)?;
                return Err(CompileError::Fault(Box::new(fault)));
            }
        };
        let output = checked(output, &program, target, options)?;
        Ok(Built {
            output,
            program,
            sources,
        })
    }

    /// Compiles to IR for the default target.
    ///
    /// # Errors
    /// As [`Request::lower_for`].
    pub fn lower(&self) -> Result<Lowered, CompileError> {
        self.lower_for(&Target::default())
    }

    /// Compiles to IR: of the target counts whether it has `int`, and `APDU.getIncomingLength`.
    ///
    /// # Errors
    /// If the crate cannot be read, has no such applet, or is not Card Rust.
    pub fn lower_for(&self, target: &Target) -> Result<Lowered, CompileError> {
        let Reader { mut context, .. } = Reader::open(&self.folder, target)?;
        for file in &self.imports {
            libraries::import(&mut context, file)?;
        }
        let previous = self.previous.as_ref().map(libraries::read).transpose()?;
        let library = context.manifests[0].library.clone();
        let lowered = match library.filter(|_| self.applets.is_empty()) {
            Some(library) => {
                libraries::without_applets(&context, &applets(&context))?;
                lower::lower(
                    &context,
                    &Whole::Library(&library),
                    previous.as_ref(),
                    target.int,
                )
            }
            None => {
                let selected = self.selected(&context)?;
                lower::lower(
                    &context,
                    &Whole::Applets(&selected),
                    previous.as_ref(),
                    target.int,
                )
            }
        };
        if let (Ok(program), Some(previous)) = (&lowered, &previous) {
            if program.exports.is_empty() {
                return Err(LibraryError::PreviousOfApplets.into());
            }
            libraries::check(previous, program)?;
        }
        let unknown = lacks::constants(&context, target);
        if lowered.is_ok() && !unknown.is_empty() {
            let list = unknown.iter();
            let list = list.filter_map(|lack| lacks::diagnostic(lack, &context.sources));
            return Err(source_error(list.collect(), context.sources));
        }
        match lowered {
            Ok(program) => Ok(Lowered {
                program,
                sources: context.sources,
            }),
            Err(errors) => Err(source_error(errors, context.sources)),
        }
    }

    /// The structs of the package's applets.
    fn selected(&self, context: &Context) -> Result<Vec<StructId>, CompileError> {
        let all = applets(context);
        let listed = &context.manifests[0].applets;
        let wanted = match (self.applets.is_empty(), listed.is_empty()) {
            (false, _) => &self.applets,
            (true, false) => listed,
            (true, true) => {
                let is_own =
                    |id: &StructId| context.is_own(context.definitions.structs[id.0].module);
                let own: Vec<StructId> = all.into_iter().filter(is_own).collect();
                return if own.is_empty() {
                    Err(CompileError::NothingToBuild)
                } else {
                    Ok(own)
                };
            }
        };
        let name = |id: &StructId| context.definitions.structs[id.0].name.clone();
        let mut found = Vec::new();
        for wanted in wanted {
            let id = all
                .iter()
                .find(|id| name(id).eq_ignore_ascii_case(wanted))
                .ok_or_else(|| CompileError::NoApplet {
                    wanted: wanted.clone(),
                    found: all.iter().map(name).collect(),
                })?;
            if found.contains(id) {
                return Err(CompileError::Repeated(wanted.clone()));
            }
            found.push(*id);
        }
        Ok(found)
    }
}

/// Compiles a package with one applet, with every optimisation.
///
/// # Errors
/// As [`Request::build`].
pub fn build(folder: &Path, applet: &str, target: &Target) -> Result<Built, CompileError> {
    Request::applet(folder, applet).build(target, &Options::ALL)
}

/// Compiles a package with one applet to IR.
///
/// # Errors
/// As [`Request::lower`].
pub fn lower(folder: &Path, applet: &str) -> Result<Lowered, CompileError> {
    Request::applet(folder, applet).lower()
}

/// What was compiled, if it verifies.
fn checked(
    output: Output,
    program: &ir::Program,
    target: &Target,
    options: &Options,
) -> Result<Output, CompileError> {
    let mut exports = Exports::builtin();
    for package in &program.imports {
        exports.add(package.clone());
    }
    if !program.exports.is_empty() {
        exports.add(program.exported());
    }
    let report = verify(&output.cap, &exports);
    if report.is_ok() {
        return Ok(output);
    }
    let fault = Fault::of_file(&output.cap, &report, program, target, options);
    Err(CompileError::Fault(Box::new(fault)))
}

fn known(found: &[String]) -> String {
    if found.is_empty() {
        "nothing implements `platform::Applet`".to_owned()
    } else {
        format!("it has {}", found.join(", "))
    }
}

/// A package's IR, and the sources that it came from.
#[derive(Debug)]
pub struct Lowered {
    /// The package.
    pub program: ir::Program,
    /// The sources that [`ir::Position`]s point into.
    pub sources: Sources,
}

fn source_error(mut list: Vec<Diagnostic>, sources: Sources) -> CompileError {
    list.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.message.clone()));
    list.dedup();
    if list.is_empty() {
        list.push(Diagnostic::new(
            Span::default(),
            "the compiler gave up without a reason",
            "",
        ));
    }
    CompileError::Source(Box::new(Diagnostics { list, sources }))
}

/// The structs that implement `platform::Applet`, in source order.
fn applets(context: &Context) -> Vec<StructId> {
    let implementors = context.definitions.implementors.keys();
    implementors
        .filter_map(|(name, key)| match key {
            TypeKey::Struct(id) if name == "Applet" => Some(*id),
            _ => None,
        })
        .collect()
}
