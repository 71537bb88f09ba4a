//! Remote classes and interfaces (JCVM §6.9.2.5).

use crate::component::Tag;
use crate::component::class::{ClassInfo, InterfaceInfo, RemoteInterfaceInfo};
use crate::component::common::DescribedType;
use crate::java;
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{ClassId, Signature, Type, Visibility};
use std::collections::{BTreeSet, HashMap};

/// The interface that makes others remote; it has no methods.
const REMOTE: &str = "java/rmi/Remote";

/// An interface is remote just if it extends one that is; it is public then, and has a name.
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
        .is_some_and(|name| is_name(name));
    let visible = !set || world.own_descriptor(id).is_none() || world.is_public(id);
    checker.require(
        (set == remote || !world.all_imports_known()) && set == named && visible,
        Rule::ClassRemote,
        Tag::Class,
        at,
        format_args!("ACC_REMOTE {remote}, and a public interface with a name just with it"),
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
    let known = world.all_imports_known() && checker.cap.descriptor.is_some();
    if let Some(info) = &class.remote
        && set == remote
        && known
        && let Some(wrong) = difference(checker, id, class, info)
    {
        checker.report(
            Rule::ClassRemote,
            Tag::Class,
            at,
            "each remote interface and each of its methods, in the order of hashes, with its signature from the pool",
            wrong,
        );
    }
}

/// The terminal finds a remote class and its interfaces by their names.
fn is_name(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(java::is_qualified)
}

/// What is wrong with the table of a remote class.
fn difference(
    checker: &Checker<'_, '_>,
    id: ClassId,
    class: &ClassInfo,
    info: &RemoteInterfaceInfo,
) -> Option<String> {
    let world = checker.world;
    if !is_name(&info.class_name) {
        return Some("no name of the class".to_owned());
    }
    let root = world.named(REMOTE);
    let remote: BTreeSet<ClassId> = world
        .all_interfaces(id)
        .into_iter()
        .filter(|interface| world.is_remote(*interface))
        .collect();
    let named: Vec<Option<ClassId>> = info
        .interfaces
        .iter()
        .map(|interface| world.class(*interface))
        .collect();
    let all: BTreeSet<ClassId> = named.iter().copied().flatten().collect();
    let missing = remote
        .iter()
        .find(|interface| Some(**interface) != root && !all.contains(interface));
    if let Some(missing) = missing {
        return Some(format!("no remote interface {}", world.name(*missing)));
    }
    if all.len() != named.len() || !all.is_subset(&remote) {
        return Some(format!("interfaces {named:?}"));
    }
    let wanted: BTreeSet<u8> = world
        .chain(id)
        .filter_map(|above| world.own_info(above))
        .chain([class])
        .flat_map(|info| &info.interfaces)
        .filter(|implemented| {
            let interface = world.class(implemented.interface);
            interface.is_some_and(|interface| remote.contains(&interface))
        })
        .flat_map(|implemented| implemented.methods.iter().copied())
        .collect();
    let tokens: BTreeSet<u8> = info
        .methods
        .iter()
        .map(|method| method.virtual_method_token)
        .collect();
    if tokens != wanted || tokens.len() != info.methods.len() {
        return Some(format!("methods {tokens:?}, not {wanted:?}"));
    }
    let ascending = info
        .methods
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if one.hash < other.hash));
    if !ascending {
        return Some("hashes that do not ascend".to_owned());
    }
    let pool = signatures(checker);
    info.methods.iter().find_map(|method| {
        let callee = world.virtual_method(id, method.virtual_method_token);
        let types = pool.get(&usize::from(method.signature_offset));
        let signature = types.and_then(|types| world.spelled(types.as_deref()?));
        let right = callee.is_some_and(|callee| {
            callee.visibility == Visibility::Public
                && may_be_remote(checker, &callee.signature)
                && signature == Some(callee.signature)
        });
        (!right).then(|| format!("another signature of {method:?}, or one that cannot be sent"))
    })
}

/// The signature pool, by offset from its first signature.
fn signatures(checker: &Checker<'_, '_>) -> HashMap<usize, Option<Vec<DescribedType>>> {
    let mut offset = 0;
    let mut signatures = HashMap::new();
    for signature in checker.cap.class.signature_pool.iter().flatten() {
        signatures.insert(offset, signature.types());
        offset += signature.size();
    }
    signatures
}

/// Arguments are numbers and arrays of such; a result may be a remote object, too.
fn may_be_remote(checker: &Checker<'_, '_>, signature: &Signature) -> bool {
    let is_value = |found: &Type| !matches!(found, Type::Class(_) | Type::ClassArray(_));
    let result = signature.result.is_none_or(|result| {
        is_value(&result)
            || matches!(result, Type::Class(id) if checker.world.is_interface(id) && checker.world.is_remote(id))
    });
    result && signature.arguments.iter().all(is_value)
}
