//! Which crates there are, from `cargo metadata`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::manifest::Manifest;

/// Why an applet's crate could not be found or read.
#[derive(Debug, thiserror::Error)]
pub enum CrateError {
    /// There is no `Cargo.toml`.
    #[error("no crate at {0}: expected a folder with a Cargo.toml")]
    NoManifest(PathBuf),
    /// `cargo metadata` failed.
    #[error("cargo metadata failed for {manifest}: {error}")]
    Metadata {
        /// The manifest asked about.
        manifest: PathBuf,
        /// What cargo said.
        error: Box<cargo_metadata::Error>,
    },
    /// The package has no library.
    #[error("package {0} has no library: an applet lives in the library of its crate")]
    NoLibrary(String),
    /// `[package.metadata.tenkoku]` is not as it should be.
    #[error("{manifest}: [package.metadata.tenkoku]: {reason}")]
    Manifest {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A source file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A crate to compile from source.
#[derive(Debug)]
pub(crate) struct CrateSource {
    /// Its package name.
    pub(crate) package: String,
    /// The root file of its library.
    pub(crate) root: PathBuf,
    /// Its path dependencies: the name in source, and the manifest's folder.
    pub(crate) dependencies: BTreeMap<String, PathBuf>,
    /// What its manifest says to the compiler.
    pub(crate) manifest: Manifest,
}

/// The crates that `folder`'s crate reaches by path, by folder, and the root of its workspace.
pub(crate) struct CrateGraph {
    pub(crate) crates: BTreeMap<PathBuf, CrateSource>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) main: PathBuf,
}

/// Reads the graph of path dependencies. Crates from a registry are not followed: what an applet
/// uses of them has to be known to the compiler.
pub(crate) fn graph(folder: &Path) -> Result<CrateGraph, CrateError> {
    let mut known: BTreeMap<PathBuf, Package> = BTreeMap::new();
    let (main, workspace_root) = packages(folder, &mut known)?;
    let mut crates = BTreeMap::new();
    let mut wanted = vec![main.clone()];
    while let Some(folder) = wanted.pop() {
        if crates.contains_key(&folder) {
            continue;
        }
        if !known.contains_key(&folder) {
            packages(&folder, &mut known)?;
        }
        let package = known
            .get(&folder)
            .ok_or_else(|| CrateError::NoManifest(folder.clone()))?;
        let source = source(package)?;
        wanted.extend(source.dependencies.values().cloned());
        crates.insert(folder, source);
    }
    Ok(CrateGraph {
        crates,
        workspace_root,
        main,
    })
}

fn packages(
    folder: &Path,
    known: &mut BTreeMap<PathBuf, Package>,
) -> Result<(PathBuf, PathBuf), CrateError> {
    let manifest = folder.join("Cargo.toml");
    let manifest = manifest
        .canonicalize()
        .map_err(|_| CrateError::NoManifest(folder.to_path_buf()))?;
    let metadata = MetadataCommand::new()
        .manifest_path(&manifest)
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .map_err(|error| CrateError::Metadata {
            manifest: manifest.clone(),
            error: Box::new(error),
        })?;
    for package in metadata.packages {
        if let Some(folder) = package.manifest_path.parent() {
            known.insert(folder.as_std_path().to_path_buf(), package);
        }
    }
    let main = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((main, metadata.workspace_root.into_std_path_buf()))
}

fn source(package: &Package) -> Result<CrateSource, CrateError> {
    let library = package
        .targets
        .iter()
        .find(|target| target.is_lib())
        .ok_or_else(|| CrateError::NoLibrary(package.name.to_string()))?;
    let dependencies = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal && !dependency.optional)
        .filter_map(|dependency| {
            let path = dependency.path.as_ref()?.as_std_path();
            let folder = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
            let name = dependency
                .rename
                .as_ref()
                .unwrap_or(&dependency.name)
                .replace('-', "_");
            Some((name, folder))
        })
        .collect();
    Ok(CrateSource {
        package: package.name.to_string(),
        root: library.src_path.as_std_path().to_path_buf(),
        dependencies,
        manifest: Manifest::of(package)?,
    })
}
