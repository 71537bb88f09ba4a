//! Debug component: what it says can be looked up, and is true.

use crate::component::Tag;
use crate::component::debug::{ClassDebug, Debug, MethodDebug};
use crate::component::descriptor::{ClassDescriptor, MethodDescriptor, access};
use crate::export_file::access as names;
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::World;
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
        if let Some(described) = described(checker.world, class) {
            let agrees = unique && flags_agree(class, described) && methods_agree(checker, class);
            checker.require(
                agrees,
                Rule::DebugAgrees,
                Tag::Debug,
                None,
                "a class that is described once, with its flags, and methods with their sizes, variables and lines",
                || format!("class {index}"),
            );
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

fn described<'w>(world: &'w World<'_>, class: &ClassDebug) -> Option<&'w ClassDescriptor> {
    world.own_descriptor(world.own_class(class.location)?)
}

/// The flags of class files against those of the Descriptor component.
fn flags_agree(class: &ClassDebug, described: &ClassDescriptor) -> bool {
    let pairs = [
        (names::PUBLIC, access::ACC_PUBLIC),
        (names::FINAL, access::ACC_FINAL),
        (names::INTERFACE, access::ACC_INTERFACE),
        (names::ABSTRACT, access::ACC_ABSTRACT_CLASS),
    ];
    pairs.iter().all(|(name, flag)| {
        (class.access_flags & name != 0) == (described.access_flags & flag != 0)
    })
}

/// Methods without code (abstract ones, those of interfaces) have no place.
fn methods_agree(checker: &Checker<'_, '_>, class: &ClassDebug) -> bool {
    let world = checker.world;
    let own = world.own_class(class.location);
    class.methods.iter().all(|method| {
        if method.body_size == 0 {
            return method.variables.is_empty() && method.lines.is_empty();
        }
        world
            .method_at(method.location)
            .is_none_or(|(owner, described)| {
                Some(owner) == own && sizes_agree(checker, method, described)
            })
    })
}

fn sizes_agree(
    checker: &Checker<'_, '_>,
    method: &MethodDebug,
    described: &MethodDescriptor,
) -> bool {
    let Some(found) = checker.cap.method.described(described) else {
        return true;
    };
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
    method.body_size == described.bytecode_count
        && usize::from(method.header_size) == usize::from(found.header.size())
        && variables
        && lines
}
