//! Input and output files.

use crate::failure::Failure;
use cap_file::api::ApiPackage;
use cap_file::{CapFile, ExportFile, Exports, export_file};
use capgen::package::budget::{BUDGET_VERSION, Budget};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::input(path.display(), error))
}

/// Reads a CAP file.
pub(crate) fn read_cap(path: &Path) -> Result<CapFile, Failure> {
    let bytes = read(path)?;
    if bytes.starts_with(&export_file::MAGIC.to_be_bytes()) {
        let cause = "a CAP file is wanted, this is an export file (`tenkoku verify` and `cap compare` take such)";
        return Err(Failure::input(path.display(), cause));
    }
    CapFile::read(&bytes).map_err(|error| Failure::input(path.display(), error))
}

/// Writes a file, and the folders that it lies in.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |cause| Failure::Output {
        subject: path.display().to_string(),
        cause,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

/// Writes a file that may be there, so that it is the old one or the new one whatever happens.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    write(&beside, bytes)?;
    std::fs::rename(&beside, path).map_err(|cause| Failure::Output {
        subject: path.display().to_string(),
        cause,
    })
}

/// The built-in export tables, and those of the files and folders given.
pub(crate) fn exports(paths: &[PathBuf]) -> Result<Exports, Failure> {
    let mut exports = Exports::builtin();
    for path in paths {
        if path.is_dir() {
            for file in export_files(path)? {
                add(&mut exports, &file)?;
            }
        } else {
            add(&mut exports, path)?;
        }
    }
    Ok(exports)
}

fn add(exports: &mut Exports, path: &Path) -> Result<(), Failure> {
    exports.add(export_file(path)?);
    Ok(())
}

/// Reads an export file.
pub(crate) fn read_exp(path: &Path) -> Result<ExportFile, Failure> {
    ExportFile::read(&read(path)?).map_err(|error| Failure::input(path.display(), error))
}

/// Reads the budget of the package that an export file is of.
pub(crate) fn read_budget(path: &Path, file: &ExportFile) -> Result<Budget, Failure> {
    let refused = |cause: String| {
        let again = "build that package again with --emit cap,exp,budget";
        Failure::input(path.display(), format!("{cause}; {again}"))
    };
    let budget: Budget = serde_json::from_slice(&read(path)?)
        .map_err(|error| refused(format!("not a budget of this version of tenkoku ({error})")))?;
    let package = file
        .to_api()
        .map_err(|error| Failure::input(path.display(), error))?;
    let (aid, version) = (
        hex::encode_upper(&package.aid.0),
        package.newest().to_string(),
    );
    if budget.version != BUDGET_VERSION
        || (&budget.package, &budget.package_version) != (&aid, &version)
    {
        return Err(refused(format!(
            "the budget of package {} {} in form {}, where that of {aid} {version} in form {BUDGET_VERSION} is wanted",
            budget.package, budget.package_version, budget.version
        )));
    }
    Ok(budget)
}

/// Reads an export file as tables.
pub(crate) fn export_file(path: &Path) -> Result<ApiPackage, Failure> {
    let file = read_exp(path)?;
    file.to_api()
        .map_err(|error| Failure::input(path.display(), error))
}

/// Reads a text, from standard input if the path is `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        read.map_err(|error| Failure::input("standard input", error))?;
        bytes
    } else {
        read(path)?
    };
    String::from_utf8(bytes).map_err(|error| Failure::input(path.display(), error))
}

/// Every `.exp` file under a folder, in the order of their names.
fn export_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::input(folder.display(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // A link to a folder is not followed: it could lead in a circle.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            files.extend(export_files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("exp"))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
