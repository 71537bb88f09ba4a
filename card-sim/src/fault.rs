//! What ends a command in an applet, where it is no `ISOException`.

use crate::aid::Aid;
use cap_file::component::CodeOffset;
use std::fmt;

/// A place in the bytecode of a package on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The package.
    pub package: Aid,
    /// Place of the method's header in the Method component.
    pub method: CodeOffset,
    /// Place of the instruction there.
    pub offset: CodeOffset,
}

/// Why a command ended in 6F00, or an installation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What happened.
    pub cause: Cause,
    /// Where, if it was in bytecode.
    pub place: Option<Place>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An exception that no applet caught.
    Uncaught {
        /// Its class, as `javacard/security/CryptoException`.
        class: String,
        /// Its reason code, 0 where it has none.
        reason: u16,
    },
    /// Power was cut.
    PowerLoss,
    /// The command used up its budget of bytecodes: by executing them, or by what it had the API do.
    StepBudget(u64),
    /// Frames did not fit in the stack any more.
    StackOverflow,
    /// The code did what no code does that a verifier accepts. Defensive mode finds every such
    /// instruction before it has an effect; fast mode only what would harm the host.
    TypeViolation(&'static str),
    /// The code called a method of the API that the card does not implement.
    Unsupported(String),
}

impl Fault {
    /// The broken rule and its place, if this is a violation of types.
    #[must_use]
    pub fn type_violation(&self) -> Option<(&'static str, Option<Place>)> {
        match self.cause {
            Cause::TypeViolation(rule) => Some((rule, self.place)),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            package,
            method,
            offset,
        } = self;
        write!(
            f,
            "offset {offset} of the Method component of {package}, in the method at {method}"
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Uncaught { class, reason } => write!(f, "{class}, reason {reason:04X}"),
            Cause::PowerLoss => f.write_str("power was cut"),
            Cause::StepBudget(steps) => write!(
                f,
                "the budget of {steps} bytecodes, work of the API included, for one command is used up"
            ),
            Cause::StackOverflow => f.write_str("the stack overflowed"),
            Cause::TypeViolation(rule) => {
                write!(f, "type violation, code that verification refuses: {rule}")
            }
            Cause::Unsupported(method) => {
                write!(f, "this card does not implement {method}")
            }
        }?;
        match &self.place {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}
