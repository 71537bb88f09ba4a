//! The components that a card needs.

use super::lines::{Line, Lines};
use super::resolve::Resolver;
use super::{AsmError, assemble_code, debug, descriptor};
use crate::cap::CapFile;
use crate::component::applet::{AppletComponent, AppletInfo};
use crate::component::class::{
    ClassInfo, ImplementedInterface, InterfaceInfo, RemoteInterfaceInfo, RemoteMethod,
};
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::custom::CustomComponent;
use crate::component::directory::CustomComponentInfo;
use crate::component::export::{ClassExport, Export};
use crate::component::method::{ExceptionHandler, MethodComponent, MethodHeader};
use crate::component::static_field::{ArrayInit, StaticFieldComponent};
use crate::component::{Aid, ClassRef, PackageInfo, Version};

/// A file, and where its methods are.
pub(crate) struct Parsed {
    pub(crate) cap: CapFile,
    pub(crate) methods: Vec<u16>,
}

fn version(line: &mut Line<'_>) -> Result<Version, AsmError> {
    let word = line.word("a version")?;
    let parts = word
        .split_once('.')
        .and_then(|(major, minor)| Some(Version::new(major.parse().ok()?, minor.parse().ok()?)));
    parts.ok_or_else(|| line.error("a version"))
}

fn aid(line: &mut Line<'_>) -> Result<Aid, AsmError> {
    line.hex("an AID").map(Aid)
}

pub(crate) fn file(lines: &mut Lines<'_>, resolver: &Resolver<'_>) -> Result<Parsed, AsmError> {
    let mut cap = CapFile::default();
    header(lines, resolver, &mut cap)?;
    lines.expect(0, "constants")?;
    while let Some(line) = lines.deeper(0) {
        cap.constant_pool.entries.push(constant(line, resolver)?);
    }
    if lines.keyword(0, "signatures").is_some() {
        let mut pool = Vec::new();
        while let Some(mut line) = lines.keyword(2, "signature") {
            pool.push(resolver.types(&mut line)?);
        }
        cap.class.signature_pool = Some(pool);
    }
    while let Some(line) = lines.keyword(0, "interface") {
        cap.class.interfaces.push(interface(line, lines, resolver)?);
    }
    while let Some(line) = lines.keyword(0, "class") {
        cap.class.classes.push(class(line, lines, resolver)?);
    }
    let (component, methods) = methods(lines)?;
    cap.method = component;
    cap.static_field = statics(lines)?;
    let mut line = lines.expect(0, "locations")?;
    cap.reference_location.byte_indices = line.hex("locations of one-byte indices")?;
    cap.reference_location.byte2_indices = line.hex("locations of two-byte indices")?;
    if lines.keyword(0, "exports").is_some() {
        cap.export = Some(export(lines, resolver)?);
    }
    if lines.keyword(0, "descriptor").is_some() {
        cap.descriptor = Some(descriptor::descriptor(lines, resolver)?);
    }
    if let Some(line) = lines.keyword(0, "debug") {
        cap.debug = Some(debug::debug(line, lines)?);
    }
    while let Some(mut line) = lines.keyword(0, "custom") {
        let tag = line.number("a tag")?;
        cap.custom.push(CustomComponent {
            tag,
            info: line.hex("bytes")?,
        });
    }
    match lines.next() {
        Some(line) => Err(line.error("the end of the text")),
        None => Ok(Parsed { cap, methods }),
    }
}

fn header(
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
    cap: &mut CapFile,
) -> Result<(), AsmError> {
    cap.header.format = version(&mut lines.expect(0, "cap")?)?;
    if let Some(mut line) = lines.keyword(0, "path") {
        cap.archive_path = line.word("a path")?.to_owned();
    }
    let mut line = lines.expect(0, "package")?;
    cap.header.package.aid = aid(&mut line)?;
    cap.header.package.version = version(&mut line)?;
    cap.header.flags = line.named("flags")?;
    line.end()?;
    if let Some(mut line) = lines.keyword(0, "name") {
        let name = line.word("a name")?;
        cap.header.package_name = Some(if name == "-" {
            String::new()
        } else {
            name.to_owned()
        });
    }
    while let Some(mut line) = lines.keyword(0, "directory-custom") {
        let tag = line.number("a tag")?;
        cap.directory.custom.push(CustomComponentInfo {
            tag,
            size: 0,
            aid: aid(&mut line)?,
        });
    }
    while let Some(mut line) = lines.keyword(0, "import") {
        let aid = aid(&mut line)?;
        cap.import.packages.push(PackageInfo {
            version: version(&mut line)?,
            aid,
        });
    }
    if lines.keyword(0, "applets").is_some() {
        let mut applets = Vec::new();
        while let Some(mut line) = lines.keyword(2, "applet") {
            let aid = aid(&mut line)?;
            applets.push(AppletInfo {
                aid,
                install_method_offset: resolver.method(&mut line)?,
            });
        }
        cap.applet = Some(AppletComponent { applets });
    }
    Ok(())
}

