//! The source of an applet's crate and of the crates that it depends on by path.

mod manifest;
mod metadata;
mod modules;

use std::path::{Path, PathBuf};

use crate::diagnostic::Span;

pub(crate) use manifest::{Manifest, Package};
pub use metadata::CrateError;
pub(crate) use modules::{CrateId, ModuleId, ModuleSource, Text, add_text, compiled, load, span};

/// A file that was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path as shown: relative to the workspace where it is inside of it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// The bytes of [`SourceFile::text`] that a span covers, at least one where the line has any.
    #[must_use]
    pub fn byte_range(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.offset(span.line, span.column);
        let end = self.offset(span.end_line, span.end_column);
        start..end.max(start)
    }

    fn offset(&self, line: u32, column: u32) -> usize {
        let mut offset = 0;
        for (number, text) in (1..).zip(self.text.split_inclusive('\n')) {
            if number == line {
                let text = text.trim_end_matches('\n');
                return offset
                    + text
                        .char_indices()
                        .nth(column as usize)
                        .map_or(text.len(), |(at, _)| at);
            }
            offset += text.len();
        }
        self.text.len()
    }
}

/// All files of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// A file by the index that a [`Span`] holds.
    #[must_use]
    pub fn file(&self, index: u32) -> Option<&SourceFile> {
        self.files.get(index as usize)
    }

    /// The names of all files, in index order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// The texts of all files.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.text.as_str())
    }

    pub(crate) fn add(&mut self, name: String, text: String) -> u32 {
        self.files.push(SourceFile { name, text });
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }
}

/// A path as shown to a person: relative to `root` where it is below it, with forward slashes.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    let path: PathBuf = path
        .strip_prefix(root)
        .map_or_else(|_| path.to_path_buf(), Path::to_path_buf);
    path.to_string_lossy().replace('\\', "/")
}
