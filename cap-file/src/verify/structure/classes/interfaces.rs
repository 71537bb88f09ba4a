//! Interfaces, and how classes implement them.

use super::remote;
use crate::component::class::{ClassInfo, ImplementedInterface, InterfaceInfo};
use crate::component::{ClassRef, Tag};
use crate::limits::MAX_SUPERINTERFACES;
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{ClassId, Signature, Visibility};

pub(super) fn check(
    checker: &mut Checker<'_, '_>,
    id: ClassId,
    at: usize,
    interface: &InterfaceInfo,
) {
    named(checker, at, &interface.superinterfaces);
    let count = interface.superinterfaces.len();
    checker.require(
        count <= MAX_SUPERINTERFACES,
        Rule::ClassLimits,
        Tag::Class,
        at,
        "at most 14 superinterfaces",
        || count.to_string(),
    );
    remote::interface(checker, id, at, interface);
    inherited_methods(checker, id, at);
    let defined = ClassInfo::ACC_INTERFACE | ClassInfo::ACC_SHAREABLE | ClassInfo::ACC_REMOTE;
    let flags = interface.flags;
    checker.require(
        flags & !defined == 0,
        Rule::ClassFlags,
        Tag::Class,
        at,
        "no undefined flags",
        || format!("0x{flags:x}"),
    );
    let world = checker.world;
    let shareable = world
        .all_interfaces(id)
        .iter()
        .any(|other| *other != id && world.is_shareable(*other));
    let set = flags & ClassInfo::ACC_SHAREABLE != 0;
    checker.require(
        set == shareable || !world.all_imports_known(),
        Rule::ClassShareable,
        Tag::Class,
        at,
        format_args!("ACC_SHAREABLE {shareable}"),
        || set.to_string(),
    );
}

/// An implementer's table leads from the tokens of one interface only, so that each describes what it inherits, too.
/// Names are in no component: signatures are counted.
fn inherited_methods(checker: &mut Checker<'_, '_>, id: ClassId, at: usize) {
    let world = checker.world;
    let signatures = |id: ClassId| -> Option<Vec<Signature>> {
        let count = world.interface_method_count(id)?;
        let tokens = (0..=0xff).take(count);
        tokens
            .map(|token| Some(world.interface_method(id, token)?.signature))
            .collect()
    };
    let Some(own) = signatures(id) else { return };
    for above in world.all_interfaces(id) {
        if above == id || !world.is_interface(above) {
            continue;
        }
        let Some(inherited) = signatures(above) else {
            continue;
        };
        let mut own = own.clone();
        let missing = inherited.iter().find(|wanted| {
            let found = own.iter().position(|own| own == *wanted);
            found.map(|index| own.swap_remove(index)).is_none()
        });
        checker.require(
            missing.is_none(),
            Rule::InterfaceMethods,
            Tag::Descriptor,
            None,
            format_args!(
                "the methods of {} in {}, at offset {at} of the Class component",
                world.name(above),
                world.name(id)
            ),
            || format!("{} methods without one with {missing:?}", own.len()),
        );
    }
}

/// What a class or interface names as the interfaces above it.
pub(super) fn named(checker: &mut Checker<'_, '_>, at: usize, references: &[ClassRef]) {
    let world = checker.world;
    for (index, reference) in references.iter().enumerate() {
        if world.is_unknown_import(*reference) {
            continue;
        }
        let before = !matches!(reference, ClassRef::Internal(offset) if usize::from(*offset) >= at);
        let right = before
            && !references
                .iter()
                .take(index)
                .any(|other| other == reference)
            && world
                .class(*reference)
                .is_some_and(|id| world.is_interface(id));
        checker.require(
            right,
            Rule::ClassInterfaces,
            Tag::Class,
            at,
            "an interface that stands before its user, named once",
            || format!("{reference:?}"),
        );
    }
    let named: Vec<ClassId> = references
        .iter()
        .filter_map(|reference| world.class(*reference))
        .collect();
    for id in named.iter().filter(|id| world.is_interface(**id)) {
        for interface in world.all_interfaces(*id) {
            let expected = format!(
                "{}, which {} extends",
                world.name(interface),
                world.name(*id)
            );
            checker.require(
                named.contains(&interface),
                Rule::ClassInterfaces,
                Tag::Class,
                at,
                &expected,
                || "a list without it".to_owned(),
            );
        }
    }
}

/// Where the methods of an interface are in a class.
pub(super) fn table(
    checker: &mut Checker<'_, '_>,
    id: ClassId,
    at: usize,
    implemented: &ImplementedInterface,
) {
    let world = checker.world;
    let Some(interface) = world.class(implemented.interface) else {
        return;
    };
    if !world.is_interface(interface) {
        return;
    }
    let count = world.interface_method_count(interface);
    let mut right = count == Some(implemented.methods.len());
    for (token, method) in (0u8..=255).zip(&implemented.methods) {
        let wanted = world.interface_method(interface, token);
        let found = world.virtual_method(id, *method);
        right &= match (wanted, found) {
            (Some(wanted), Some(found)) => {
                wanted.signature == found.signature && found.visibility == Visibility::Public
            }
            _ => false,
        };
    }
    checker.require(
        right,
        Rule::ClassInterfaceTable,
        Tag::Class,
        at,
        format_args!(
            "a public method with the same signature for each of {} methods of {}",
            count.unwrap_or(0),
            world.name(interface)
        ),
        || format!("tokens {:?}", implemented.methods),
    );
}
