//! What came of a run, for people and for machines.

mod html;
mod json;
mod junit;
mod terminal;

use crate::coverage::Coverage;
use crate::runner::{Exchange, Outcome};
use apdu_spec::table::Specification;
use std::time::Duration;

pub use html::{HtmlError, html};
pub use json::json;
pub use junit::{JunitError, junit};
pub use terminal::Terminal;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target's name.
    pub target: String,
    /// What came of each vector, in the order of the suite.
    pub vectors: Vec<VectorReport>,
}

/// What came of one vector.
#[derive(Clone, Debug)]
pub struct VectorReport {
    /// Its name.
    pub name: String,
    /// The requirements that it covers.
    pub covers: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Everything that went over the wire.
    pub exchanges: Vec<Exchange>,
    /// How long it took.
    pub duration: Duration,
}

impl Report {
    /// The vectors that did not pass, those aside that were not run.
    pub fn failures(&self) -> impl Iterator<Item = &VectorReport> {
        self.vectors
            .iter()
            .filter(|vector| vector.outcome.is_failure())
    }

    /// How many vectors were not run, since they say nothing about the target.
    #[must_use]
    pub fn skipped(&self) -> usize {
        let skipped = |vector: &&VectorReport| matches!(vector.outcome, Outcome::Skipped(_));
        self.vectors.iter().filter(skipped).count()
    }

    /// Which requirements the run covered.
    #[must_use]
    pub fn coverage(&self, specification: &Specification) -> Coverage {
        Coverage::of(self, specification)
    }
}

/// What a report says of an outcome that is not a pass.
fn message(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Skipped(reason) => Some(format!("not run: {reason}")),
        Outcome::Failed(failure) => Some(failure.to_string()),
        Outcome::Broken(cause) => Some(format!("could not be run: {cause}")),
    }
}
