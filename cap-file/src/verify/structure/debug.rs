//! Debug component: what it says can be looked up.

use crate::component::Tag;
use crate::component::debug::{ClassDebug, Debug};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::World;

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
    }
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
                world
                    .method_at(method.location)
                    .is_none_or(|(_, described)| described.bytecode_count == method.body_size)
            })
}
