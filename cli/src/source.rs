//! From bytecode back to source lines: by the compiler's source map, or by the Debug component of
//! a CAP file that another tool made.

use crate::failure::Failure;
use crate::files;
use cap_file::CapFile;
use cap_file::component::CodeOffset;
use cap_file::component::debug::Debug;
use capgen::package::map::SourceMap;
use card_sim::Place;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct SourcePlace {
    /// The file.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column, from 1, where it is known.
    pub(crate) column: Option<u32>,
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        match self.column {
            Some(column) => write!(f, ":{column}"),
            None => Ok(()),
        }
    }
}

enum Lines {
    Map(SourceMap),
    Debug(Debug),
}

/// What is known of the source of packages.
#[derive(Default)]
pub(crate) struct Sources {
    packages: Vec<(String, Lines)>,
}

impl Sources {
    /// The sources of CAP files: each with the source map that lies beside it (`NAME.map`), or
    /// else its Debug component; and further source maps.
    ///
    /// # Errors
    /// [`Failure::Input`] where a file is not what it should be.
    pub(crate) fn of(
        caps: &[impl AsRef<Path>],
        maps: &[impl AsRef<Path>],
    ) -> Result<Self, Failure> {
        let mut sources = Self::default();
        for map in maps {
            sources.add_map(map.as_ref())?;
        }
        for path in caps {
            let path = path.as_ref();
            let beside = path.with_extension("map");
            if beside.is_file() {
                sources.add_map(&beside)?;
            }
            sources.add_debug(&files::read_cap(path)?);
        }
        Ok(sources)
    }

    fn add_map(&mut self, path: &Path) -> Result<(), Failure> {
        let map: SourceMap = serde_json::from_slice(&files::read(path)?).map_err(|error| {
            Failure::input(path.display(), format!("not a source map: {error}"))
        })?;
        self.packages.push((map.package.clone(), Lines::Map(map)));
        Ok(())
    }

    fn add_debug(&mut self, cap: &CapFile) {
        if let Some(debug) = &cap.debug {
            let package = cap.header.package.aid.to_string();
            self.packages.push((package, Lines::Debug(debug.clone())));
        }
    }

    /// The method and the place in the source of an instruction in the Method component of the package with this AID.
    #[must_use]
    pub(crate) fn find(
        &self,
        package: &str,
        offset: CodeOffset,
    ) -> Option<(String, Option<SourcePlace>)> {
        self.packages
            .iter()
            .filter(|(aid, _)| aid == package)
            .find_map(|(_, lines)| match lines {
                Lines::Map(map) => {
                    let (method, line) = map.find(offset)?;
                    let place = line.and_then(|line| {
                        let file = map.files.get(usize::try_from(line.file).ok()?)?;
                        Some(SourcePlace {
                            file: file.clone(),
                            line: line.line,
                            column: Some(line.column),
                        })
                    });
                    Some((method.path.clone(), place))
                }
                Lines::Debug(debug) => in_debug(debug, offset),
            })
    }

    /// Every file and line that code comes from.
    pub(crate) fn lines(&self) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        for (_, lines) in &self.packages {
            match lines {
                Lines::Map(map) => {
                    for line in map.methods.iter().flat_map(|method| &method.lines) {
                        let file = usize::try_from(line.file).ok();
                        if let Some(file) = file.and_then(|file| map.files.get(file)) {
                            found.push((file.clone(), line.line));
                        }
                    }
                }
                Lines::Debug(debug) => {
                    for class in &debug.classes {
                        let file = debug.string(class.source_file).unwrap_or("?");
                        for line in class.methods.iter().flat_map(|method| &method.lines) {
                            found.push((file.to_owned(), line.source_line.into()));
                        }
                    }
                }
            }
        }
        found
    }

    /// The same, for a place that the simulator gives.
    #[must_use]
    pub(crate) fn at(&self, place: &Place) -> Option<(String, Option<SourcePlace>)> {
        self.find(&place.package.to_string(), place.offset)
    }
}

fn in_debug(debug: &Debug, offset: CodeOffset) -> Option<(String, Option<SourcePlace>)> {
    for class in &debug.classes {
        for method in &class.methods {
            let code = method.location.saturating_add(method.header_size.into());
            let pc = offset.checked_sub(code);
            let Some(pc) = pc
                .and_then(|pc| u16::try_from(pc).ok())
                .filter(|pc| *pc < method.body_size)
            else {
                continue;
            };
            let text = |index| debug.string(index).unwrap_or("?");
            let line = method
                .lines
                .iter()
                .find(|line| (line.start_pc..=line.end_pc).contains(&pc));
            let place = line.map(|line| SourcePlace {
                file: text(class.source_file).to_owned(),
                line: line.source_line.into(),
                column: None,
            });
            return Some((format!("{}.{}", text(class.name), text(method.name)), place));
        }
    }
    None
}
