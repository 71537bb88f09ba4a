//! Debug component: what it says can be looked up, and is true.

use crate::component::Tag;
use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::debug::{ClassDebug, Debug, MethodDebug};
use crate::component::descriptor::{ClassDescriptor, MethodDescriptor, access};
use crate::export_file::{ACC_SHAREABLE, access as names};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Origin, World};
use std::collections::HashSet;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let Some(debug) = &checker.cap.debug else {
        return;
    };
    let text = |index: u16| usize::from(index) < debug.strings.len();
    let named = debug.packages.iter().all(|package| text(package.name));
    let extended = checker.cap.format().extended;
    checker.require(
        named && (extended || text(debug.package_name)),
        Rule::DebugIndices,
        Tag::Debug,
        None,
        "the package's name",
        || debug.package_name.to_string(),
    );
    let mut seen = HashSet::new();
    for (index, class) in debug.classes.iter().enumerate() {
        let right = strings(debug, class) && locations(checker.world, class);
        checker.require(
            right,
            Rule::DebugIndices,
            Tag::Debug,
            None,
            "strings, a class and methods that exist",
            || format!("class {index}"),
        );
        let unique = seen.insert(class.location);
        if let Some((entry, described)) = described(checker.world, class) {
            let flags = match entry {
                ClassEntry::Interface(interface) => interface.flags,
                ClassEntry::Class(class) => class.flags,
            };
            let wrong = if !unique {
                Some("again".to_owned())
            } else if !flags_agree(class, described, flags) {
                Some(format!("flags 0x{:04x}", class.access_flags))
            } else if class.methods.len() != described.methods.len() {
                Some(format!("{} methods", class.methods.len()))
            } else {
                wrong_method(checker, class)
            };
            if let Some(wrong) = wrong {
                checker.report(
                    Rule::DebugAgrees,
                    Tag::Debug,
                    None,
                    "each class once, with its flags, and its methods with their sizes, variables and lines",
                    format!("class {index}: {wrong}"),
                );
            }
        }
    }
    let Some(descriptor) = &checker.cap.descriptor else {
        return;
    };
    let (classes, described) = (debug.classes.len(), descriptor.classes.len());
    checker.require(
        classes == described,
        Rule::DebugAgrees,
        Tag::Debug,
        None,
        format_args!("each of {described} classes"),
        || classes.to_string(),
    );
}

fn strings(debug: &Debug, class: &ClassDebug) -> bool {
    let fields = class
        .fields
        .iter()
        .flat_map(|field| [field.name, field.descriptor]);
    let methods = class
        .methods
        .iter()
        .flat_map(|method| [method.name, method.descriptor]);
    let variables = class.methods.iter().flat_map(|method| &method.variables);
    [class.name, class.superclass_name, class.source_file]
        .into_iter()
        .chain(class.interfaces.iter().copied())
        .chain(fields)
        .chain(methods)
        .chain(variables.flat_map(|variable| [variable.name, variable.descriptor]))
        .all(|index| usize::from(index) < debug.strings.len())
}

fn locations(world: &World<'_>, class: &ClassDebug) -> bool {
    world.own_class(class.location).is_some()
        && class
            .methods
            .iter()
            .filter(|method| method.body_size > 0)
            .all(|method| {
                world.cap.descriptor.is_none() || world.method_at(method.location).is_some()
            })
}

fn described<'w>(
    world: &World<'w>,
    class: &ClassDebug,
) -> Option<(ClassEntry<'w>, &'w ClassDescriptor)> {
    match world.get(world.own_class(class.location)?)?.origin {
        Origin::Own {
            entry, descriptor, ..
        } => Some((entry, descriptor?)),
        Origin::Api { .. } => None,
    }
}

/// The flags of class files against those of the Descriptor component and these of the Class component.
fn flags_agree(class: &ClassDebug, described: &ClassDescriptor, flags: u8) -> bool {
    let pairs = [
        (names::PUBLIC, access::ACC_PUBLIC),
        (names::FINAL, access::ACC_FINAL),
        (names::INTERFACE, access::ACC_INTERFACE),
        (names::ABSTRACT, access::ACC_ABSTRACT_CLASS),
    ];
    pairs.iter().all(|(name, flag)| {
        (class.access_flags & name != 0) == (described.access_flags & flag != 0)
    }) && (class.access_flags & ACC_SHAREABLE != 0) == (flags & ClassInfo::ACC_SHAREABLE != 0)
}

/// What is wrong with a method, if something is. Methods without code (abstract ones, those of interfaces) have no
/// place.
fn wrong_method(checker: &Checker<'_, '_>, class: &ClassDebug) -> Option<String> {
    let world = checker.world;
    let own = world.own_class(class.location);
    class
        .methods
        .iter()
        .enumerate()
        .find_map(|(index, method)| {
            let wrong = if method.body_size == 0 {
                let empty = method.variables.is_empty() && method.lines.is_empty();
                (!empty).then_some("variables or lines without code")
            } else {
                let (owner, described) = world.method_at(method.location)?;
                if Some(owner) == own {
                    other_size(checker, method, described)
                } else {
                    Some("that of another class")
                }
            };
            wrong.map(|wrong| format!("method {index}: {wrong}"))
        })
}

fn other_size(
    checker: &Checker<'_, '_>,
    method: &MethodDebug,
    described: &MethodDescriptor,
) -> Option<&'static str> {
    let found = checker.cap.method.described(described)?;
    let words = usize::from(found.header.nargs) + usize::from(found.header.max_locals);
    let size = usize::from(method.body_size);
    let variables = method.variables.iter().all(|variable| {
        usize::from(variable.index) < words
            && usize::from(variable.start_pc) + usize::from(variable.length) <= size
    });
    let lines = method
        .lines
        .iter()
        .all(|line| line.start_pc <= line.end_pc && usize::from(line.end_pc) < size);
    let sizes = method.body_size == described.bytecode_count
        && usize::from(method.header_size) == usize::from(found.header.size());
    [
        (sizes, "other sizes"),
        (variables, "a variable outside of its frame or code"),
        (lines, "a line outside of its code"),
    ]
    .into_iter()
    .find_map(|(right, wrong)| (!right).then_some(wrong))
}
