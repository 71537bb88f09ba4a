//! Verification of CAP files (JCVM 3.0.5 §4 to §7).
//!
#![doc = include_str!("verify/rules.md")]
//!
//! # From the specification to the rules
//!
//! Clause by clause, what the specification asks for and who checks it. "Reading" means that a file which does not keep
//! to it is refused when it is read, with the offset.
//!
#![doc = include_str!("verify/audit.md")]

mod bytecode;
mod check;
mod export_file;
mod exports;
mod rules;
mod structure;
pub(crate) mod world;

pub use export_file::verify_export_file;
pub use exports::Exports;
pub use rules::Rule;

use crate::cap::CapFile;
use crate::error::Place;
use check::Checker;
use serde::{Serialize, Serializer};
use std::fmt;
use world::World;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule.
    #[serde(serialize_with = "rule_id")]
    pub rule: Rule,
    /// Where: a component, the archive around them, or an export file.
    #[serde(rename = "component", serialize_with = "place_name")]
    pub place: Place,
    /// Byte offset in the component's info item (after tag and size), as the standard counts.
    pub offset: Option<usize>,
    /// The method, if the finding is about its code.
    pub method: Option<String>,
    /// The instruction, if the finding is about one.
    pub instruction: Option<String>,
    /// What the rule asks for there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

fn rule_id<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.id())
}

/// A component by its name alone.
fn place_name<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    match place {
        Place::Component(tag) => serializer.collect_str(tag),
        other => serializer.collect_str(other),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.rule.id(), self.place)?;
        if let Some(offset) = self.offset {
            write!(f, ", offset {offset}")?;
        }
        if let Some(method) = &self.method {
            write!(f, ", {method}")?;
        }
        if let Some(instruction) = &self.instruction {
            write!(f, ", {instruction}")?;
        }
        write!(
            f,
            ": expected {}, found {} ({})",
            self.expected,
            self.found,
            self.rule.citation()
        )
    }
}

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every broken rule, by component.
    pub findings: Vec<Finding>,
    /// How many more there are than [`crate::limits::MAX_FINDINGS`].
    pub omitted: usize,
}

impl Report {
    /// True if nothing was found.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings
            .iter()
            .try_for_each(|finding| writeln!(f, "{finding}"))?;
        if self.omitted > 0 {
            writeln!(f, "and {} more", self.omitted)?;
        }
        Ok(())
    }
}

/// Checks a file against every rule. All that is wrong is reported, not just the first; what follows only from
/// an earlier finding is left out where that can be told.
#[must_use]
pub fn verify(cap: &CapFile, exports: &Exports) -> Report {
    let world = World::new(cap, exports);
    let mut checker = Checker::new(&world);
    structure::check(&mut checker);
    Report {
        findings: checker.findings,
        omitted: checker.omitted,
    }
}
