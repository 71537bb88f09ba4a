//! Verification of export files (JCVM §5): whoever links against one takes it at its word.

mod classes;
mod hierarchy;
mod members;

use super::{Finding, Report, Rule};
use crate::error::Place;
use crate::export_file::{ExportConstant, ExportFile};
use crate::java;
use crate::limits::MAX_FINDINGS;
use std::collections::HashSet;

/// Package flag: no applets (JCVM §5.6.1).
const ACC_LIBRARY: u8 = 1;

/// An export file, and what is wrong with it so far.
struct Exported<'f> {
    file: &'f ExportFile,
    report: Report,
}

/// Checks an export file against the rules of chapter 5, whose ids begin with `exp-`. What stands in other export
/// files is not looked at.
#[must_use]
pub fn verify_export_file(file: &ExportFile) -> Report {
    let mut exported = Exported {
        file,
        report: Report::default(),
    };
    exported.constants();
    exported.package();
    classes::check(&mut exported);
    hierarchy::check(&mut exported);
    exported.report
}

impl<'f> Exported<'f> {
    /// Reports a broken rule unless `holds`.
    fn require(
        &mut self,
        holds: bool,
        rule: Rule,
        expected: impl Into<String>,
        found: impl FnOnce() -> String,
    ) {
        if holds {
            return;
        }
        if self.report.findings.len() >= MAX_FINDINGS {
            self.report.omitted += 1;
            return;
        }
        self.report.findings.push(Finding {
            rule,
            place: Place::ExportFile,
            offset: None,
            method: None,
            instruction: None,
            expected: expected.into(),
            found: found(),
        });
    }

    fn constant(&self, index: u16) -> Option<&'f ExportConstant> {
        self.file.constant_pool.get(usize::from(index))
    }

    /// A text, if the index leads to one.
    fn text(&self, index: u16) -> Option<&'f str> {
        match self.constant(index)? {
            ExportConstant::Utf8(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// The name of a class, if the index leads to one.
    fn class_name(&self, index: u16) -> Option<&'f str> {
        match self.constant(index)? {
            ExportConstant::Class(name) => self.text(*name),
            _ => None,
        }
    }

    /// A text that has to be there; it is reported if it is not.
    fn needed_text(&mut self, index: u16, what: &str) -> Option<&'f str> {
        let text = self.text(index);
        self.require(
            text.is_some(),
            Rule::ExpConstants,
            format!("the constant pool index of {what}"),
            || index.to_string(),
        );
        text
    }

    /// A class name that has to be there; it is reported if it is not.
    fn needed_class(&mut self, index: u16, what: &str) -> Option<&'f str> {
        let name = self.class_name(index);
        self.require(
            name.is_some(),
            Rule::ExpConstants,
            format!("the constant pool index of {what}"),
            || index.to_string(),
        );
        name
    }

    fn constants(&mut self) {
        for (index, constant) in self.file.constant_pool.iter().enumerate() {
            let (right, expected) = match constant {
                ExportConstant::Utf8(text) => (
                    !text.contains(&0) && std::str::from_utf8(text).is_ok(),
                    "a text in UTF-8 without zero bytes",
                ),
                ExportConstant::Integer(_) => (true, ""),
                ExportConstant::Class(name) => (self.text(*name).is_some(), "the name of a class"),
                ExportConstant::Package { name, .. } => {
                    (self.text(*name).is_some(), "the name of a package")
                }
            };
            self.require(right, Rule::ExpConstants, expected, || {
                format!("constant {index}: {constant:?}")
            });
        }
    }

    fn package(&mut self) {
        let this = self.file.this_package;
        let is_package = matches!(self.constant(this), Some(ExportConstant::Package { .. }));
        self.require(
            is_package,
            Rule::ExpConstants,
            "the constant pool index of the package",
            || this.to_string(),
        );
        for constant in &self.file.constant_pool {
            if let ExportConstant::Package { flags, name, .. } = constant {
                let right = flags & !ACC_LIBRARY == 0;
                self.require(right, Rule::ExpPackage, "no flag but ACC_LIBRARY", || {
                    format!("0x{flags:02x}")
                });
                let name = self.text(*name);
                self.require(
                    name.is_none_or(java::is_qualified),
                    Rule::ExpNames,
                    "the name of a package",
                    || name.unwrap_or_default().to_owned(),
                );
            }
        }
        self.referenced_packages();
    }

    /// Format 2.3 lists the packages that this one refers to: each once, all of them, and no other.
    fn referenced_packages(&mut self) {
        let Some(listed) = &self.file.referenced_packages else {
            return;
        };
        let (mut aids, mut names) = (HashSet::new(), HashSet::new());
        for &index in listed {
            let right = match self.constant(index) {
                Some(ExportConstant::Package { aid, name, .. }) => {
                    let name = self.text(*name);
                    aids.insert(aid) & name.is_some_and(|name| names.insert(name))
                }
                _ => false,
            };
            self.require(
                right,
                Rule::ExpPackage,
                "the constant pool index of a package that is not named before",
                || index.to_string(),
            );
        }
        let used = self.used_packages();
        let (missing, idle) = (
            used.difference(&names).next(),
            names.difference(&used).next(),
        );
        self.require(
            missing.is_none() && idle.is_none(),
            Rule::ExpPackage,
            "the packages of all classes that are named, and no other",
            || format!("{missing:?} missing, {idle:?} not used"),
        );
    }

    /// The packages of the classes that are named above classes and in types, the package itself left out.
    fn used_packages(&self) -> HashSet<&'f str> {
        let classes = &self.file.classes;
        let above = classes
            .iter()
            .flat_map(|class| class.supers.iter().chain(&class.interfaces))
            .filter_map(|index| self.class_name(*index));
        let fields = classes.iter().flat_map(|class| &class.fields);
        let methods = classes.iter().flat_map(|class| &class.methods);
        let in_types = fields
            .map(|field| field.descriptor)
            .chain(methods.map(|method| method.descriptor))
            .filter_map(|index| self.text(index))
            .flat_map(java::classes_in);
        let own = self.package_name();
        above
            .chain(in_types)
            .filter_map(|name| Some(name.rsplit_once('/')?.0))
            .filter(|package| Some(*package) != own)
            .collect()
    }

    /// The name of the package, its parts separated by `/`.
    fn package_name(&self) -> Option<&'f str> {
        match self.constant(self.file.this_package)? {
            ExportConstant::Package { name, .. } => self.text(*name),
            _ => None,
        }
    }

    fn is_library(&self) -> bool {
        matches!(
            self.constant(self.file.this_package),
            Some(ExportConstant::Package { flags, .. }) if flags & ACC_LIBRARY != 0
        )
    }
}
