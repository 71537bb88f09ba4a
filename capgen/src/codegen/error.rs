//! What can go wrong between IR and CAP file.

use crate::ir::Position;
use crate::ir::verify::VerifyError;
use cap_file::component::Version;
use cap_file::error::WriteError;
use cap_file::instruction::EncodeError;
use std::fmt;
use thiserror::Error;

/// Something that a target does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The class or method.
    pub item: String,
    /// Its package.
    pub package: String,
    /// The first version that has it.
    pub since: Version,
    /// The target's name.
    pub target: &'static str,
    /// The target's version of the package; `None` where it has none.
    pub ceiling: Option<Version>,
    /// Where it is used, where that is known.
    pub position: Option<Position>,
}

impl Lack {
    /// What the target has instead.
    #[must_use]
    pub fn instead(&self) -> String {
        match self.ceiling {
            Some(ceiling) => format!("{} has {ceiling}", self.target),
            None => format!("{} has no such package", self.target),
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} is needed for {}; {}",
            self.package,
            self.since,
            self.item,
            self.instead()
        )
    }
}

fn lines(lacks: &[Lack]) -> String {
    let lines: Vec<String> = lacks.iter().map(Lack::to_string).collect();
    lines.join("\n")
}

/// Why a program did not become a CAP file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BackendError {
    /// The IR breaks its own rules: a fault of the compiler, not of the program.
    #[error("internal error: invalid IR: {0}")]
    InvalidIr(#[from] VerifyError),
    /// An operation that has no exact translation: the front end should have refused it.
    #[error("internal error: in {function}: {what} cannot be compiled exactly for a 16-bit card")]
    Unsupported {
        /// The Rust path of the function.
        function: String,
        /// The operation.
        what: String,
    },
    /// The API has no such class or method.
    #[error("in {function}: the API has no {item}")]
    UnknownApi {
        /// The Rust path of the function, or the class that needs it.
        function: String,
        /// The class or method.
        item: String,
    },
    /// The API of the target card is older than what the program uses.
    #[error("{}", lines(.0))]
    NotOnTarget(Vec<Lack>),
    /// More than the card or the file format can hold.
    #[error("{place}: {what} is {value}, the limit is {limit}; split the function or the struct")]
    TooLarge {
        /// The function or class.
        place: String,
        /// What is too large.
        what: &'static str,
        /// How large it is.
        value: usize,
        /// The largest that works.
        limit: usize,
    },
    /// What was assembled is not what was asked for: a fault of the compiler.
    #[error("internal error: {function} was compiled wrongly: {what}")]
    Miscompiled {
        /// The Rust path of the function.
        function: String,
        /// The difference.
        what: String,
    },
    /// A package must hold at least one struct.
    #[error("the package {0} has no struct that could hold its functions; give it one")]
    NoClass(String),
    /// A component could not be written: a fault of the compiler.
    #[error("internal error: {0}")]
    Write(#[from] WriteError),
    /// An instruction could not be encoded: a fault of the compiler.
    #[error("internal error: {0}")]
    Encode(#[from] EncodeError),
}

impl BackendError {
    /// Whether the compiler is wrong, and not the program or the target.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        match self {
            Self::InvalidIr(_)
            | Self::Unsupported { .. }
            | Self::Miscompiled { .. }
            | Self::Write(_)
            | Self::Encode(_) => true,
            Self::UnknownApi { .. }
            | Self::NotOnTarget(_)
            | Self::TooLarge { .. }
            | Self::NoClass(_) => false,
        }
    }
}
