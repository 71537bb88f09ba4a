//! What an exported class has from those above it (JCVM §5.4): each class stands by itself, with all that it inherits.

use super::Exported;
use crate::export_file::{ExportedClass, access};
use crate::verify::Rule;
use std::collections::{HashMap, HashSet};

/// Only classes of the file itself can be looked at.
pub(super) fn check(exported: &mut Exported<'_>) {
    let file = exported.file;
    let by_name: HashMap<&str, &ExportedClass> = file
        .classes
        .iter()
        .filter_map(|class| Some((exported.class_name(class.name)?, class)))
        .collect();
    for class in &file.classes {
        let Some(name) = exported.class_name(class.name) else {
            continue;
        };
        for (above, wants_interface) in [(&class.supers, false), (&class.interfaces, true)] {
            for index in above {
                let other = exported
                    .class_name(*index)
                    .and_then(|above| Some((above, *by_name.get(above)?)));
                if let Some((above, other)) = other {
                    one(exported, (name, class), (above, other), wants_interface);
                }
            }
        }
    }
}

fn one(
    exported: &mut Exported<'_>,
    (name, class): (&str, &ExportedClass),
    (above, other): (&str, &ExportedClass),
    wants_interface: bool,
) {
    let is_interface = other.access_flags & access::INTERFACE != 0;
    let may_extend = is_interface || other.access_flags & access::FINAL == 0;
    exported.require(
        is_interface == wants_interface && may_extend,
        Rule::ExpHierarchy,
        format!("{above} as something that {name} can have above it"),
        || format!("flags 0x{:04x}", other.access_flags),
    );
    let names = |indices: &[u16]| -> HashSet<&str> {
        let names = indices.iter();
        names
            .filter_map(|index| exported.class_name(*index))
            .collect()
    };
    let (supers, interfaces) = (names(&class.supers), names(&class.interfaces));
    let all =
        names(&other.supers).is_subset(&supers) && names(&other.interfaces).is_subset(&interfaces);
    exported.require(
        all,
        Rule::ExpHierarchy,
        format!("all that is above {above} above {name}"),
        || format!("{supers:?}, {interfaces:?}"),
    );
    // A class that is abstract may leave an interface's methods to others, one that is not has them under tokens of
    // its own. Of a superclass it has all with their tokens, which format 2.3 may map to others.
    if wants_interface && class.access_flags & access::INTERFACE == 0 {
        return;
    }
    let with_tokens = !wants_interface && exported.file.format.minor < 3;
    let key = |token: u8, name: u16, descriptor: u16| {
        let token = with_tokens.then_some(token);
        Some((exported.text(name)?, exported.text(descriptor)?, token))
    };
    let early = |name: u16, flags: u16| {
        flags & access::STATIC != 0 || exported.text(name) == Some("<init>")
    };
    let own: HashSet<_> = class
        .methods
        .iter()
        .filter(|method| !early(method.name, method.access_flags))
        .filter_map(|method| key(method.token, method.name, method.descriptor))
        .collect();
    let missing = other
        .methods
        .iter()
        .filter(|method| !early(method.name, method.access_flags))
        .filter_map(|method| key(method.token, method.name, method.descriptor))
        .find(|method| !own.contains(method));
    exported.require(
        missing.is_none(),
        Rule::ExpHierarchy,
        format!("the methods of {above} in {name}"),
        || format!("none like {missing:?}"),
    );
}
