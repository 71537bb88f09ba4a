//! Constant Pool component: every entry leads somewhere.

use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::{ClassRef, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Member, Resolved, Visibility, World};

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let world = checker.world;
    let count = checker.cap.constant_pool.entries.len();
    for (index, resolved) in (0..count).filter_map(|index| {
        let resolved = world.resolved(u16::try_from(index).ok()?)?;
        Some((index, resolved))
    }) {
        let constant = resolved.constant;
        // What an unknown package offers cannot be checked; `import-known` has reported it.
        if package_of(constant).is_some_and(|class| world.is_unknown_import(class)) {
            continue;
        }
        if let Some((rule, expected)) = broken(world, resolved) {
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
fn broken(world: &World<'_>, resolved: &Resolved) -> Option<(Rule, &'static str)> {
    let constant = resolved.constant;
    if let Some(class) = package_of(constant)
        && world.class(class).is_none()
    {
        return Some((
            Rule::ConstantClass,
            "a class of this package or an exported class of an imported version",
        ));
    }
    let described = world.cap.descriptor.is_some();
    let is_interface = resolved
        .class
        .is_some_and(|class| world.is_interface(class));
    let is_own = resolved.class.is_some_and(|class| world.is_own(class));
    let member = &resolved.member;
    let (holds, rule, expected) = match constant {
        Constant::Class(_) => return None,
        Constant::InstanceField { .. } => (
            matches!(member, Member::Field(field) if !field.is_static),
            Rule::ConstantInstanceField,
            "an instance field that the class declares",
        ),
        Constant::VirtualMethod { token, .. } => (
            // A method that only its package sees is called on a class of that package (JCVM §6.8.2).
            matches!(member, Member::Method(_)) && !is_interface && (token < 0x80 || is_own),
            Rule::ConstantVirtualMethod,
            "a virtual method of the class",
        ),
        Constant::SuperMethod { .. } => (
            matches!(member, Member::Method(callee) if !callee.is_abstract)
                && is_own
                && !is_interface,
            Rule::ConstantSuperMethod,
            "a class of this package whose superclass has the method, with code",
        ),
        Constant::StaticField(_) => (
            matches!(member, Member::Field(field) if field.is_static),
            Rule::ConstantStaticField,
            "a static field",
        ),
        Constant::StaticMethod(_) => (
            matches!(member, Member::Method(callee) if callee.is_static
                || callee.is_constructor
                || callee.visibility == Visibility::Private),
            Rule::ConstantStaticMethod,
            "a static method, a constructor or a private method",
        ),
    };
    let undescribed = !described
        && matches!(
            constant,
            Constant::InstanceField { .. }
                | Constant::VirtualMethod { .. }
                | Constant::SuperMethod { .. }
                | Constant::StaticField(StaticRef::Internal(_))
                | Constant::StaticMethod(StaticRef::Internal(_))
        );
    (!holds && !undescribed).then_some((rule, expected))
}
