//! Text to bytes: the inverse of [`crate::dump()`].

mod code;
mod components;
mod debug;
mod defined;
mod descriptor;
mod lines;
mod methods;
mod resolve;

pub use code::assemble_code;

use crate::cap::CapFile;
use crate::verify::Exports;
use defined::Defined;
use lines::Lines;
use resolve::Resolver;
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
    // A type ends with `;` too, but no blank stands before that one.
    let line = if line.trim_start().starts_with(';') {
        ""
    } else {
        line
    };
    line.split_once(" ;")
        .map_or(line, |(before, _)| before)
        .trim_end()
}

/// Reads a whole file from the text that [`crate::dump()`] writes. Names may be used before the line that
/// defines them. The Directory component is computed.
///
/// # Errors
/// [`AsmError`] for the first line that is not understood.
pub fn assemble(text: &str, exports: &Exports) -> Result<CapFile, AsmError> {
    // Offsets depend only on sizes, and sizes on no name: a first pass finds them, a second one uses them.
    let defined = Defined::scan(text)?;
    let mut resolver = Resolver::unresolved(exports, &defined);
    let first = components::file(&mut Lines::new(text), &resolver)?;
    resolver.learn(&first);
    let mut cap = components::file(&mut Lines::new(text), &resolver)?.cap;
    cap.update_directory()
        .map_err(|error| AsmError::new(0, "a file that can be written", error.to_string()))?;
    Ok(cap)
}
