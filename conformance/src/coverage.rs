use crate::report::Report;
use apdu_spec::table::{Requirement, Specification};

/// Which requirements a run covered.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Every requirement of the specification, in its order.
    pub requirements: Vec<Covered>,
}

/// One requirement, and the vectors that cover it.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// The names of the vectors that cover it and passed.
    pub passed: Vec<String>,
    /// The names of those that did not.
    pub failed: Vec<String>,
}

impl Coverage {
    pub(crate) fn of(report: &Report, specification: &Specification) -> Self {
        let covered = |requirement: &'static Requirement| {
            let covering = report
                .vectors
                .iter()
                .filter(|vector| vector.covers.iter().any(|id| id == requirement.id));
            let (passed, failed): (Vec<_>, Vec<_>) =
                covering.partition(|vector| vector.outcome.is_passed());
            let names = |vectors: Vec<&crate::VectorReport>| {
                vectors
                    .into_iter()
                    .map(|vector| vector.name.clone())
                    .collect()
            };
            Covered {
                requirement,
                passed: names(passed),
                failed: names(failed),
            }
        };
        Self {
            requirements: specification.requirements().map(covered).collect(),
        }
    }

    /// The requirements that no passed vector covers.
    pub fn missing(&self) -> impl Iterator<Item = &Covered> {
        self.requirements
            .iter()
            .filter(|covered| covered.passed.is_empty())
    }

    /// How many requirements a passed vector covers.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.requirements.len() - self.missing().count()
    }
}
