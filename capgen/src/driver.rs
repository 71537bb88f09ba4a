//! From a crate's folder to a CAP file.

use std::path::Path;

use cap_file::verify::{Exports, Report, verify};

use crate::codegen::BackendError;
use crate::codegen::error::Lack;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::front::define::StructId;
use crate::front::lower;
use crate::front::resolve::Context;
use crate::front::ty::TypeKey;
use crate::ir;
use crate::opt::Options;
use crate::package::{self, Output, Target};
use crate::source::{CrateError, Sources};

/// Why an applet could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The crate could not be read.
    #[error(transparent)]
    Crate(#[from] CrateError),
    /// The source is not Card Rust.
    #[error("{0}")]
    Source(Box<Diagnostics>),
    /// The target lacks something, or the compiler is at fault.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The CAP file does not pass the verifier: a fault of the compiler, not of the source.
    #[error("internal error: the compiled CAP file does not verify; please report this:\n{0}")]
    Unverified(Report),
    /// There is no such applet.
    #[error("no applet `{wanted}` in this crate: {}", known(.found))]
    NoApplet {
        /// The name asked for.
        wanted: String,
        /// The applets that there are.
        found: Vec<String>,
    },
}

/// An applet, compiled.
#[derive(Debug)]
pub struct Built {
    /// CAP file, export file and source map.
    pub output: Output,
    /// The package's IR.
    pub program: ir::Program,
    /// The sources that [`ir::Position`]s point into.
    pub sources: Sources,
}

/// Compiles the applet named `applet` (the struct that implements `platform::Applet`; upper and lower
/// case do not matter) of the crate in `folder`. The same source gives the same bytes.
///
/// # Errors
/// As [`lower`], and if the target does not have what the applet needs, or the compiler made a file
/// that does not verify.
pub fn build(folder: &Path, applet: &str, target: &Target) -> Result<Built, CompileError> {
    build_with(folder, applet, target, &Options::ALL)
}

/// [`build`] with the optimisations that `options` names.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    folder: &Path,
    applet: &str,
    target: &Target,
    options: &Options,
) -> Result<Built, CompileError> {
    let Lowered { program, sources } = lower(folder, applet)?;
    let output = match package::build_with(&program, target, options) {
        Ok(output) => output,
        Err(BackendError::NotOnTarget(lacks))
            if lacks.iter().any(|lack| lack.position.is_some()) =>
        {
            let list = lacks.iter().filter_map(|lack| lacking(lack, &sources));
            return Err(source_error(list.collect(), sources));
        }
        Err(error) => return Err(error.into()),
    };
    let report = verify(&output.cap, &Exports::builtin());
    if !report.is_ok() {
        return Err(CompileError::Unverified(report));
    }
    Ok(Built {
        output,
        program,
        sources,
    })
}

/// What to say of a line that needs what the target does not have.
fn lacking(lack: &Lack, sources: &Sources) -> Option<Diagnostic> {
    let at = lack.position?;
    let file = sources.file(at.file).map_or("?", |file| &file.name);
    let span = Span {
        file: at.file,
        line: at.line,
        column: at.column.saturating_sub(1),
        end_line: at.line,
        end_column: at.column,
    };
    let message = format!(
        "{} {} is needed by {file}:{}; {}",
        lack.package,
        lack.since,
        at.line,
        lack.instead()
    );
    let enough = |target: &Target| {
        let has = target.ceiling_of(&lack.package);
        has.is_some_and(|has| has >= lack.since)
    };
    let all = Target::all();
    let others: Vec<&str> = all
        .iter()
        .filter(|target| enough(target))
        .map(|target| target.name)
        .collect();
    let help = if others.is_empty() {
        "no target has it: do without".to_owned()
    } else {
        format!("build for {}, or do without it", others.join(" or "))
    };
    Some(Diagnostic::new(span, message, format!("calls {}", lack.item)).help(help))
}

fn known(found: &[String]) -> String {
    if found.is_empty() {
        "nothing implements `platform::Applet`".to_owned()
    } else {
        format!("it has {}", found.join(", "))
    }
}

/// An applet's IR, and the sources that it came from.
#[derive(Debug)]
pub struct Lowered {
    /// The package.
    pub program: ir::Program,
    /// The sources that [`ir::Position`]s point into.
    pub sources: Sources,
}

/// Compiles the applet named `applet` (the struct that implements `platform::Applet`; upper and lower
/// case do not matter) of the crate in `folder` to IR.
///
/// # Errors
/// If the crate cannot be read, has no such applet, or is not Card Rust.
pub fn lower(folder: &Path, applet: &str) -> Result<Lowered, CompileError> {
    let (mut context, errors) = Context::load(folder)?;
    if !errors.is_empty() {
        return Err(source_error(errors, context.sources));
    }
    let app = find(&context, applet)?;
    context.app = Some(app);
    match lower::lower(&context, app) {
        Ok(program) => Ok(Lowered {
            program,
            sources: context.sources,
        }),
        Err(errors) => Err(source_error(errors, context.sources)),
    }
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

/// The struct that implements `platform::Applet` and has this name.
fn find(context: &Context, applet: &str) -> Result<StructId, CompileError> {
    let all = context
        .definitions
        .implementors
        .keys()
        .filter_map(|(name, key)| match key {
            TypeKey::Struct(id) if name == "Applet" => Some(*id),
            _ => None,
        });
    let name = |id: &StructId| context.definitions.structs[id.0].name.clone();
    let found: Vec<StructId> = all.collect();
    found
        .iter()
        .find(|id| name(id).eq_ignore_ascii_case(applet))
        .copied()
        .ok_or_else(|| CompileError::NoApplet {
            wanted: applet.to_owned(),
            found: found.iter().map(name).collect(),
        })
}
