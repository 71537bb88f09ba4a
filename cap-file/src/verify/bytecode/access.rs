//! Who may use what (JCVM §4.4, with Java's rules for protected members).

use super::frame::Fault;
use super::types::{Types, Value};
use crate::verify::Rule;
use crate::verify::world::{ClassId, Type, Visibility, World};

/// Whether code of `current` may use a member of `owner`; `receiver` is the object, for instance members.
pub(crate) fn check(
    world: &World<'_>,
    types: &Types,
    rule: Rule,
    current: ClassId,
    owner: ClassId,
    visibility: Visibility,
    receiver: Option<Value>,
) -> Result<(), Fault> {
    let allowed = match visibility {
        Visibility::Public => true,
        Visibility::Package => world.is_same_package(current, owner),
        Visibility::Private => current == owner,
        Visibility::Protected => {
            world.is_same_package(current, owner)
                || (world.is_subtype(current, owner)
                    && receiver.is_none_or(|receiver| {
                        receiver == Value::NewThis
                            || types.is_assignable(world, receiver, Type::Class(current))
                    }))
        }
    };
    if allowed {
        Ok(())
    } else {
        let expected = format!(
            "a member of {} that {} may use",
            world.name(owner),
            world.name(current)
        );
        Err(Fault::new(
            rule,
            expected,
            format!("a member that is {visibility:?}"),
        ))
    }
}
