//! Class component: hierarchy, fields and method tables.

mod interfaces;
mod remote;

use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::descriptor::{ClassDescriptor, FieldLocation, access};
use crate::component::{ClassRef, CodeOffset, INHERITED, Tag};
use crate::limits::{MAX_HIERARCHY_DEPTH, MAX_INSTANCE_WORDS};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{
    Callee, ClassId, Origin, Type, Visibility, inherited_token, table_entry,
};
use std::collections::HashSet;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    for (offset, entry) in checker.cap.class_entries() {
        let Some(id) = checker.world.own_class(offset) else {
            continue;
        };
        let at = usize::from(offset);
        match entry {
            ClassEntry::Interface(interface) => interfaces::check(checker, id, at, interface),
            ClassEntry::Class(class) => {
                superclass(checker, at, class);
                flags(checker, id, at, class);
                interfaces::named(
                    checker,
                    at,
                    &class
                        .interfaces
                        .iter()
                        .map(|implemented| implemented.interface)
                        .collect::<Vec<_>>(),
                );
                if let Some(Origin::Own {
                    descriptor: Some(descriptor),
                    ..
                }) = checker.world.get(id).map(|class| class.origin)
                {
                    instance_size(checker, at, class, descriptor);
                    method_tables(checker, id, at, class);
                    methods_in_tables(checker, at, class, descriptor);
                    for implemented in &class.interfaces {
                        interfaces::table(checker, id, at, implemented);
                    }
                    abstract_methods(checker, id, at, class, descriptor);
                    token_mapping(checker, id, at, class);
                }
                size_limit(checker, id, at);
                remote::class(checker, id, at, class);
            }
        }
    }
}

/// Objects have at most 255 words, those of superclasses in this file included.
fn size_limit(checker: &mut Checker<'_, '_>, id: ClassId, at: usize) {
    let world = checker.world;
    let sizes = world.chain(id).filter_map(|id| world.own_info(id));
    let words: usize = sizes
        .map(|info| usize::from(info.declared_instance_size))
        .sum();
    let depth = world.chain(id).count() - 1;
    checker.require(
        depth < MAX_HIERARCHY_DEPTH,
        Rule::ClassLimits,
        Tag::Class,
        at + 1,
        format_args!("fewer than {MAX_HIERARCHY_DEPTH} superclasses"),
        || format!("{depth} or more"),
    );
    checker.require(
        words <= MAX_INSTANCE_WORDS,
        Rule::ClassLimits,
        Tag::Class,
        at + 3,
        "at most 255 words of fields",
        || words.to_string(),
    );
}

/// Format 2.3: which methods of the superclass are inherited or overridden under which token.
fn token_mapping(checker: &mut Checker<'_, '_>, id: ClassId, at: usize, class: &ClassInfo) {
    let world = checker.world;
    let Some(mapping) = &class.token_mapping else {
        return;
    };
    let above = world.get(id).and_then(|class| class.super_class);
    let mut seen = HashSet::new();
    for (token, mapped) in mapping.tokens.iter().enumerate() {
        let right = *mapped == 0xff
            || (seen.insert(*mapped)
                && *mapped < 0x80
                && (above.is_some_and(|above| world.virtual_method(above, *mapped).is_some())
                    || !world.all_imports_known()));
        checker.require(
            right,
            Rule::ClassTokenMapping,
            Tag::Class,
            at,
            "a token of the superclass that no other token has, or 0xFF",
            || format!("{mapped} for token {token}"),
        );
    }
    let length = usize::from(class.public_method_table_base) + class.public_virtual_methods.len();
    // Every method of the superclass that is visible outside is inherited or overridden.
    let missing = above.and_then(|above| {
        (0..128)
            .find(|token| !seen.contains(token) && world.virtual_method(above, *token).is_some())
    });
    checker.require(
        missing.is_none(),
        Rule::ClassTokenMapping,
        Tag::Class,
        at,
        "each public method token of the superclass in the mapping",
        || format!("{missing:?} is not"),
    );
    checker.require(
        mapping.tokens.len() == length && usize::from(mapping.inheritable_count) <= length,
        Rule::ClassTokenMapping,
        Tag::Class,
        at,
        format_args!("a mapping of {length} tokens, of which no more are inheritable"),
        || {
            format!(
                "{} tokens, {} inheritable",
                mapping.tokens.len(),
                mapping.inheritable_count
            )
        },
    );
}

fn superclass(checker: &mut Checker<'_, '_>, at: usize, class: &ClassInfo) {
    let world = checker.world;
    let right = match class.super_class {
        None => false,
        Some(reference) if world.is_unknown_import(reference) => true,
        Some(reference) => {
            let before =
                !matches!(reference, ClassRef::Internal(offset) if usize::from(offset) >= at);
            before
                && world
                    .class(reference)
                    .is_some_and(|id| !world.is_interface(id) && !world.is_final(id))
        }
    };
    checker.require(
        right,
        Rule::ClassSuper,
        Tag::Class,
        at + 1,
        "a class that is not final and stands before this one",
        || format!("{:?}", class.super_class),
    );
}

