//! A CAP file as text.
//!
//! The form is line by line: a keyword, its operands, then perhaps `; comment`. Classes and methods of the file have
//! the names that its Debug component or its own export file gives them, `com/example/Wallet` and
//! `com/example/Wallet.debit(S)V`; without those, classes are `class_N` (by their place in the Class component) and
//! methods `method_N` (by their place in the Method component). Fields are tokens and static fields `@OFFSET`, with
//! their names as comments; instructions that are jumped to have labels `L_OFFSET:`. Classes of other packages have
//! the names of the export tables, or `PACKAGE.CLASS` tokens if there is no table. What has no name is `#OFFSET`.
//! A handler has its method, its start, end and target in that method's bytecode, and the constant of what it
//! catches. [`crate::asm::assemble`] reads the text back. What follows from the rest is not written out where it is
//! as it should be: sizes and counts of the directory, the lengths of methods, the reference locations.
//!
//! A compact file begins with `cap 2.1`, an extended one with `cap 2.3` and the flag 8; its blocks of methods begin
//! with `block`, the classes of each package in `exports` and `descriptor` with `package`.

mod code;
mod debug;
mod descriptor;
mod names;
mod own_names;

use crate::api::TokenSpace;
use crate::cap::CapFile;
use crate::component::class::{ClassEntry, ClassInfo, InterfaceInfo};
use crate::component::constant_pool::Constant;
use crate::locate::locate;
use crate::verify::Exports;
use names::Names;
use std::fmt::{self, Write};

/// Lines of text, with an indent.
pub(crate) struct Text {
    pub(crate) out: String,
}

impl Text {
    /// A line with a comment, which may be empty.
    pub(crate) fn line(&mut self, indent: usize, line: fmt::Arguments<'_>, comment: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.out, "{:indent$}{line}", "");
        if !comment.is_empty() {
            let _ = write!(self.out, " ; {comment}");
        }
        self.out.push('\n');
    }
}

/// Bytes as digits, `-` for none.
pub(crate) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The text of a file; see the module doc.
#[must_use]
pub fn dump(cap: &CapFile, exports: &Exports) -> String {
    let names = Names::new(cap, exports);
    let mut text = Text { out: String::new() };
    header(&mut text, cap, exports, &names);
    constants(&mut text, cap, &names);
    classes(&mut text, cap, &names);
    code::methods(&mut text, cap, &names);
    statics(&mut text, cap);
    locations(&mut text, cap);
    if let Some(export) = &cap.export {
        text.line(0, format_args!("exports"), "");
        let mut packages = Packages::new(&export.package_class_counts);
        for class in &export.classes {
            packages.before(&mut text);
            text.line(
                2,
                format_args!("export {}", names.class_at(class.class_offset)),
                "",
            );
            for offset in &class.static_field_offsets {
                text.line(4, format_args!("field @{offset}"), "");
            }
            for offset in &class.static_method_offsets {
                text.line(4, format_args!("method {}", names.method(*offset)), "");
            }
        }
        packages.before(&mut text);
    }
    if let Some(descriptor) = &cap.descriptor {
        descriptor::descriptor(&mut text, cap, descriptor, &names);
    }
    if let Some(debug) = &cap.debug {
        debug::debug(&mut text, debug);
    }
    if let Some(component) = &cap.static_resource {
        text.line(0, format_args!("resources"), "");
        for resource in &component.resources {
            let bytes = hex(&resource.bytes);
            text.line(2, format_args!("resource {} {bytes}", resource.id), "");
        }
    }
    for custom in &cap.custom {
        text.line(
            0,
            format_args!("custom {} {}", custom.tag, hex(&custom.info)),
            "",
        );
    }
    text.out
}

fn header(text: &mut Text, cap: &CapFile, exports: &Exports, names: &Names<'_>) {
    let header = &cap.header;
    text.line(0, format_args!("cap {}", header.format), "");
    if !cap.archive_path.is_empty() {
        text.line(0, format_args!("path {}", cap.archive_path), "");
    }
    let package = &header.package;
    text.line(
        0,
        format_args!(
            "package {} {} flags {}",
            package.aid, package.version, header.flags
        ),
        "",
    );
    if let Some(name) = &header.package_name {
        text.line(
            0,
            format_args!("name {}", if name.is_empty() { "-" } else { name }),
            "",
        );
    }
    for public in &header.public_packages {
        let name = if public.name.is_empty() {
            "-"
        } else {
            &public.name
        };
        let package = &public.package;
        text.line(
            0,
            format_args!("public-package {} {} {name}", package.aid, package.version),
            "",
        );
    }
    for custom in &cap.directory.custom {
        text.line(
            0,
            format_args!("directory-custom {} {}", custom.tag, custom.aid),
            "",
        );
    }
    for import in &cap.import.packages {
        let name = exports
            .find(&import.aid)
            .map_or("", |package| package.name.as_str());
        text.line(
            0,
            format_args!("import {} {}", import.aid, import.version),
            name,
        );
    }
    if let Some(applets) = &cap.applet {
        text.line(0, format_args!("applets"), "");
        for applet in &applets.applets {
            let install = names.method(applet.install_method_offset);
            text.line(2, format_args!("applet {} {install}", applet.aid), "");
        }
    }
}

