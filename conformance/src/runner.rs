//! Runs vectors on a target.

mod conversation;

use crate::report::{Report, VectorReport};
use crate::suite::{Suite, Vector};
use crate::target::Target;
use conversation::Conversation;
use std::fmt;
use std::time::Instant;

/// What happens in a run, as it happens.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A run starts.
    Started {
        /// The target's name.
        target: &'a str,
        /// How many vectors there are.
        vectors: usize,
    },
    /// A vector starts.
    VectorStarted {
        /// Its name.
        name: &'a str,
    },
    /// A vector has ended.
    VectorFinished {
        /// What came of it.
        report: &'a VectorReport,
    },
    /// The run has ended.
    Finished {
        /// What came of it.
        report: &'a Report,
    },
}

/// A command and its response, as they went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The command.
    pub command: Vec<u8>,
    /// Response data and status word.
    pub response: Vec<u8>,
}

/// What came of a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step gave what it must.
    Passed,
    /// A step did not.
    Failed(Failure),
    /// It says nothing about this target, for this reason.
    Skipped(&'static str),
    /// The vector could not be run to its end.
    Broken(String),
}

impl Outcome {
    /// Whether it is [`Outcome::Passed`].
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Whether it tells that something is not as it must be.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        !matches!(self, Self::Passed | Self::Skipped(_))
    }
}

/// A step that did not give what it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step: its number, from 1, with the sequence that it belongs to where it is not the
    /// vector's own.
    pub step: String,
    /// The command in words, without secrets.
    pub command: String,
    /// What must come.
    pub expected: String,
    /// What came.
    pub found: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            command,
            expected,
            found,
        } = self;
        write!(
            f,
            "step {step}: {command}: expected {expected}, came {found}"
        )
    }
}

/// Runs every vector of the suite on the target.
///
/// `listen` hears of every event; a progress bar or a log is drawn from these.
pub fn run(suite: &Suite, target: &mut dyn Target, listen: &mut dyn FnMut(Event<'_>)) -> Report {
    listen(Event::Started {
        target: target.name(),
        vectors: suite.vectors.len(),
    });
    let mut vectors = Vec::new();
    for vector in &suite.vectors {
        listen(Event::VectorStarted { name: &vector.name });
        let report = run_vector(suite, vector, target);
        listen(Event::VectorFinished { report: &report });
        vectors.push(report);
    }
    let report = Report {
        target: target.name().to_owned(),
        vectors,
    };
    listen(Event::Finished { report: &report });
    report
}

fn run_vector(suite: &Suite, vector: &Vector, target: &mut dyn Target) -> VectorReport {
    let start = Instant::now();
    let (outcome, exchanges) = if vector.exact_lengths && !target.tells_lengths() {
        let reason = "over T=0 a card cannot tell a command without Le from one with it";
        (Outcome::Skipped(reason), Vec::new())
    } else {
        let mut conversation = Conversation::new(suite, target);
        let outcome = conversation.hold(vector);
        (outcome, conversation.into_exchanges())
    };
    VectorReport {
        name: vector.name.clone(),
        covers: vector.covers.clone(),
        outcome,
        exchanges,
        duration: start.elapsed(),
    }
}
