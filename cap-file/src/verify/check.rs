//! Collects findings.

use super::world::World;
use super::{Finding, Rule};
use crate::cap::CapFile;
use crate::component::Tag;

/// The linked file, and what is wrong with it so far.
pub(crate) struct Checker<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) cap: &'a CapFile,
    pub(crate) findings: Vec<Finding>,
}

impl<'w, 'a> Checker<'w, 'a> {
    pub(crate) fn new(world: &'w World<'a>) -> Self {
        Self {
            world,
            cap: world.cap,
            findings: Vec::new(),
        }
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
        self.findings.push(Finding {
            rule,
            component,
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
        expected: &str,
        found: impl FnOnce() -> String,
    ) {
        if !holds {
            self.report(rule, component, offset, expected, found());
        }
    }
}