/// `@OFFSET` for a static field of this file, a method of this file, or a class and a token.
pub(crate) fn static_reference(
    line: &mut Line<'_>,
    resolver: &Resolver<'_>,
    word: &str,
) -> Result<StaticRef, AsmError> {
    if let Some(offset) = word.strip_prefix('@') {
        return offset
            .parse()
            .map(StaticRef::Internal)
            .map_err(|_| line.error("an offset in the image"));
    }
    let class = resolver
        .class_named(word)
        .ok_or_else(|| line.error("a class of an imported package"))?;
    let token = line.number("a token")?;
    match class {
        ClassRef::External { package, class } => Ok(StaticRef::External {
            package,
            class,
            token,
        }),
        // In the first pass.
        ClassRef::Internal(offset) => Ok(StaticRef::Internal(offset)),
    }
}

fn constant(mut line: Line<'_>, resolver: &Resolver<'_>) -> Result<Constant, AsmError> {
    let line = &mut line;
    let constant = match line.word("a kind of constant")? {
        "class" => Constant::Class(resolver.class(line)?),
        "field" => Constant::InstanceField {
            class: resolver.class(line)?,
            token: line.number("a token")?,
        },
        "virtual" => Constant::VirtualMethod {
            class: resolver.class(line)?,
            token: line.number("a token")?,
        },
        "super" => Constant::SuperMethod {
            class: resolver.class(line)?,
            token: line.number("a token")?,
        },
        "static-field" => {
            let word = line.word("a static field")?;
            Constant::StaticField(static_reference(line, resolver, word)?)
        }
        "static-method" => {
            let word = line.word("a static method")?;
            match resolver.method_named(word) {
                Some(offset) => Constant::StaticMethod(StaticRef::Internal(offset)),
                None if word.starts_with("method_") => {
                    return Err(line.error("a method of this file"));
                }
                None => Constant::StaticMethod(static_reference(line, resolver, word)?),
            }
        }
        _ => return Err(line.error("class, field, virtual, super, static-field or static-method")),
    };
    line.end()?;
    Ok(constant)
}

fn interface(
    mut line: Line<'_>,
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
) -> Result<InterfaceInfo, AsmError> {
    line.word("a name")?;
    let mut interface = InterfaceInfo {
        flags: line.named("flags")?,
        ..InterfaceInfo::default()
    };
    while let Some(mut line) = lines.keyword(2, "extends") {
        interface.superinterfaces.push(resolver.class(&mut line)?);
    }
    if let Some(mut line) = lines.keyword(2, "remote-name") {
        interface.remote_name = Some(line.hex("a name")?);
    }
    Ok(interface)
}

fn class(
    mut line: Line<'_>,
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
) -> Result<ClassInfo, AsmError> {
    line.word("a name")?;
    let mut class = ClassInfo {
        flags: line.named("flags")?,
        ..ClassInfo::default()
    };
    if let Some(mut line) = lines.keyword(2, "extends") {
        class.super_class = Some(resolver.class(&mut line)?);
    }
    let mut line = lines.expect(2, "fields")?;
    class.declared_instance_size = line.named("size")?;
    class.first_reference_token = line.named("first-reference")?;
    class.reference_count = line.named("references")?;
    let mut table = |keyword| -> Result<(u8, Vec<u16>), AsmError> {
        let base = lines.expect(2, keyword)?.number("the first token")?;
        let mut table = Vec::new();
        while let Some(mut line) = lines.keyword(4, "method") {
            table.push(resolver.method(&mut line)?);
        }
        Ok((base, table))
    };
    (class.public_method_table_base, class.public_virtual_methods) = table("public-methods")?;
    (
        class.package_method_table_base,
        class.package_virtual_methods,
    ) = table("package-methods")?;
    while let Some(mut line) = lines.keyword(2, "implements") {
        let interface = resolver.class(&mut line)?;
        class.interfaces.push(ImplementedInterface {
            interface,
            methods: line.hex("method tokens")?,
        });
    }
    if let Some(line) = lines.keyword(2, "remote") {
        class.remote = Some(remote(line, lines, resolver)?);
    }
    Ok(class)
}

fn remote(
    mut line: Line<'_>,
    lines: &mut Lines<'_>,
    resolver: &Resolver<'_>,
) -> Result<RemoteInterfaceInfo, AsmError> {
    let mut remote = RemoteInterfaceInfo {
        hash_modifier: line.hex("a hash modifier")?,
        ..RemoteInterfaceInfo::default()
    };
    while let Some(mut line) = lines.keyword(4, "method") {
        remote.methods.push(RemoteMethod {
            hash: line.number("a hash")?,
            signature_offset: line.number("an offset")?,
            virtual_method_token: line.number("a token")?,
        });
    }
    while let Some(mut line) = lines.keyword(4, "interface") {
        remote.interfaces.push(resolver.class(&mut line)?);
    }
    Ok(remote)
}

