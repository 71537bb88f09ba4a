//! The components that a card needs.

use super::lines::{Line, Lines};
use super::resolve::Resolver;
use super::{AsmError, debug, descriptor, methods};
use crate::api::TokenSpace;
use crate::cap::CapFile;
use crate::component::applet::{AppletComponent, AppletInfo};
use crate::component::class::{
    ClassInfo, ImplementedInterface, InterfaceInfo, RemoteInterfaceInfo, RemoteMethod, TokenMapping,
};
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::custom::CustomComponent;
use crate::component::directory::CustomComponentInfo;
use crate::component::export::{ClassExport, Export};
use crate::component::header::PublicPackage;
use crate::component::reference_location::{LocationBlock, ReferenceLocation};
use crate::component::static_field::{ArrayInit, StaticFieldComponent};
use crate::component::static_resource::{StaticResource, StaticResourceComponent};
use crate::component::{Aid, ClassRef, CodeOffset, PackageInfo, Version};
use crate::locate::{Lengths, locate};
use std::collections::HashMap;

/// A file, and where its methods are.
pub(crate) struct Parsed {
    pub(crate) cap: CapFile,
    pub(crate) methods: Vec<CodeOffset>,
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
    let mut names = HashMap::new();
    while let Some(mut line) = lines.deeper(0) {
        if let Some(name) = line.label() {
            let index = u16::try_from(cap.constant_pool.entries.len());
            let index = index.map_err(|_| line.error("at most 65536 constants"))?;
            if names.insert(name.to_owned(), index).is_some() {
                return Err(line.error("a new name"));
            }
        }
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
    let methods = methods::methods(lines, &mut cap, &names, resolver.defined())?;
    cap.static_field = statics(lines)?;
    let located = locations(lines, &mut cap)?;
    if lines.keyword(0, "exports").is_some() {
        cap.export = Some(export(lines, resolver)?);
    }
    if lines.keyword(0, "descriptor").is_some() {
        let mut offsets = methods.clone();
        offsets.sort_unstable();
        let lengths = Lengths::new(&cap, &offsets);
        cap.descriptor = Some(descriptor::descriptor(lines, resolver, &lengths)?);
    }
    if !located && resolver.is_resolved() {
        let last = lines.last();
        cap.reference_location = locate(&cap).ok_or_else(|| {
            AsmError::new(last, "locations, since the code does not tell them", "none")
        })?;
    }
    if let Some(line) = lines.keyword(0, "debug") {
        cap.debug = Some(debug::debug(line, lines)?);
    }
    if lines.keyword(0, "resources").is_some() {
        let mut component = StaticResourceComponent::default();
        while let Some(mut line) = lines.keyword(2, "resource") {
            let id = line.number("a number")?;
            let bytes = line.hex("bytes")?;
            component.resources.push(StaticResource { id, bytes });
        }
        cap.static_resource = Some(component);
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
    while let Some(mut line) = lines.keyword(0, "public-package") {
        let aid = aid(&mut line)?;
        let package = PackageInfo {
            version: version(&mut line)?,
            aid,
        };
        let name = line.word("a name, or -")?.trim_matches('-').to_owned();
        cap.header
            .public_packages
            .push(PublicPackage { package, name });
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

/// `@OFFSET` for a static field of this file, or a class and a token or name.
pub(crate) fn static_field(
    line: &mut Line<'_>,
    resolver: &Resolver<'_>,
) -> Result<StaticRef, AsmError> {
    let word = line.word("a static field")?;
    match word.strip_prefix('@') {
        Some(offset) => {
            let offset = offset.parse();
            offset
                .map(StaticRef::Internal)
                .map_err(|_| line.error("an offset in the image"))
        }
        None => external(line, resolver, word),
    }
}

/// A class of another package, and the token or name of its member.
fn external<Offset: Default>(
    line: &mut Line<'_>,
    resolver: &Resolver<'_>,
    word: &str,
) -> Result<StaticRef<Offset>, AsmError> {
    let class = resolver
        .class_named(word)
        .ok_or_else(|| line.error("a class of an imported package"))?;
    let token = resolver.member(line, word, TokenSpace::Static)?;
    match class {
        ClassRef::External { package, class } => Ok(StaticRef::External {
            package,
            class,
            token,
        }),
        // In the first pass.
        ClassRef::Internal(_) => Ok(StaticRef::Internal(Offset::default())),
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
        "virtual" => {
            let word = line.word("a class")?;
            let class = resolver.class_named(word);
            let class = class
                .ok_or_else(|| line.error("a class of this file or of an imported package"))?;
            Constant::VirtualMethod {
                class,
                token: resolver.member(line, word, TokenSpace::Virtual)?,
            }
        }
        "super" => Constant::SuperMethod {
            class: resolver.class(line)?,
            token: line.number("a token")?,
        },
        "static-field" => Constant::StaticField(static_field(line, resolver)?),
        "static-method" => {
            let word = line.word("a static method")?;
            match resolver.method_named(word) {
                Some(offset) => Constant::StaticMethod(StaticRef::Internal(offset)),
                None if word.starts_with("method_") => {
                    return Err(line.error("a method of this file"));
                }
                None => Constant::StaticMethod(external(line, resolver, word)?),
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
    let mut table = |keyword| -> Result<(u8, Vec<CodeOffset>), AsmError> {
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
    if let Some(mut line) = lines.keyword(2, "token-mapping") {
        class.token_mapping = Some(TokenMapping {
            tokens: line.hex("tokens")?,
            inheritable_count: line.number("the count of inheritable tokens")?,
        });
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
        class_name: line.hex("a class name")?,
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

/// Where the code refers to constants; true if the text tells it.
fn locations(lines: &mut Lines<'_>, cap: &mut CapFile) -> Result<bool, AsmError> {
    let mut blocks = Vec::new();
    while let Some(mut line) = lines.keyword(0, "locations") {
        blocks.push(LocationBlock {
            byte_indices: line.hex("locations of one-byte indices")?,
            byte2_indices: line.hex("locations of two-byte indices")?,
        });
    }
    let mut blocks = blocks.into_iter();
    let Some(first) = blocks.next() else {
        return Ok(false);
    };
    cap.reference_location = ReferenceLocation {
        byte_indices: first.byte_indices,
        byte2_indices: first.byte2_indices,
        further_blocks: blocks.collect(),
    };
    Ok(true)
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
    loop {
        if lines.keyword(2, "package").is_some() {
            export.package_class_counts.push(0);
            continue;
        }
        let Some(mut line) = lines.keyword(2, "export") else {
            break;
        };
        if let Some(count) = export.package_class_counts.last_mut() {
            *count = count.saturating_add(1);
        }
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
