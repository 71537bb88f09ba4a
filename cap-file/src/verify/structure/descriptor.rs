//! Descriptor component: it describes what is there, and every type is one.

use super::members;
use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::common::DescribedType;
use crate::component::constant_pool::Constant;
use crate::component::descriptor::{ClassDescriptor, Descriptor, access};
use crate::component::{ClassRef, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Member, Signature, World};
use std::collections::{HashMap, HashSet};

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let Some(descriptor) = &checker.cap.descriptor else {
        checker.report(
            Rule::DescriptorPresent,
            Tag::Descriptor,
            None,
            "a Descriptor component",
            "none: types cannot be checked",
        );
        return;
    };
    classes(checker, descriptor);
    for class in &descriptor.classes {
        members::check(checker, class);
    }
    types(checker, descriptor);
    constants(checker, descriptor);
}

fn classes(checker: &mut Checker<'_, '_>, descriptor: &Descriptor) {
    let mut described: HashMap<ClassRef, (&ClassDescriptor, usize)> = HashMap::new();
    for class in &descriptor.classes {
        described.entry(class.this_class).or_insert((class, 0)).1 += 1;
    }
    for (offset, entry) in checker.cap.class_entries() {
        let agrees = match described.get(&ClassRef::Internal(offset)) {
            Some((class, 1)) => agrees(class, entry),
            _ => false,
        };
        checker.require(
            agrees,
            Rule::DescriptorClasses,
            Tag::Descriptor,
            None,
            "one description, with the flags and interfaces of the Class component",
            || format!("class offset {offset}"),
        );
    }
    class_tokens(checker, descriptor);
    let packages = descriptor.package_class_counts.len();
    let public = checker.cap.header.public_packages.len();
    checker.require(
        packages >= public,
        Rule::DescriptorClasses,
        Tag::Descriptor,
        None,
        format_args!("the classes of {public} public packages"),
        || format!("{packages} packages"),
    );
    for class in &descriptor.classes {
        let known = matches!(class.this_class, ClassRef::Internal(offset) if checker.world.own_class(offset).is_some());
        checker.require(
            known,
            Rule::DescriptorClasses,
            Tag::Descriptor,
            None,
            "a class of this package",
            || format!("{:?}", class.this_class),
        );
    }
}

/// No two public classes of a package have the same token.
fn class_tokens(checker: &mut Checker<'_, '_>, descriptor: &Descriptor) {
    let world = checker.world;
    let mut seen = HashSet::new();
    for class in &descriptor.classes {
        let ClassRef::Internal(offset) = class.this_class else {
            continue;
        };
        let package = world.own_class(offset).map(|id| world.package(id));
        checker.require(
            class.token == 0xff || seen.insert((package, class.token)),
            Rule::DescriptorClasses,
            Tag::Descriptor,
            None,
            "a token of its own for each public class",
            || format!("token {} of the class at {offset} again", class.token),
        );
    }
}

fn agrees(described: &ClassDescriptor, entry: ClassEntry<'_>) -> bool {
    let has = |flag: u8| described.access_flags & flag != 0;
    let defined =
        access::ACC_PUBLIC | access::ACC_FINAL | access::ACC_INTERFACE | access::ACC_ABSTRACT_CLASS;
    let flags = described.access_flags & !defined == 0;
    // Just what is visible outside has a token.
    let token = (described.token == 0xff) != has(access::ACC_PUBLIC);
    match entry {
        ClassEntry::Interface(interface) => {
            flags
                && token
                && has(access::ACC_INTERFACE)
                && has(access::ACC_ABSTRACT_CLASS)
                && !has(access::ACC_FINAL)
                // What an interface extends is in the Class component: it implements nothing.
                && described.interfaces.is_empty()
                && interface.flags & ClassInfo::ACC_INTERFACE != 0
        }
        ClassEntry::Class(class) => {
            let interfaces = class
                .interfaces
                .iter()
                .map(|implemented| implemented.interface);
            flags
                && token
                && !has(access::ACC_INTERFACE)
                && !(has(access::ACC_FINAL) && has(access::ACC_ABSTRACT_CLASS))
                && described.interfaces.iter().copied().eq(interfaces)
                && class.flags & ClassInfo::ACC_INTERFACE == 0
        }
    }
}

fn types(checker: &mut Checker<'_, '_>, descriptor: &Descriptor) {
    for (offset, described) in descriptor.types.entries() {
        let right = described
            .types()
            .is_some_and(|types| well_formed(checker.world, &types))
            && (described.nibble_count % 2 == 0
                || described.bytes.last().is_none_or(|last| last & 15 == 0));
        checker.require(
            right,
            Rule::DescriptorTypes,
            Tag::Descriptor,
            None,
            "a type, or types of arguments and a result",
            || format!("{:02x?} at offset {offset} of the types", described.bytes),
        );
    }
}

fn well_formed(world: &World<'_>, types: &[DescribedType]) -> bool {
    let Some((_, arguments)) = types.split_last() else {
        return false;
    };
    let known = |described: &DescribedType| match described {
        DescribedType::Reference(class) | DescribedType::ReferenceArray(class) => {
            world.class(*class).is_some() || world.is_unknown_import(*class)
        }
        _ => true,
    };
    types.iter().all(known) && arguments.iter().all(|argument| argument.words() > 0)
}

/// What a constant leads to has this signature; a field has no arguments.
fn has_signature(member: &Member, signature: Option<&Signature>) -> bool {
    match member {
        Member::Unknown => true,
        Member::Method(callee) => signature == Some(&callee.signature),
        Member::Field(field) => signature.is_some_and(|signature| {
            signature.arguments.is_empty() && signature.result == Some(field.field_type)
        }),
    }
}

fn constants(checker: &mut Checker<'_, '_>, descriptor: &Descriptor) {
    let pool = &checker.cap.constant_pool.entries;
    let types = &descriptor.types.constant_pool_types;
    if pool.len() != types.len() {
        checker.report(
            Rule::DescriptorConstants,
            Tag::Descriptor,
            None,
            format!("{} types of constants", pool.len()),
            types.len().to_string(),
        );
        return;
    }
    for (index, (constant, offset)) in pool.iter().zip(types).enumerate() {
        let right = match constant {
            Constant::Class(_) => *offset == 0xffff,
            // What cannot be resolved has been reported.
            _ => u16::try_from(index)
                .ok()
                .and_then(|index| checker.world.resolved(index))
                .is_none_or(|resolved| {
                    let signature = checker.world.signature(*offset);
                    has_signature(&resolved.member, signature.as_ref())
                }),
        };
        checker.require(
            right,
            Rule::DescriptorConstants,
            Tag::Descriptor,
            None,
            "the type of what the constant refers to",
            || format!("type offset {offset} for constant {index}, {constant:?}"),
        );
    }
}
