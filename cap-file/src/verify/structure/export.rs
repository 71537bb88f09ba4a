//! Export component.

use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::{FieldLocation, access};
use crate::component::export::ClassExport;
use crate::component::{ClassRef, CodeOffset, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::World;
use std::collections::HashSet;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    all_exported(checker);
    let Some(export) = &cap.export else { return };
    checker.require(
        !export.classes.is_empty(),
        Rule::ExportClasses,
        Tag::Export,
        0,
        "at least one class",
        || "none".to_owned(),
    );
    let mut classes = export.classes.iter();
    let mut offset = 1;
    if !cap.format().extended {
        for (token, class) in classes.enumerate() {
            one(checker, 0, token, class, &mut offset);
        }
        return;
    }
    for (package, count) in export.package_class_counts.iter().enumerate() {
        offset += 1;
        for (token, class) in classes.by_ref().take((*count).into()).enumerate() {
            one(checker, package, token, class, &mut offset);
        }
    }
    let packages = export.package_class_counts.len();
    checker.require(
        packages == cap.header.public_packages.len(),
        Rule::ExportClasses,
        Tag::Export,
        0,
        "the exports of each public package",
        || packages.to_string(),
    );
}

/// A library exports all its public classes, a package with applets its public shareable interfaces.
fn all_exported(checker: &mut Checker<'_, '_>) {
    let world = checker.world;
    let Some(descriptor) = &checker.cap.descriptor else {
        return;
    };
    let exports = checker.cap.export.iter();
    let exported: HashSet<u16> = exports
        .flat_map(|export| &export.classes)
        .map(|class| class.class_offset)
        .collect();
    for class in &descriptor.classes {
        let ClassRef::Internal(offset) = class.this_class else {
            continue;
        };
        let Some(id) = world.own_class(offset) else {
            continue;
        };
        let package = world.package(id);
        // Private packages of an extended file export nothing.
        let is_private =
            checker.cap.format().extended && package >= checker.cap.header.public_packages.len();
        let needed = class.access_flags & access::ACC_PUBLIC != 0
            && !is_private
            && (!has_applets(checker, package)
                || (world.is_interface(id) && world.is_shareable(id)));
        checker.require(
            !needed || exported.contains(&offset),
            Rule::ExportClasses,
            Tag::Export,
            0,
            format_args!("an export of the public class at {offset}"),
            || "none".to_owned(),
        );
    }
}

fn one(
    checker: &mut Checker<'_, '_>,
    package: usize,
    token: usize,
    class: &ClassExport,
    offset: &mut usize,
) {
    let (world, cap) = (checker.world, checker.cap);
    let id = world.own_class(class.class_offset);
    let described = id.and_then(|id| world.own_descriptor(id));
    let right = id.is_some_and(|id| world.package(id) == package)
        && (cap.descriptor.is_none()
            || described.is_some_and(|described| usize::from(described.token) == token));
    checker.require(
        right,
        Rule::ExportClasses,
        Tag::Export,
        *offset,
        format_args!("a class that the descriptor gives the token {token}"),
        || format!("class offset {}", class.class_offset),
    );
    if cap.descriptor.is_some() && !members(world, class) {
        checker.report(
            Rule::ExportMembers,
            Tag::Export,
            *offset + 4,
            "all public and protected static members of the class, by token",
            format!("class token {token}"),
        );
    }
    if has_applets(checker, package)
        && let Some(id) = id
    {
        checker.require(
            world.is_interface(id) && world.is_shareable(id),
            Rule::ExportShareable,
            Tag::Export,
            *offset,
            "a shareable interface, since the package has applets",
            || world.name(id),
        );
    }
    let methods = class.static_method_offsets.len();
    let width = if cap.format().extended { 3 } else { 2 };
    *offset += 4 + 2 * class.static_field_offsets.len() + width * methods;
}

/// True if an applet's install method is in the package.
fn has_applets(checker: &Checker<'_, '_>, package: usize) -> bool {
    if !checker.cap.format().extended {
        return checker.cap.applet.is_some();
    }
    let applets = checker
        .cap
        .applet
        .iter()
        .flat_map(|component| &component.applets);
    applets
        .filter_map(|applet| checker.world.method_at(applet.install_method_offset))
        .any(|(class, _)| checker.world.package(class) == package)
}

fn members(world: &World<'_>, class: &ClassExport) -> bool {
    let Some(owner) = world.own_class(class.class_offset) else {
        return true;
    };
    let Some(described) = world.own_descriptor(owner) else {
        return true;
    };
    let is_visible = |flags: u8| flags & (access::ACC_PUBLIC | access::ACC_PROTECTED) != 0;
    let mut fields: Vec<(u8, Option<u16>)> = described
        .fields
        .iter()
        .filter(|field| is_visible(field.access_flags))
        .filter_map(|field| match field.location {
            FieldLocation::Static(StaticRef::Internal(offset)) => Some((field.token, Some(offset))),
            _ => None,
        })
        .collect();
    let mut methods: Vec<(u8, CodeOffset)> = described
        .methods
        .iter()
        .filter(|method| is_visible(method.access_flags))
        .filter(|method| method.access_flags & (access::ACC_STATIC | access::ACC_INIT) != 0)
        .map(|method| (method.token, method.method_offset))
        .collect();
    fields.sort_unstable();
    methods.sort_unstable();
    let tokens = 0u8..=0xff;
    let fields_agree = tokens
        .clone()
        .zip(
            class
                .static_field_offsets
                .iter()
                .map(|offset| Some(*offset)),
        )
        .eq(fields);
    fields_agree
        && tokens
            .zip(class.static_method_offsets.iter().copied())
            .eq(methods)
}
