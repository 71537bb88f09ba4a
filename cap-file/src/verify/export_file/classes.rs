//! Classes and interfaces of an export file (JCVM §5.7).

use super::{Exported, members};
use crate::export_file::{ACC_REMOTE, ACC_SHAREABLE, ExportedClass, access};
use crate::java;
use crate::verify::Rule;
use std::collections::HashSet;

const DEFINED: u16 = access::PUBLIC
    | access::FINAL
    | access::INTERFACE
    | access::ABSTRACT
    | ACC_SHAREABLE
    | ACC_REMOTE;
const OBJECT: &str = "java/lang/Object";
const APPLET: &str = "javacard/framework/Applet";
const SHAREABLE: &str = "javacard/framework/Shareable";
const REMOTE: &str = "java/rmi/Remote";

pub(super) fn check(exported: &mut Exported<'_>) {
    let file = exported.file;
    let mut tokens: Vec<u8> = file.classes.iter().map(|class| class.token).collect();
    tokens.sort_unstable();
    exported.require(
        (0..=0xff).zip(&tokens).all(|(token, is)| *is == token),
        Rule::ExpClasses,
        "classes with tokens from 0 on",
        || format!("{tokens:?}"),
    );
    let mut seen = HashSet::new();
    for class in &file.classes {
        let Some(name) = exported.needed_class(class.name, "a class") else {
            continue;
        };
        exported.require(
            java::is_class_name(name),
            Rule::ExpNames,
            "the name of a class with its package",
            || name.to_owned(),
        );
        let package = exported.package_name();
        let own = package.is_none_or(|package| {
            name.rsplit_once('/')
                .is_some_and(|(prefix, _)| prefix == package)
        });
        exported.require(
            own && seen.insert(name),
            Rule::ExpClasses,
            "a class of the package that is not named before",
            || name.to_owned(),
        );
        one(exported, class, name);
        members::check(exported, class, name);
    }
}

/// The names that indices lead to, each once.
fn above<'f>(
    exported: &mut Exported<'f>,
    class: &str,
    indices: &[u16],
    what: &str,
) -> Vec<&'f str> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for &index in indices {
        let Some(name) = exported.needed_class(index, what) else {
            continue;
        };
        exported.require(
            java::is_class_name(name),
            Rule::ExpNames,
            format!("the name of {what}"),
            || name.to_owned(),
        );
        exported.require(
            seen.insert(name) && name != class,
            Rule::ExpHierarchy,
            format!("{what} of {class} that is not named before"),
            || name.to_owned(),
        );
        found.push(name);
    }
    found
}

fn one(exported: &mut Exported<'_>, class: &ExportedClass, name: &str) {
    let supers = above(exported, name, &class.supers, "a superclass");
    let interfaces = above(exported, name, &class.interfaces, "an interface");
    let flags = class.access_flags;
    let has = |flag: u16| flags & flag != 0;
    let is_interface = has(access::INTERFACE);
    let together = flags & !DEFINED == 0
        && has(access::PUBLIC)
        && !(has(access::ABSTRACT) && has(access::FINAL))
        && (!is_interface || has(access::ABSTRACT));
    exported.require(
        together,
        Rule::ExpClasses,
        format!("flags of {name} that go together"),
        || format!("0x{flags:04x}"),
    );
    let is_a = |wanted: &str| name == wanted || interfaces.contains(&wanted);
    for (flag, what, set) in [
        (ACC_SHAREABLE, "ACC_SHAREABLE", is_a(SHAREABLE)),
        (ACC_REMOTE, "ACC_REMOTE", is_a(REMOTE)),
    ] {
        exported.require(
            has(flag) == set,
            Rule::ExpClasses,
            format!("{what} {set} of {name}"),
            || (!set).to_string(),
        );
    }
    let rooted = if is_interface {
        supers == [OBJECT]
    } else {
        (name == OBJECT) != supers.contains(&OBJECT)
    };
    exported.require(
        rooted,
        Rule::ExpClasses,
        format!("{OBJECT} above {name}, and no other class above an interface"),
        || format!("{supers:?}"),
    );
    let is_applet = supers.contains(&APPLET) && !has(access::ABSTRACT);
    if exported.is_library() {
        exported.require(
            !is_applet,
            Rule::ExpPackage,
            "no applet class in a library",
            || name.to_owned(),
        );
    } else {
        exported.require(
            is_interface && is_a(SHAREABLE),
            Rule::ExpPackage,
            "shareable interfaces only, since the package is no library",
            || name.to_owned(),
        );
    }
}
