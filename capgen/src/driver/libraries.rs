//! Library packages: which crate an export file is of, and whether a version may follow another.

use cap_file::ExportFile;
use cap_file::api::ApiPackage;
use cap_file::compatibility::{self, Incompatibility};
use cap_file::component::{Aid, Version};
use cap_file::export_file::ExportFileError;

use crate::front::define::StructId;
use crate::front::resolve::Context;
use crate::ir::Program;
use crate::source::{CrateId, Package};

/// Why library packages do not go together.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// An export file cannot be used.
    #[error(transparent)]
    ExportFile(#[from] ExportFileError),
    /// No dependency is the package that an export file is of.
    #[error(
        "the export file is of package {aid} ({name}), which no path dependency of this crate is{}",
        there_are(.libraries)
    )]
    NoSuchDependency {
        /// The AID in the export file.
        aid: Aid,
        /// The name in the export file.
        name: String,
        /// The library packages among the dependencies, each with its AID.
        libraries: Vec<String>,
    },
    /// The export file and the crate are of different versions.
    #[error(
        "the export file of `{name}` is of version {file}, the crate that this one depends on is {krate}: what is tested \
         would not be what is called; build the library again, or depend on its version {file}"
    )]
    Version {
        /// The package's name.
        name: String,
        /// The version in the export file.
        file: Version,
        /// The crate's version.
        krate: Version,
    },
    /// One package is given twice.
    #[error("two export files are of package {0}")]
    Twice(Aid),
    /// A library package with an applet.
    #[error(
        "this crate is a library package by its manifest, and `{0}` implements `platform::Applet`: a library package has \
         no applets. Give --applet to build a package of it, or move it into a crate of its own"
    )]
    WithApplet(String),
    /// There are no tokens to keep in a package of applets.
    #[error(
        "a previous version is for a package that exports something: a library, or applets with shareable interfaces"
    )]
    PreviousOfApplets,
    /// What was linked against the version before would break.
    #[error(
        "version {version} cannot follow version {previous} of this package:{}\n\
         give the crate a new major version, or take the change back",
        lines(.found)
    )]
    Incompatible {
        /// The version of the export file.
        previous: Version,
        /// The version that was to be built.
        version: Version,
        /// What breaks.
        found: Vec<Incompatibility>,
    },
}

fn there_are(libraries: &[String]) -> String {
    if libraries.is_empty() {
        "; a library package says its AID in `[package.metadata.tenkoku.library]`".to_owned()
    } else {
        format!("; there are {}", libraries.join(", "))
    }
}

fn lines(found: &[Incompatibility]) -> String {
    found.iter().map(|item| format!("\n  {item}")).collect()
}

/// The tables in an export file.
pub(super) fn read(file: &ExportFile) -> Result<ApiPackage, LibraryError> {
    Ok(file.to_api()?)
}

/// The packages that the crate depends on by path: libraries, and those that applets name.
fn dependencies(context: &Context) -> Vec<(CrateId, Package)> {
    let libraries = context.manifests.iter().enumerate();
    let libraries =
        libraries.filter_map(|(index, manifest)| Some((CrateId(index), manifest.library.clone()?)));
    let applets = super::applets(context).into_iter().filter_map(|id| {
        let krate = context.krate(context.definitions.structs[id.0].module);
        Some((krate, context.applet_package(id).ok()?))
    });
    let mut found: Vec<(CrateId, Package)> = Vec::new();
    for (krate, package) in libraries.chain(applets) {
        if krate != CrateId(0) && found.iter().all(|(known, _)| *known != krate) {
            found.push((krate, package));
        }
    }
    found
}

/// Takes the crate that an export file is of as imported.
pub(super) fn import(context: &mut Context, file: &ExportFile) -> Result<(), LibraryError> {
    let package = read(file)?;
    let packages = dependencies(context);
    let found = packages
        .iter()
        .find(|(_, library)| library.aid == package.aid.0);
    let Some((krate, library)) = found else {
        let name = |krate: &CrateId| &context.modules[context.roots[krate.0].0].name;
        return Err(LibraryError::NoSuchDependency {
            libraries: packages
                .iter()
                .map(|(krate, library)| format!("{} ({})", name(krate), Aid(library.aid.clone())))
                .collect(),
            aid: package.aid,
            name: package.name,
        });
    };
    let version = Version::new(library.version.0, library.version.1);
    if version != package.newest() {
        return Err(LibraryError::Version {
            file: package.newest(),
            name: package.name,
            krate: version,
        });
    }
    let aid = package.aid.clone();
    match context.imports.insert(*krate, package) {
        Some(_) => Err(LibraryError::Twice(aid)),
        None => Ok(()),
    }
}

/// That a library package has no applets of its own.
pub(super) fn without_applets(context: &Context, applets: &[StructId]) -> Result<(), LibraryError> {
    let own = applets
        .iter()
        .map(|id| &context.definitions.structs[id.0])
        .find(|applet| context.is_own(applet.module));
    match own {
        Some(applet) => Err(LibraryError::WithApplet(applet.name.clone())),
        None => Ok(()),
    }
}

/// That what was linked against the version before links against this one.
pub(super) fn check(previous: &ApiPackage, program: &Program) -> Result<(), LibraryError> {
    let now = program.exported();
    let found = compatibility::compare(previous, &now);
    if found.is_empty() {
        return Ok(());
    }
    Err(LibraryError::Incompatible {
        previous: previous.newest(),
        version: now.newest(),
        found,
    })
}
