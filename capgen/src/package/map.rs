//! The source map: which bytecode comes from which place in the source.

use crate::ir::{Position, Program};
use cap_file::component::CodeOffset;
use serde::{Deserialize, Serialize};

/// The version of the map's form.
pub const SOURCE_MAP_VERSION: u32 = 1;

/// A source map, written as JSON beside the CAP file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceMap {
    /// [`SOURCE_MAP_VERSION`].
    pub version: u32,
    /// The package AID in hexadecimal.
    pub package: String,
    /// Paths of source files.
    pub files: Vec<String>,
    /// The methods in the order of the Method component.
    pub methods: Vec<MappedMethod>,
}

/// One method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedMethod {
    /// The Rust path; of a constructor [`constructor_path`].
    pub path: String,
    /// The struct whose class it belongs to.
    pub class: String,
    /// Place of its header in the Method component: the offset in the info item, or in a block of an extended file,
    /// the index of which stands above the low 16 bits.
    pub offset: CodeOffset,
    /// Bytes of its header.
    pub header_size: u16,
    /// Bytes of its bytecode.
    pub code_size: u16,
    /// Most stack words in use at a time.
    pub max_stack: u8,
    /// Words of arguments, `this` included.
    pub arguments: u8,
    /// Words of other local variables.
    pub locals: u8,
    /// From each bytecode offset on, the place in the source; ascending.
    pub lines: Vec<MappedLine>,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedLine {
    /// First bytecode offset, from the first byte after the method header.
    pub pc: u16,
    /// Index into [`SourceMap::files`].
    pub file: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl SourceMap {
    /// An empty map of a program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        Self {
            version: SOURCE_MAP_VERSION,
            package: program
                .aid
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect(),
            files: program.files.clone(),
            methods: Vec::new(),
        }
    }

    /// The source of the bytecode at a place of the Method component: the method, and the place if it is known.
    #[must_use]
    pub fn find(&self, offset: CodeOffset) -> Option<(&MappedMethod, Option<&MappedLine>)> {
        let method = self.methods.iter().find(|method| {
            offset >= method.offset
                && offset - method.offset
                    < CodeOffset::from(method.header_size.saturating_add(method.code_size))
        })?;
        let pc = u16::try_from(offset - method.offset).ok();
        let pc = pc.and_then(|pc| pc.checked_sub(method.header_size));
        let line = pc.and_then(|pc| method.lines.iter().rev().find(|line| line.pc <= pc));
        Some((method, line))
    }
}

/// A line of the map.
pub(super) fn line(pc: usize, position: Position) -> Option<MappedLine> {
    Some(MappedLine {
        pc: u16::try_from(pc).ok()?,
        file: position.file,
        line: position.line,
        column: position.column,
    })
}

/// The path of a struct's constructor, which has none in Rust.
#[must_use]
pub fn constructor_path(class: &str) -> String {
    format!("{class}::<init>")
}
