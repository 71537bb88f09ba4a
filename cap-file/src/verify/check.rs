//! Collects findings.

use super::world::World;
use super::{Finding, Rule};
use crate::cap::CapFile;
use crate::component::Tag;
use crate::error::Place;
use crate::limits::MAX_FINDINGS;
use std::fmt::Display;

/// The linked file, and what is wrong with it so far.
pub(crate) struct Checker<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) cap: &'a CapFile,
    pub(crate) findings: Vec<Finding>,
    /// Findings beyond those that a report lists.
    pub(crate) omitted: usize,
}

impl<'w, 'a> Checker<'w, 'a> {
    pub(crate) fn new(world: &'w World<'a>) -> Self {
        Self {
            world,
            cap: world.cap,
            findings: Vec::new(),
            omitted: 0,
        }
    }

    /// Adds a finding, or counts it.
    pub(crate) fn find(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.omitted += 1;
        }
    }

    /// How many findings there are so far.
    pub(crate) fn count(&self) -> usize {
        self.findings.len() + self.omitted
    }

    /// Reports a broken rule.
    pub(crate) fn report(
        &mut self,
        rule: Rule,
        component: Tag,
        offset: impl Into<Option<usize>>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.find(Finding {
            rule,
            place: Place::Component(component),
            offset: offset.into(),
            method: None,
            instruction: None,
            expected: expected.into(),
            found: found.into(),
        });
    }

    /// Reports a broken rule unless `holds`.
    pub(crate) fn require(
        &mut self,
        holds: bool,
        rule: Rule,
        component: Tag,
        offset: impl Into<Option<usize>>,
        expected: impl Display,
        found: impl FnOnce() -> String,
    ) {
        if !holds {
            self.report(rule, component, offset, expected.to_string(), found());
        }
    }
}