fn flags(checker: &mut Checker<'_, '_>, id: ClassId, at: usize, class: &ClassInfo) {
    let world = checker.world;
    let defined = ClassInfo::ACC_SHAREABLE | ClassInfo::ACC_REMOTE;
    checker.require(
        class.flags & !defined == 0,
        Rule::ClassFlags,
        Tag::Class,
        at,
        "no undefined flags",
        || format!("0x{:x}", class.flags),
    );
    let shareable = world
        .all_interfaces(id)
        .into_iter()
        .any(|interface| world.is_shareable(interface));
    let set = class.flags & ClassInfo::ACC_SHAREABLE != 0;
    checker.require(
        set == shareable || !world.all_imports_known(),
        Rule::ClassShareable,
        Tag::Class,
        at,
        format_args!("ACC_SHAREABLE {shareable}"),
        || set.to_string(),
    );
}

fn instance_size(
    checker: &mut Checker<'_, '_>,
    at: usize,
    class: &ClassInfo,
    descriptor: &ClassDescriptor,
) {
    let world = checker.world;
    let mut size = 0;
    let mut fields = Vec::new();
    for field in &descriptor.fields {
        if let FieldLocation::Instance { token, .. } = field.location {
            let Some(found) = world.field_type(field) else {
                return;
            };
            size += found.words();
            let visible = field.access_flags & (access::ACC_PUBLIC | access::ACC_PROTECTED) != 0;
            fields.push((usize::from(token), found, visible));
        }
    }
    fields.sort_unstable_by_key(|(token, ..)| *token);
    // A token is the word offset of its field: fields follow each other without gap.
    let mut next = 0;
    let dense = fields.iter().all(|(token, found, _)| {
        let here = *token == next;
        next += found.words();
        here
    });
    let references: Vec<usize> = fields
        .iter()
        .filter(|(_, found, _)| found.is_reference())
        .map(|(token, ..)| *token)
        .collect();
    let first = references.first().copied().unwrap_or(0xff);
    // Visible fields first, so that tokens seen by others do not move; references in one piece (JCVM §4.3.7.5).
    let group = |found: &Type, visible: &bool| match (found.is_reference(), visible) {
        (false, true) => 0,
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
    };
    let ordered = fields.is_sorted_by_key(|(_, found, visible)| group(found, visible));
    let right = dense
        && ordered
        && usize::from(class.declared_instance_size) == size
        && usize::from(class.reference_count) == references.len()
        && usize::from(class.first_reference_token) == first;
    checker.require(
        right,
        Rule::ClassInstanceSize,
        Tag::Class,
        at + 3,
        format_args!(
            "{size} words of fields, {} references from token {first}",
            references.len()
        ),
        || {
            format!(
                "size {}, {} references from token {}, tokens {:?}",
                class.declared_instance_size,
                class.reference_count,
                class.first_reference_token,
                fields.iter().map(|(token, ..)| token).collect::<Vec<_>>()
            )
        },
    );
}

/// Both tables: tokens in range, entries of the right kind, overriding as Java allows.
fn method_tables(checker: &mut Checker<'_, '_>, id: ClassId, at: usize, class: &ClassInfo) {
    let tables = [
        (
            0x00,
            class.public_method_table_base,
            &class.public_virtual_methods,
        ),
        (
            0x80,
            class.package_method_table_base,
            &class.package_virtual_methods,
        ),
    ];
    let above = checker.world.get(id).and_then(|class| class.super_class);
    for (high, base, table) in tables {
        let right = usize::from(base) + table.len() <= 128;
        checker.require(
            right,
            Rule::ClassMethodTable,
            Tag::Class,
            at + 6,
            "tokens up to 127",
            || format!("{} methods from token {base}", table.len()),
        );
        if !right {
            continue;
        }
        for (token, offset) in (base..).zip(table) {
            entry(checker, id, above, at, high | token, *offset);
        }
        // The tokens of the table follow those of the superclass: none is left out, and no table is shorter than
        // that of the superclass.
        let world = checker.world;
        let end = usize::from(base) + table.len();
        let lost = above
            .filter(|_| class.token_mapping.is_none() || high != 0)
            .and_then(|above| {
                let visible = high == 0 || world.is_same_package(id, above);
                let mut tokens = (0..128).skip(end).filter(|_| visible);
                tokens.find(|token| world.virtual_method(above, high | token).is_some())
            });
        if let Some(token) = lost {
            let expected = "an entry for each method that the class inherits";
            let found = format!("none for {token}");
            checker.report(Rule::ClassMethodTable, Tag::Class, at + 6, expected, found);
        }
        let gap = (0..base).find(|token| world.virtual_method(id, high | token).is_none());
        if let Some(token) = gap
            && world.all_imports_known()
        {
            let expected = format!("a method for each token below {base}");
            checker.report(
                Rule::ClassMethodTable,
                Tag::Class,
                at + 6,
                expected,
                format!("none for {token}"),
            );
        }
    }
}

