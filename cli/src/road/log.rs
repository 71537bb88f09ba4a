//! The steps that were gone, with their times.

use crate::failure::Failure;
use serde::Serialize;
use std::time::Instant;

/// A step that was gone and checked.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was done.
    pub what: String,
    /// What came of it.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
}

/// What happens, as it happens.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A step begins.
    Begin(&'a str),
    /// It has ended well.
    End(&'a Step),
}

/// Keeps the steps, and tells of each.
pub struct Log<'a> {
    /// The steps so far.
    pub steps: Vec<Step>,
    listen: &'a mut dyn FnMut(Progress<'_>),
}

impl<'a> Log<'a> {
    /// An empty log; `listen` hears of every step.
    pub fn new(listen: &'a mut dyn FnMut(Progress<'_>)) -> Self {
        Self {
            steps: Vec::new(),
            listen,
        }
    }

    /// Goes a step: the work gives what the next steps need, and its outcome in words.
    ///
    /// # Errors
    /// Those of the work.
    pub fn step<T>(
        &mut self,
        what: impl Into<String>,
        work: impl FnOnce() -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        let what = what.into();
        (self.listen)(Progress::Begin(&what));
        let start = Instant::now();
        let (value, outcome) = work()?;
        let step = Step {
            what,
            outcome,
            milliseconds: start.elapsed().as_secs_f64() * 1000.0,
        };
        (self.listen)(Progress::End(&step));
        self.steps.push(step);
        Ok(value)
    }

    /// The time of all steps, in milliseconds.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.steps.iter().map(|step| step.milliseconds).sum()
    }
}
