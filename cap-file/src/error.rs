//! What can be wrong with the bytes of a file.

use crate::component::Tag;
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// The part of a file in which an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The ZIP archive around the components.
    Archive,
    /// The byte string of a whole load file.
    LoadFile,
    /// One component; offsets count from its tag byte.
    Component(Tag),
    /// An export file.
    ExportFile,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Archive => f.write_str("CAP archive"),
            Place::LoadFile => f.write_str("load file"),
            Place::Component(tag) => write!(f, "{tag} component"),
            Place::ExportFile => f.write_str("export file"),
        }
    }
}

/// Bytes that are not what the format asks for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}, offset {offset}: expected {expected}, found {found}")]
pub struct ReadError {
    /// Where the offset counts.
    pub place: Place,
    /// Byte offset of the first byte that is wrong.
    pub offset: usize,
    /// What the format asks for there.
    pub expected: Cow<'static, str>,
    /// What stands there.
    pub found: Cow<'static, str>,
}

/// A value that its field in the file cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {what} is {value}, the format allows at most {limit}")]
pub struct WriteError {
    /// Which part was being written.
    pub place: Place,
    /// The field.
    pub what: &'static str,
    /// Its value or length.
    pub value: usize,
    /// The largest that the format can express.
    pub limit: usize,
}
