//! The Descriptor component.

use super::AsmError;
use super::components::static_field;
use super::lines::{Line, Lines};
use super::resolve::Resolver;
use crate::component::descriptor::{
    ClassDescriptor, Descriptor, FieldDescriptor, FieldLocation, MethodDescriptor,
};
use crate::locate::Lengths;

pub(crate) fn descriptor(
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
    lengths: &Lengths,
) -> Result<Descriptor, AsmError> {
    let mut descriptor = Descriptor::default();
    loop {
        if lines.keyword(2, "package").is_some() {
            descriptor.package_class_counts.push(0);
        } else if let Some(line) = lines.keyword(2, "class") {
            if let Some(count) = descriptor.package_class_counts.last_mut() {
                *count = count.saturating_add(1);
            }
            descriptor
                .classes
                .push(class(line, lines, resolver, lengths)?);
        } else {
            break;
        }
    }
    lines.expect(2, "types")?;
    while let Some(mut line) = lines.keyword(4, "type") {
        descriptor
            .types
            .descriptors
            .push(resolver.types(&mut line)?);
    }
    lines.expect(2, "constant-types")?;
    while let Some(mut line) = lines.deeper(2) {
        let word = line.word("a type")?;
        let offset = resolver
            .type_offset(word)
            .ok_or_else(|| line.error("a type, or -"))?;
        descriptor.types.constant_pool_types.push(offset);
    }
    Ok(descriptor)
}

fn class(
    mut line: Line<'_>,
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
    lengths: &Lengths,
) -> Result<ClassDescriptor, AsmError> {
    let mut class = ClassDescriptor {
        this_class: resolver.class(&mut line)?,
        token: line.named("token")?,
        access_flags: line.named("access")?,
        interfaces: Vec::new(),
        fields: Vec::new(),
        methods: Vec::new(),
    };
    while let Some(mut line) = lines.keyword(4, "implements") {
        class.interfaces.push(resolver.class(&mut line)?);
    }
    while let Some(line) = lines.keyword(4, "field") {
        class.fields.push(field(line, resolver)?);
    }
    while let Some(line) = lines.keyword(4, "method") {
        class.methods.push(method(line, resolver, lengths)?);
    }
    Ok(class)
}

fn field(mut line: Line<'_>, resolver: &Resolver<'_>) -> Result<FieldDescriptor, AsmError> {
    let token = line.named("token")?;
    let access_flags = line.named("access")?;
    let location = match line.word("static or instance")? {
        "static" => FieldLocation::Static(static_field(&mut line, resolver)?),
        "instance" => {
            let class = resolver.class(&mut line)?;
            FieldLocation::Instance {
                class,
                token: line.number("a token")?,
            }
        }
        _ => return Err(line.error("static or instance")),
    };
    let field_type = match line.word("a type")? {
        "boolean" => 0x8002,
        "byte" => 0x8003,
        "short" => 0x8004,
        "int" => 0x8005,
        word => resolver
            .type_offset(word)
            .ok_or_else(|| line.error("a type"))?,
    };
    line.end()?;
    Ok(FieldDescriptor {
        token,
        access_flags,
        location,
        field_type,
    })
}

fn method(
    mut line: Line<'_>,
    resolver: &Resolver<'_>,
    lengths: &Lengths,
) -> Result<MethodDescriptor, AsmError> {
    let token = line.named("token")?;
    let access_flags = line.named("access")?;
    let word = line.word("a method")?;
    let place = if word == "-" {
        Some(0)
    } else {
        resolver.method_named(word)
    };
    let method_offset = place.ok_or_else(|| line.error("a method, or -"))?;
    let word = line.word("a type")?;
    let type_offset = resolver
        .type_offset(word)
        .ok_or_else(|| line.error("a type"))?;
    // Without a size it is that of the code in this text.
    let bytecode_count = if line.skip("size") {
        line.number("bytes of bytecode")?
    } else {
        lengths.of(method_offset).unwrap_or_default()
    };
    let (mut exception_handler_index, mut exception_handler_count) = (0, 0);
    if line.skip("handlers") {
        exception_handler_index = line.number("the first handler")?;
        exception_handler_count = line.number("the count of handlers")?;
    }
    line.end()?;
    Ok(MethodDescriptor {
        token,
        access_flags,
        method_offset,
        type_offset,
        bytecode_count,
        exception_handler_count,
        exception_handler_index,
    })
}
