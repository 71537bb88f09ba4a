//! The Descriptor component.

use super::names::Names;
use super::{Packages, Text};
use crate::cap::CapFile;
use crate::component::descriptor::{ClassDescriptor, Descriptor, FieldLocation, TypeTable};
use crate::locate::Lengths;
use std::collections::HashMap;
use std::fmt::Write;

pub(crate) fn descriptor(
    text: &mut Text,
    cap: &CapFile,
    descriptor: &Descriptor,
    names: &Names<'_>,
) {
    text.line(0, format_args!("descriptor"), "");
    let lengths = Lengths::new(cap, names.method_offsets());
    let type_names = TypeNames::new(&descriptor.types);
    let mut packages = Packages::new(&descriptor.package_class_counts);
    for class in &descriptor.classes {
        packages.before(text);
        one_class(text, class, &type_names, &lengths, names);
    }
    packages.before(text);
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
            format_args!("{}", type_names.name(*offset)),
            &index.to_string(),
        );
    }
}

/// Names of types by their offset.
struct TypeNames {
    index: HashMap<u16, usize>,
}

impl TypeNames {
    fn new(types: &TypeTable) -> Self {
        let entries = types.entries().enumerate();
        Self {
            index: entries
                .map(|(index, (offset, _))| (offset, index))
                .collect(),
        }
    }

    /// `type_N` by its place in the table; `-` for none, `#OFFSET` where no type begins.
    fn name(&self, offset: u16) -> String {
        if offset == 0xffff {
            return "-".to_owned();
        }
        let index = self.index.get(&offset);
        index.map_or_else(|| format!("#{offset}"), |index| format!("type_{index}"))
    }

    fn of_field(&self, value: u16) -> String {
        match value {
            0x8002 => "boolean".to_owned(),
            0x8003 => "byte".to_owned(),
            0x8004 => "short".to_owned(),
            0x8005 => "int".to_owned(),
            offset => self.name(offset),
        }
    }
}

fn one_class(
    text: &mut Text,
    class: &ClassDescriptor,
    types: &TypeNames,
    lengths: &Lengths,
    names: &Names<'_>,
) {
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
            FieldLocation::Static(reference) => format!("static {}", names.static_field(reference)),
            FieldLocation::Instance { class, token } => {
                format!("instance {} {token}", names.class(class))
            }
        };
        let found = types.of_field(field.field_type);
        let name = match field.location {
            FieldLocation::Static(reference) => names.static_name(reference),
            FieldLocation::Instance { class, token } => names.field(class, token),
        };
        text.line(
            4,
            format_args!(
                "field token {} access {} {place} {found}",
                field.token, field.access_flags
            ),
            name.unwrap_or_default(),
        );
    }
    for method in &class.methods {
        let place = if method.bytecode_count == 0 && method.method_offset == 0 {
            "-".to_owned()
        } else {
            names.method(method.method_offset)
        };
        let signature = types.name(method.type_offset);
        let mut line = format!(
            "method token {} access {} {place} {signature}",
            method.token, method.access_flags
        );
        // The length is that of the code in this text, unless it is wrong.
        if lengths.of(method.method_offset) != Some(method.bytecode_count) {
            let _ = write!(line, " size {}", method.bytecode_count);
        }
        let (index, count) = (
            method.exception_handler_index,
            method.exception_handler_count,
        );
        if (index, count) != (0, 0) {
            let _ = write!(line, " handlers {index} {count}");
        }
        text.line(4, format_args!("{line}"), "");
    }
}