fn constants(text: &mut Text, cap: &CapFile, names: &Names<'_>) {
    text.line(0, format_args!("constants"), "");
    for (index, constant) in cap.constant_pool.entries.iter().enumerate() {
        let comment = match names.constant(*constant) {
            Some(name) => format!("{index}: {name}"),
            None => index.to_string(),
        };
        let class = |class| names.class(class);
        match *constant {
            Constant::Class(reference) => {
                text.line(2, format_args!("class {}", class(reference)), &comment)
            }
            Constant::InstanceField {
                class: reference,
                token,
            } => {
                text.line(
                    2,
                    format_args!("field {} {token}", class(reference)),
                    &comment,
                );
            }
            Constant::VirtualMethod {
                class: reference,
                token,
            } => {
                let member = names.member(reference, TokenSpace::Virtual, token);
                text.line(
                    2,
                    format_args!("virtual {} {member}", class(reference)),
                    &comment,
                );
            }
            Constant::SuperMethod {
                class: reference,
                token,
            } => {
                text.line(
                    2,
                    format_args!("super {} {token}", class(reference)),
                    &comment,
                );
            }
            Constant::StaticField(reference) => {
                let field = names.static_field(reference);
                text.line(2, format_args!("static-field {field}"), &comment);
            }
            Constant::StaticMethod(reference) => {
                let method = names.static_method(reference);
                text.line(2, format_args!("static-method {method}"), &comment);
            }
        }
    }
}

fn classes(text: &mut Text, cap: &CapFile, names: &Names<'_>) {
    if let Some(pool) = &cap.class.signature_pool {
        text.line(0, format_args!("signatures"), "");
        for signature in pool {
            text.line(2, format_args!("signature {}", names.types(signature)), "");
        }
    }
    for (offset, entry) in cap.class_entries() {
        let name = names.class_at(offset);
        match entry {
            ClassEntry::Interface(interface) => one_interface(text, &name, interface, names),
            ClassEntry::Class(class) => one_class(text, &name, class, names),
        }
    }
}

fn one_interface(text: &mut Text, name: &str, interface: &InterfaceInfo, names: &Names<'_>) {
    text.line(
        0,
        format_args!("interface {name} flags {}", interface.flags),
        "",
    );
    for reference in &interface.superinterfaces {
        text.line(2, format_args!("extends {}", names.class(*reference)), "");
    }
    if let Some(remote) = &interface.remote_name {
        text.line(2, format_args!("remote-name {}", hex(remote)), "");
    }
}

fn one_class(text: &mut Text, name: &str, class: &ClassInfo, names: &Names<'_>) {
    text.line(0, format_args!("class {name} flags {}", class.flags), "");
    if let Some(reference) = class.super_class {
        text.line(2, format_args!("extends {}", names.class(reference)), "");
    }
    text.line(
        2,
        format_args!(
            "fields size {} first-reference {} references {}",
            class.declared_instance_size, class.first_reference_token, class.reference_count
        ),
        "",
    );
    for (keyword, base, table) in [
        (
            "public",
            class.public_method_table_base,
            &class.public_virtual_methods,
        ),
        (
            "package",
            class.package_method_table_base,
            &class.package_virtual_methods,
        ),
    ] {
        text.line(2, format_args!("{keyword}-methods {base}"), "");
        for offset in table {
            text.line(4, format_args!("method {}", names.method(*offset)), "");
        }
    }
    for implemented in &class.interfaces {
        let interface = names.class(implemented.interface);
        text.line(
            2,
            format_args!("implements {interface} {}", hex(&implemented.methods)),
            "",
        );
    }
    if let Some(remote) = &class.remote {
        let (modifier, name) = (hex(&remote.hash_modifier), hex(&remote.class_name));
        text.line(2, format_args!("remote {modifier} {name}"), "");
        for method in &remote.methods {
            let (hash, offset) = (method.hash, method.signature_offset);
            text.line(
                4,
                format_args!("method {hash} {offset} {}", method.virtual_method_token),
                "",
            );
        }
        for interface in &remote.interfaces {
            text.line(4, format_args!("interface {}", names.class(*interface)), "");
        }
    }
    if let Some(mapping) = &class.token_mapping {
        let (tokens, count) = (hex(&mapping.tokens), mapping.inheritable_count);
        text.line(2, format_args!("token-mapping {tokens} {count}"), "");
    }
}

fn statics(text: &mut Text, cap: &CapFile) {
    let statics = &cap.static_field;
    let (image, references) = (statics.image_size, statics.reference_count);
    let defaults = statics.default_value_count;
    text.line(
        0,
        format_args!("statics image {image} references {references} defaults {defaults}"),
        "",
    );
    for array in &statics.array_init {
        text.line(
            2,
            format_args!("array {} {}", array.element_type, hex(&array.values)),
            "",
        );
    }
    text.line(
        2,
        format_args!("values {}", hex(&statics.non_default_values)),
        "",
    );
}

/// The locations are left out where they are those of the indices in the code, as they should be.
fn locations(text: &mut Text, cap: &CapFile) {
    let locations = &cap.reference_location;
    if locate(cap).as_ref() == Some(locations) {
        return;
    }
    for (byte, byte2) in locations.blocks() {
        text.line(
            0,
            format_args!("locations {} {}", hex(byte), hex(byte2)),
            "",
        );
    }
}

/// Marks where the classes of each package of an extended file begin.
pub(crate) struct Packages<'a> {
    counts: std::slice::Iter<'a, u8>,
    left: u8,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(counts: &'a [u8]) -> Self {
        Self {
            counts: counts.iter(),
            left: 0,
        }
    }

    /// Before each class, and behind the last.
    pub(crate) fn before(&mut self, text: &mut Text) {
        while self.left == 0 {
            let Some(count) = self.counts.next() else {
                return;
            };
            text.line(2, format_args!("package"), "");
            self.left = *count;
        }
        self.left -= 1;
    }
}