/// A handler as it stands in the text.
enum HandlerPlace {
    InMethod {
        method: usize,
        start: u16,
        end: u16,
        target: u16,
    },
    Raw {
        start: u16,
        length: u16,
        target: u16,
    },
}

fn methods(lines: &mut Lines<'_>) -> Result<(MethodComponent, Vec<u16>), AsmError> {
    let mut component = MethodComponent::default();
    let mut places = Vec::new();
    if lines.keyword(0, "handlers").is_some() {
        while let Some(line) = lines.keyword(2, "handler") {
            let (place, handler) = handler(line)?;
            places.push(place);
            component.exception_handlers.push(handler);
        }
    }
    let mut offsets = Vec::new();
    let mut code_offsets = Vec::new();
    while let Some(mut line) = lines.keyword(0, "method") {
        line.word("a name")?;
        let header = MethodHeader {
            flags: line.named("flags")?,
            max_stack: line.named("stack")?,
            nargs: line.named("args")?,
            max_locals: line.named("locals")?,
        };
        line.end()?;
        let bytecode = match lines.keyword(2, "bytes") {
            Some(mut line) => line.hex("bytecode")?,
            None => {
                let (first, code) = lines.code();
                assemble_code(&code, first)?
            }
        };
        let offset = component
            .push(&header, &bytecode)
            .ok_or_else(|| line.error("at most 64 KB of methods"))?;
        offsets.push(offset);
        code_offsets.push(offset.saturating_add(header.size()));
    }
    if let Some(mut line) = lines.keyword(0, "code") {
        component.methods = line.hex("methods")?;
    }
    for (handler, place) in component.exception_handlers.iter_mut().zip(places) {
        (
            handler.start_offset,
            handler.active_length,
            handler.handler_offset,
        ) = match place {
            HandlerPlace::Raw {
                start,
                length,
                target,
            } => (start, length, target),
            HandlerPlace::InMethod {
                method,
                start,
                end,
                target,
            } => {
                let base = code_offsets.get(method).copied().unwrap_or_default();
                let at = |offset: u16| base.saturating_add(offset);
                (at(start), end.saturating_sub(start), at(target))
            }
        };
    }
    Ok((component, offsets))
}

fn handler(mut line: Line<'_>) -> Result<(HandlerPlace, ExceptionHandler), AsmError> {
    let word = line.word("a method")?;
    let place = match word.strip_prefix('#') {
        Some(start) => HandlerPlace::Raw {
            start: start.parse().map_err(|_| line.error("an offset"))?,
            length: line.number("a length")?,
            target: line.number("an offset")?,
        },
        None => HandlerPlace::InMethod {
            method: word
                .strip_prefix("method_")
                .and_then(|index| index.parse().ok())
                .ok_or_else(|| line.error("a method"))?,
            start: line.number("where the range starts")?,
            end: line.number("where the range ends")?,
            target: line.number("where the handler is")?,
        },
    };
    let catch_type_index = line.number("a constant")?;
    let stop = match line.word("stop or go-on")? {
        "stop" => true,
        "go-on" => false,
        _ => return Err(line.error("stop or go-on")),
    };
    line.end()?;
    Ok((
        place,
        ExceptionHandler {
            start_offset: 0,
            stop,
            active_length: 0,
            handler_offset: 0,
            catch_type_index,
        },
    ))
}

fn statics(lines: &mut Lines<'_>) -> Result<StaticFieldComponent, AsmError> {
    let mut line = lines.expect(0, "statics")?;
    let mut statics = StaticFieldComponent {
        image_size: line.named("image")?,
        reference_count: line.named("references")?,
        default_value_count: line.named("defaults")?,
        ..StaticFieldComponent::default()
    };
    while let Some(mut line) = lines.keyword(2, "array") {
        let element_type = line.number("an element type")?;
        statics.array_init.push(ArrayInit {
            element_type,
            values: line.hex("values")?,
        });
    }
    statics.non_default_values = lines.expect(2, "values")?.hex("values")?;
    Ok(statics)
}

fn export(lines: &mut Lines<'_>, resolver: &Resolver<'_>) -> Result<Export, AsmError> {
    let mut export = Export::default();
    while let Some(mut line) = lines.keyword(2, "export") {
        let ClassRef::Internal(class_offset) = resolver.class(&mut line)? else {
            return Err(line.error("a class of this file"));
        };
        let mut class = ClassExport {
            class_offset,
            ..ClassExport::default()
        };
        while let Some(mut line) = lines.keyword(4, "field") {
            let word = line.word("a static field")?;
            let offset = word
                .strip_prefix('@')
                .and_then(|offset| offset.parse().ok());
            class
                .static_field_offsets
                .push(offset.ok_or_else(|| line.error("@ and an offset in the image"))?);
        }
        while let Some(mut line) = lines.keyword(4, "method") {
            class
                .static_method_offsets
                .push(resolver.method(&mut line)?);
        }
        export.classes.push(class);
    }
    Ok(export)
}
