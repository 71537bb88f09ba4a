//! Whether a new version of a package can take the place of an old one (JCVM §4.4): what was linked against the old
//! export file has to find everything where it was.
//!
//! With a new major version nothing is promised, so there is nothing to break. With a new minor version things may
//! be added. With the same version nothing may change.

use crate::api::{ApiClass, ApiFlags, ApiMethod, ApiPackage, MethodKind};
use crate::component::Version;
use serde::Serialize;
use std::fmt;

/// Something that a package which was linked against the old version would miss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incompatibility {
    /// The class, method or field; the package's name for what is about all of it.
    pub item: String,
    /// What was in the old version, and has to stay.
    pub expected: String,
    /// What is in the new version.
    pub found: String,
}

impl fmt::Display for Incompatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {} (JCVM §4.4)",
            self.item, self.expected, self.found
        )
    }
}

/// Everything in `new` that breaks what was linked against `old`.
#[must_use]
pub fn compare(old: &ApiPackage, new: &ApiPackage) -> Vec<Incompatibility> {
    let mut comparison = Comparison { found: Vec::new() };
    let (before, after) = (old.newest(), new.newest());
    comparison.require(
        old.aid == new.aid,
        &old.name,
        || old.aid.to_string(),
        || new.aid.to_string(),
    );
    comparison.require(
        old.name == new.name,
        &old.name,
        || old.name.clone(),
        || new.name.clone(),
    );
    if before.major != after.major {
        // Nothing that was linked against the old version links against this one.
        return comparison.found;
    }
    comparison.require(
        after >= before,
        &old.name,
        || format!("a version after {before}"),
        || after.to_string(),
    );
    for class in &old.classes {
        match new.class_by_token(class.token) {
            Some(other) => comparison.class(class, other),
            None => comparison.miss(
                &class.name,
                format!("class token {}", class.token),
                "no class",
            ),
        }
    }
    if before == after {
        comparison.nothing_new(old, new, after);
    }
    comparison.found
}

struct Comparison {
    found: Vec<Incompatibility>,
}

/// Modifiers, for reports.
fn modifiers(flags: ApiFlags) -> String {
    let names = [
        (flags.public, "public"),
        (flags.protected, "protected"),
        (flags.is_static, "static"),
        (flags.is_final, "final"),
        (flags.is_abstract, "abstract"),
        (flags.shareable, "shareable"),
    ];
    let names: Vec<&str> = names
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| *name)
        .collect();
    names.join(" ")
}

impl Comparison {
    fn miss(&mut self, item: &str, expected: impl Into<String>, found: impl Into<String>) {
        self.found.push(Incompatibility {
            item: item.to_owned(),
            expected: expected.into(),
            found: found.into(),
        });
    }

    fn require(
        &mut self,
        holds: bool,
        item: &str,
        expected: impl FnOnce() -> String,
        found: impl FnOnce() -> String,
    ) {
        if !holds {
            self.miss(item, expected(), found());
        }
    }

    fn class(&mut self, old: &ApiClass, new: &ApiClass) {
        let item = &old.name;
        self.require(
            old.name == new.name && old.is_interface == new.is_interface,
            item,
            || format!("class token {}", old.token),
            || new.name.clone(),
        );
        let (before, after) = (old.flags, new.flags);
        let kept = (after.is_final <= before.is_final)
            && (after.is_abstract <= before.is_abstract)
            && after.public == before.public
            && after.shareable == before.shareable;
        self.require(kept, item, || modifiers(before), || modifiers(after));
        for (what, before, after) in [
            ("superclass", &old.supers, &new.supers),
            ("interface", &old.interfaces, &new.interfaces),
        ] {
            for name in before.iter().filter(|name| !after.contains(name)) {
                self.miss(item, format!("{what} {name}"), "none");
            }
        }
        for method in &old.methods {
            self.method(old, method, new);
        }
        for method in &new.methods {
            let is_new = old
                .method_by_token(method.kind.token_space(), method.token)
                .is_none();
            let is_owed = method.kind == MethodKind::Interface
                || (method.flags.is_abstract && !old.flags.is_abstract);
            if is_new && is_owed {
                let found = format!(
                    "{}{}, which implementers do not have",
                    method.name, method.descriptor
                );
                self.miss(item, "no new abstract method", found);
            }
        }
        self.fields(old, new);
    }

    fn method(&mut self, class: &ApiClass, old: &ApiMethod, new: &ApiClass) {
        let item = format!("{}.{}{}", class.name, old.name, old.descriptor);
        let Some(other) = new.method_by_token(old.kind.token_space(), old.token) else {
            return self.miss(&item, format!("token {}", old.token), "no method");
        };
        self.require(
            (&other.name, &other.descriptor, other.kind) == (&old.name, &old.descriptor, old.kind),
            &item,
            || format!("token {}", old.token),
            || format!("{}{}", other.name, other.descriptor),
        );
        let (before, after) = (old.flags, other.flags);
        // Nobody overrides a static method, a constructor, or a method of a final class.
        let may_override = old.kind == MethodKind::Virtual && !class.flags.is_final;
        let kept = (after.public >= before.public)
            && (!may_override || after.is_final <= before.is_final)
            && (after.is_abstract <= before.is_abstract);
        self.require(kept, &item, || modifiers(before), || modifiers(after));
    }

    fn fields(&mut self, old: &ApiClass, new: &ApiClass) {
        for field in &old.fields {
            let item = format!("{}.{}", old.name, field.name);
            let other = new.fields.iter().find(|other| {
                other.token == field.token && other.flags.is_static == field.flags.is_static
            });
            let Some(other) = other else {
                self.miss(&item, format!("token {}", field.token), "no field");
                continue;
            };
            let (before, after) = (field.flags, other.flags);
            let kept = (&other.name, &other.descriptor) == (&field.name, &field.descriptor)
                && after.public >= before.public
                && after.is_final <= before.is_final;
            self.require(
                kept,
                &item,
                || format!("{} {}", modifiers(before), field.descriptor),
                || format!("{} {} {}", modifiers(after), other.descriptor, other.name),
            );
        }
        for constant in &old.constants {
            let item = format!("{}.{}", old.name, constant.name);
            match new.constant(&constant.name) {
                Some(other) => self.require(
                    (&other.descriptor, other.value) == (&constant.descriptor, constant.value),
                    &item,
                    || format!("{} {}", constant.descriptor, constant.value),
                    || format!("{} {}", other.descriptor, other.value),
                ),
                None => self.miss(&item, format!("the constant {}", constant.value), "none"),
            }
        }
    }

    /// Two packages with one version are the same.
    fn nothing_new(&mut self, old: &ApiPackage, new: &ApiPackage, version: Version) {
        let size = |package: &ApiPackage| {
            let members = package
                .classes
                .iter()
                .map(|class| class.methods.len() + class.fields.len() + class.constants.len());
            (package.classes.len(), members.sum::<usize>())
        };
        let ((classes, members), (new_classes, new_members)) = (size(old), size(new));
        self.require(
            (classes, members) == (new_classes, new_members),
            &old.name,
            || format!("{classes} classes with {members} members in version {version}"),
            || format!("{new_classes} with {new_members}; what is added needs a new minor version"),
        );
    }
}
