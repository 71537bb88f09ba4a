//! The Descriptor component.

use super::Text;
use super::names::Names;
use crate::component::descriptor::{ClassDescriptor, Descriptor, FieldLocation, TypeTable};

pub(crate) fn descriptor(text: &mut Text, descriptor: &Descriptor, names: &Names<'_>) {
    text.line(0, format_args!("descriptor"), "");
    for class in &descriptor.classes {
        one_class(text, class, &descriptor.types, names);
    }
    let types = &descriptor.types;
    text.line(2, format_args!("types"), "");
    for (index, (_, described)) in types.entries().enumerate() {
        text.line(
            4,
            format_args!("type {}", names.types(described)),
            &index.to_string(),
        );
    }
    text.line(2, format_args!("constant-types"), "");
    for (index, offset) in types.constant_pool_types.iter().enumerate() {
        text.line(
            4,
            format_args!("{}", type_name(types, *offset)),
            &index.to_string(),
        );
    }
}

/// `type_N` by its place in the table; `-` for none, `#OFFSET` where no type begins.
fn type_name(types: &TypeTable, offset: u16) -> String {
    if offset == 0xffff {
        return "-".to_owned();
    }
    let index = types.entries().position(|(at, _)| at == offset);
    index.map_or_else(|| format!("#{offset}"), |index| format!("type_{index}"))
}

fn field_type(types: &TypeTable, value: u16) -> String {
    match value {
        0x8002 => "boolean".to_owned(),
        0x8003 => "byte".to_owned(),
        0x8004 => "short".to_owned(),
        0x8005 => "int".to_owned(),
        offset => type_name(types, offset),
    }
}

fn one_class(text: &mut Text, class: &ClassDescriptor, types: &TypeTable, names: &Names<'_>) {
    let (token, access) = (class.token, class.access_flags);
    text.line(
        2,
        format_args!(
            "class {} token {token} access {access}",
            names.class(class.this_class)
        ),
        "",
    );
    for interface in &class.interfaces {
        text.line(
            4,
            format_args!("implements {}", names.class(*interface)),
            "",
        );
    }
    for field in &class.fields {
        let place = match field.location {
            FieldLocation::Static(reference) => format!("static {}", names.static_item(reference)),
            FieldLocation::Instance { class, token } => {
                format!("instance {} {token}", names.class(class))
            }
        };
        let found = field_type(types, field.field_type);
        text.line(
            4,
            format_args!(
                "field token {} access {} {place} {found}",
                field.token, field.access_flags
            ),
            "",
        );
    }
    for method in &class.methods {
        let place = if method.bytecode_count == 0 && method.method_offset == 0 {
            "-".to_owned()
        } else {
            names.method(method.method_offset)
        };
        let signature = type_name(types, method.type_offset);
        text.line(
            4,
            format_args!(
                "method token {} access {} {place} {signature} size {} handlers {} {}",
                method.token,
                method.access_flags,
                method.bytecode_count,
                method.exception_handler_index,
                method.exception_handler_count
            ),
            "",
        );
    }
}
