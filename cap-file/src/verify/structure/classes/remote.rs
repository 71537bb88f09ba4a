//! Remote classes and interfaces (JCVM §6.9.2.5).

use crate::component::Tag;
use crate::component::class::{ClassInfo, InterfaceInfo, RemoteInterfaceInfo};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{ClassId, Visibility};

/// An interface is remote just if it extends one that is, and then has a name.
pub(super) fn interface(
    checker: &mut Checker<'_, '_>,
    id: ClassId,
    at: usize,
    interface: &InterfaceInfo,
) {
    let world = checker.world;
    let above = world
        .all_interfaces(id)
        .into_iter()
        .filter(|other| *other != id);
    let remote = above.into_iter().any(|other| world.is_remote(other));
    let set = interface.flags & ClassInfo::ACC_REMOTE != 0;
    let named = interface
        .remote_name
        .as_ref()
        .is_some_and(|name| !name.is_empty());
    checker.require(
        (set == remote || !world.all_imports_known()) && set == named,
        Rule::ClassRemote,
        Tag::Class,
        at,
        format_args!("ACC_REMOTE {remote}, and a name just with it"),
        || set.to_string(),
    );
}

/// A class is remote just if it has a remote interface; its table then leads to its methods.
pub(super) fn class(checker: &mut Checker<'_, '_>, id: ClassId, at: usize, class: &ClassInfo) {
    let world = checker.world;
    let remote = world
        .all_interfaces(id)
        .into_iter()
        .any(|other| world.is_remote(other));
    let set = class.flags & ClassInfo::ACC_REMOTE != 0;
    checker.require(
        set == remote || !world.all_imports_known(),
        Rule::ClassRemote,
        Tag::Class,
        at,
        format_args!("ACC_REMOTE {remote}"),
        || set.to_string(),
    );
    if let Some(info) = &class.remote {
        let right = table(checker, id, info);
        checker.require(
            right,
            Rule::ClassRemote,
            Tag::Class,
            at,
            "signatures of the pool, public virtual methods in the order of their hashes, remote interfaces",
            || format!("{info:?}"),
        );
    }
}

fn table(checker: &Checker<'_, '_>, id: ClassId, info: &RemoteInterfaceInfo) -> bool {
    let world = checker.world;
    let mut offset = 2;
    let mut signatures = Vec::new();
    for signature in checker.cap.class.signature_pool.iter().flatten() {
        signatures.push(offset);
        offset += signature.size();
    }
    let methods = info.methods.iter().all(|method| {
        signatures
            .binary_search(&usize::from(method.signature_offset))
            .is_ok()
            && world
                .virtual_method(id, method.virtual_method_token)
                .is_some_and(|callee| callee.visibility == Visibility::Public)
    });
    let interfaces = info.interfaces.iter().all(|interface| {
        world.is_unknown_import(*interface)
            || world
                .class(*interface)
                .is_some_and(|interface| world.is_remote(interface))
    });
    methods && interfaces && info.methods.is_sorted_by_key(|method| method.hash)
}
