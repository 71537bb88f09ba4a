//! Static Field component.

use crate::component::Tag;
use crate::component::constant_pool::StaticRef;
use crate::component::descriptor::FieldLocation;
use crate::limits::{MAX_ARRAY_LENGTH, MAX_STATIC_RESOURCE_BYTES};
use crate::verify::Rule;
use crate::verify::check::Checker;
use crate::verify::world::Type;
use std::collections::HashSet;

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    resources(checker);
    let statics = &checker.cap.static_field;
    let references = 2 * usize::from(statics.reference_count);
    let size =
        references + usize::from(statics.default_value_count) + statics.non_default_values.len();
    checker.require(
        usize::from(statics.image_size) == size,
        Rule::StaticImage,
        Tag::StaticField,
        0,
        format_args!("an image of {size} bytes"),
        || statics.image_size.to_string(),
    );
    let arrays = statics.array_init.len();
    checker.require(
        arrays <= usize::from(statics.reference_count),
        Rule::StaticArray,
        Tag::StaticField,
        4,
        "no more initialised arrays than references",
        || format!("{arrays} arrays, {} references", statics.reference_count),
    );
    checker.require(
        arrays == 0 || checker.cap.applet.is_some(),
        Rule::StaticLibrary,
        Tag::StaticField,
        4,
        "no initialised arrays in a package without applets",
        || arrays.to_string(),
    );
    let mut offset = 6;
    for array in &statics.array_init {
        let element = match array.element_type {
            2 | 3 => 1,
            4 => 2,
            5 => 4,
            _ => 0,
        };
        let whole = element > 0
            && array.values.len() % element == 0
            && array.values.len() / element <= MAX_ARRAY_LENGTH;
        checker.require(
            whole,
            Rule::StaticArray,
            Tag::StaticField,
            offset,
            "whole elements of type 2 to 5, at most 32767 of them",
            || format!("type {}, {} bytes", array.element_type, array.values.len()),
        );
        let boolean = array.element_type != 2 || array.values.iter().all(|value| *value <= 1);
        checker.require(
            boolean,
            Rule::StaticBoolean,
            Tag::StaticField,
            offset + 3,
            "booleans of 0 or 1",
            || format!("{:02x?}", array.values),
        );
        offset += 3 + array.values.len();
    }
    fields(checker, references, size);
}

fn fields(checker: &mut Checker<'_, '_>, references: usize, size: usize) {
    let Some(descriptor) = &checker.cap.descriptor else {
        return;
    };
    let image = usize::from(checker.cap.static_field.image_size);
    let mut places = Vec::new();
    for field in descriptor.classes.iter().flat_map(|class| &class.fields) {
        let FieldLocation::Static(StaticRef::Internal(offset)) = field.location else {
            continue;
        };
        let Some(found) = checker.world.field_type(field) else {
            continue;
        };
        let start = usize::from(offset);
        let bytes = match found {
            Type::Boolean | Type::Byte => 1,
            Type::Int => 4,
            _ => 2,
        };
        let fits = if found.is_reference() {
            start + bytes <= references
                && start % 2 == 0
                && initial_type(checker, start / 2).is_none_or(|array| array == found)
        } else {
            start >= references && start + bytes <= image
        };
        checker.require(fits, Rule::StaticFields, Tag::Descriptor, None, "a static field in its part of the image", || {
            format!("a field of {bytes} bytes at offset {start} of {image}, references up to {references}")
        });
        let value = start
            .checked_sub(references + usize::from(checker.cap.static_field.default_value_count));
        let value = value.and_then(|index| checker.cap.static_field.non_default_values.get(index));
        let boolean = found != Type::Boolean || value.is_none_or(|value| *value <= 1);
        checker.require(
            boolean,
            Rule::StaticBoolean,
            Tag::StaticField,
            None,
            "a boolean of 0 or 1",
            || format!("{value:?} at offset {start} of the image"),
        );
        places.push((start, bytes));
    }
    places.sort_unstable();
    places.dedup();
    let described: usize = places.iter().map(|(_, bytes)| bytes).sum();
    checker.require(
        described >= size || !checker.world.all_imports_known(),
        Rule::StaticFields,
        Tag::Descriptor,
        None,
        format_args!("static fields that fill an image of {size} bytes"),
        || format!("{described} bytes of fields"),
    );
    for pair in places.windows(2) {
        if let [(first, bytes), (second, _)] = *pair {
            checker.require(
                first + bytes <= second,
                Rule::StaticFields,
                Tag::Descriptor,
                None,
                "static fields that do not overlap",
                || format!("{bytes} bytes at {first}, the next at {second}"),
            );
        }
    }
}

/// The type of the array that a reference starts with.
fn initial_type(checker: &Checker<'_, '_>, index: usize) -> Option<Type> {
    Some(
        match checker.cap.static_field.array_init.get(index)?.element_type {
            2 => Type::BooleanArray,
            3 => Type::ByteArray,
            4 => Type::ShortArray,
            _ => Type::IntArray,
        },
    )
}

fn resources(checker: &mut Checker<'_, '_>) {
    let Some(component) = &checker.cap.static_resource else {
        return;
    };
    checker.require(
        !component.resources.is_empty() && checker.cap.format().has_token_mappings(),
        Rule::StaticResource,
        Tag::StaticResource,
        0,
        "at least one resource, in format 2.3",
        || {
            format!(
                "{} in format {}",
                component.resources.len(),
                checker.cap.header.format
            )
        },
    );
    let mut ids = HashSet::new();
    let mut offset = 2;
    for resource in &component.resources {
        let (id, length) = (resource.id, resource.bytes.len());
        checker.require(
            ids.insert(id) && length <= MAX_STATIC_RESOURCE_BYTES,
            Rule::StaticResource,
            Tag::StaticResource,
            offset,
            "a number of its own and at most 32767 bytes",
            || format!("resource {id} with {length} bytes"),
        );
        offset += 6;
    }
}