/// A class's own methods stand in its tables: dispatch looks nowhere else.
fn methods_in_tables(
    checker: &mut Checker<'_, '_>,
    at: usize,
    class: &ClassInfo,
    descriptor: &ClassDescriptor,
) {
    let early = access::ACC_STATIC | access::ACC_INIT | access::ACC_PRIVATE;
    for method in &descriptor.methods {
        if method.access_flags & early != 0 || method.token == 0xff {
            continue;
        }
        checker.require(
            table_entry(class, method.token) == Some(method.method_offset),
            Rule::ClassMethodTable,
            Tag::Class,
            at + 6,
            format_args!(
                "the class's own method at {} under token {}",
                method.method_offset, method.token
            ),
            || format!("{:?}", table_entry(class, method.token)),
        );
    }
}

fn entry(
    checker: &mut Checker<'_, '_>,
    id: ClassId,
    above: Option<ClassId>,
    at: usize,
    token: u8,
    offset: CodeOffset,
) {
    let world = checker.world;
    // In the superclass the method may have another token (format 2.3).
    let token_above = world
        .own_info(id)
        .and_then(|info| inherited_token(info, token));
    let inherited = above
        .zip(token_above)
        .and_then(|(above, token)| world.virtual_method(above, token));
    if offset == INHERITED {
        // Inherited from another package.
        let right = inherited
            .as_ref()
            .is_some_and(|callee| !world.is_own(callee.class))
            || !world.all_imports_known();
        checker.require(
            right,
            Rule::ClassMethodTable,
            Tag::Class,
            at + 6,
            "a method of a superclass in another package",
            || format!("none with token {token}"),
        );
        return;
    }
    let Some((owner, method)) = world.method_at(offset) else {
        checker.report(
            Rule::ClassMethodTable,
            Tag::Class,
            at + 6,
            "the offset of a method",
            format!("{offset} for token {token}"),
        );
        return;
    };
    let Some(own) = world.virtual_method(id, token) else {
        return;
    };
    let in_package = token & 0x80 != 0;
    let right = world.is_subtype(id, owner)
        && method.token == token
        && !own.is_static
        && !own.is_constructor
        && own.visibility != Visibility::Private
        && in_package == (own.visibility == Visibility::Package);
    checker.require(
        right,
        Rule::ClassMethodTable,
        Tag::Class,
        at + 6,
        "a virtual method of the class or a superclass with this token",
        || format!("{offset} for token {token}"),
    );
    if owner == id
        && let Some(inherited) = inherited
    {
        let allowed = overrides(&own, &inherited);
        checker.require(
            allowed,
            Rule::ClassOverride,
            Tag::Class,
            at + 6,
            "the same signature as a method that is not final, and no less visibility",
            || format!("the method with token {token}"),
        );
    }
}

fn overrides(own: &Callee, inherited: &Callee) -> bool {
    let rank = |callee: &Callee| match callee.visibility {
        Visibility::Private => 0,
        Visibility::Package => 1,
        Visibility::Protected => 2,
        Visibility::Public => 3,
    };
    !inherited.is_final && own.signature == inherited.signature && rank(own) >= rank(inherited)
}

fn abstract_methods(
    checker: &mut Checker<'_, '_>,
    id: ClassId,
    at: usize,
    class: &ClassInfo,
    descriptor: &ClassDescriptor,
) {
    let world = checker.world;
    if descriptor.access_flags & access::ACC_ABSTRACT_CLASS != 0 {
        return;
    }
    let end = class
        .public_method_table_base
        .saturating_add(u8::try_from(class.public_virtual_methods.len()).unwrap_or(u8::MAX));
    let package_end = class
        .package_method_table_base
        .saturating_add(u8::try_from(class.package_virtual_methods.len()).unwrap_or(u8::MAX));
    let tokens = (0..end.min(128)).chain((0..package_end.min(128)).map(|token| token | 0x80));
    for token in tokens {
        let is_abstract = world
            .virtual_method(id, token)
            .is_some_and(|callee| callee.is_abstract);
        checker.require(
            !is_abstract,
            Rule::ClassAbstract,
            Tag::Class,
            at,
            "a class without abstract methods, or ACC_ABSTRACT",
            || format!("the method with token {token} is abstract"),
        );
    }
}
