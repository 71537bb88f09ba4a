//! Constant Pool component: every entry leads somewhere.

use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::{ClassRef, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Visibility, World};

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let world = checker.world;
    for (index, constant) in checker.cap.constant_pool.entries.iter().enumerate() {
        // What an unknown package offers cannot be checked; `import-known` has reported it.
        if package_of(*constant).is_some_and(|class| world.is_unknown_import(class)) {
            continue;
        }
        if let Some((rule, expected)) = broken(world, *constant) {
            let found = format!("entry {index}: {constant:?}");
            checker.report(rule, Tag::ConstantPool, 2 + 4 * index, expected, found);
        }
    }
}

fn package_of(constant: Constant) -> Option<ClassRef> {
    match constant {
        Constant::Class(class)
        | Constant::InstanceField { class, .. }
        | Constant::VirtualMethod { class, .. }
        | Constant::SuperMethod { class, .. } => Some(class),
        Constant::StaticField(StaticRef::External { package, class, .. })
        | Constant::StaticMethod(StaticRef::External { package, class, .. }) => {
            Some(ClassRef::External { package, class })
        }
        _ => None,
    }
}

/// The rule that an entry breaks, and what it asks for. Members of this package are only known from the
/// Descriptor component.
fn broken(world: &World<'_>, constant: Constant) -> Option<(Rule, &'static str)> {
    if let Some(class) = package_of(constant)
        && world.class(class).is_none()
    {
        return Some((
            Rule::ConstantClass,
            "a class of this package or an exported class of an imported version",
        ));
    }
    let described = world.cap.descriptor.is_some();
    let (holds, rule, expected) = match constant {
        Constant::Class(_) => return None,
        Constant::InstanceField { class, token } => {
            let found = !described
                || world
                    .instance_field(class, token)
                    .is_some_and(|field| !field.is_static);
            (
                found,
                Rule::ConstantInstanceField,
                "an instance field that the class declares",
            )
        }
        Constant::VirtualMethod { class, token } => {
            let class = world.class(class)?;
            let found = !described
                || (!world.is_interface(class) && world.virtual_method(class, token).is_some());
            (
                found,
                Rule::ConstantVirtualMethod,
                "a virtual method of the class",
            )
        }
        Constant::SuperMethod { class, token } => {
            let class = world.class(class)?;
            let above = world.get(class).and_then(|class| class.super_class);
            let found = !described
                || (world.is_own(class)
                    && !world.is_interface(class)
                    && above.is_some_and(|above| world.virtual_method(above, token).is_some()));
            (
                found,
                Rule::ConstantSuperMethod,
                "a class of this package whose superclass has the method",
            )
        }
        Constant::StaticField(reference) => {
            let found = match reference {
                StaticRef::Internal(_) if !described => true,
                _ => world
                    .static_field(reference)
                    .is_some_and(|field| field.is_static),
            };
            (found, Rule::ConstantStaticField, "a static field")
        }
        Constant::StaticMethod(reference) => {
            let found = match reference {
                StaticRef::Internal(_) if !described => true,
                _ => world.static_method(reference).is_some_and(|callee| {
                    callee.is_static
                        || callee.is_constructor
                        || callee.visibility == Visibility::Private
                }),
            };
            (
                found,
                Rule::ConstantStaticMethod,
                "a static method, a constructor or a private method",
            )
        }
    };
    (!holds).then_some((rule, expected))
}
