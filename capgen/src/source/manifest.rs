//! What a crate's manifest says to the compiler, `[package.metadata.tenkoku]`.

use std::path::Path;

use cargo_metadata::Package as CargoPackage;
use serde::Deserialize;

use super::metadata::CrateError;

/// The table of a crate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// The applets of the package, where the manifest lists them.
    pub(crate) applets: Vec<String>,
    /// The library package that the crate is, where it is one.
    pub(crate) library: Option<Package>,
}

/// A package's AID and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// 5 to 16 bytes.
    pub(crate) aid: Vec<u8>,
    /// Major and minor. A library package has those of its crate.
    pub(crate) version: (u8, u8),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    applets: Vec<String>,
    library: Option<LibraryTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryTable {
    aid: String,
}

impl Manifest {
    pub(super) fn of(package: &CargoPackage) -> Result<Self, CrateError> {
        let wrong = |reason: String| CrateError::Manifest {
            manifest: Path::new(&package.manifest_path).to_path_buf(),
            reason,
        };
        let Some(table) = package.metadata.get("tenkoku") else {
            return Ok(Self::default());
        };
        let table = Table::deserialize(table).map_err(|error| wrong(error.to_string()))?;
        let library = match table.library {
            None => None,
            Some(_) if !table.applets.is_empty() => {
                return Err(wrong(
                    "a library package has no applets: leave out `applets` or `library`".to_owned(),
                ));
            }
            Some(library) => {
                let aid = hexadecimal(&library.aid).ok_or_else(|| {
                    wrong(format!(
                        "library.aid: expected 5 to 16 bytes in hexadecimal, found `{}`",
                        library.aid
                    ))
                })?;
                let byte = |number: u64| {
                    u8::try_from(number).map_err(|_| {
                        wrong(format!(
                            "the crate's version {} is the package's: major and minor are at most 255",
                            package.version
                        ))
                    })
                };
                let version = (byte(package.version.major)?, byte(package.version.minor)?);
                Some(Package { aid, version })
            }
        };
        Ok(Self {
            applets: table.applets,
            library,
        })
    }
}

/// The bytes of an AID in hexadecimal.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) || !(10..=32).contains(&text.len()) {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}
