//! Text to bytes: the inverse of [`crate::dump`].

mod code;

pub use code::assemble_code;

use thiserror::Error;

/// Text that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: expected {expected}, found `{found}`")]
pub struct AsmError {
    /// Counted from 1.
    pub line: usize,
    /// What the form asks for.
    pub expected: String,
    /// The line, or the word in it.
    pub found: String,
}

impl AsmError {
    pub(crate) fn new(line: usize, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            line,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// A line without its comment.
pub(crate) fn strip_comment(line: &str) -> &str {
    line.split_once(';')
        .map_or(line, |(before, _)| before)
        .trim()
}
