//! Export component.

use super::header::is_visible_outside;
use crate::component::constant_pool::StaticRef;
use crate::component::export::ClassExport;
use crate::component::{ClassRef, Tag};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::{Visibility, World};

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let (world, cap) = (checker.world, checker.cap);
    let Some(export) = &cap.export else { return };
    let mut offset = 1;
    for (token, class) in export.classes.iter().enumerate() {
        let exists = world.own_class(class.class_offset).is_some();
        let described = cap.descriptor.as_ref().is_none_or(|descriptor| {
            descriptor.classes.iter().any(|descriptor| {
                descriptor.this_class == ClassRef::Internal(class.class_offset)
                    && usize::from(descriptor.token) == token
            })
        });
        checker.require(
            exists && described,
            Rule::ExportClasses,
            Tag::Export,
            offset,
            &format!("a class that the descriptor gives the token {token}"),
            || format!("class offset {}", class.class_offset),
        );
        if cap.descriptor.is_some() && !members(world, class) {
            checker.report(
                Rule::ExportMembers,
                Tag::Export,
                offset + 4,
                "public or protected static members of the class",
                format!("class token {token}"),
            );
        }
        offset += 4 + 2 * (class.static_field_offsets.len() + class.static_method_offsets.len());
    }
}

fn members(world: &World<'_>, class: &ClassExport) -> bool {
    let Some(owner) = world.own_class(class.class_offset) else {
        return true;
    };
    let fields = class.static_field_offsets.iter().all(|offset| {
        world
            .static_field(StaticRef::Internal(*offset))
            .is_some_and(|field| {
                field.class == owner
                    && matches!(field.visibility, Visibility::Public | Visibility::Protected)
            })
    });
    let methods = class.static_method_offsets.iter().all(|offset| {
        world
            .static_method(StaticRef::Internal(*offset))
            .is_some_and(|callee| {
                callee.class == owner
                    && (callee.is_static || callee.is_constructor)
                    && is_visible_outside(&callee)
            })
    });
    fields && methods
}
