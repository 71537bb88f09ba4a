//! The Debug component.

use super::Text;
use crate::component::debug::{ClassDebug, Debug};

pub(crate) fn debug(text: &mut Text, debug: &Debug) {
    text.line(0, format_args!("debug {}", debug.package_name), "");
    for (index, string) in debug.strings.iter().enumerate() {
        let readable = String::from_utf8_lossy(string).replace(|c: char| c.is_control(), "?");
        text.line(
            2,
            format_args!("string {}", super::hex(string)),
            &format!("{index}: {readable}"),
        );
    }
    let mut classes = debug.classes.iter();
    for package in &debug.packages {
        text.line(2, format_args!("package {}", package.name), "");
        for class in classes.by_ref().take(package.class_count.into()) {
            one(text, debug, class);
        }
    }
    for class in classes {
        one(text, debug, class);
    }
}

fn one(text: &mut Text, debug: &Debug, class: &ClassDebug) {
    let name = |index: u16| debug.string(index).unwrap_or_default().to_owned();
    text.line(
        2,
        format_args!(
            "class {} {} {} {} {}",
            class.name,
            class.access_flags,
            class.location,
            class.superclass_name,
            class.source_file
        ),
        &name(class.name),
    );
    for interface in &class.interfaces {
        text.line(4, format_args!("interface {interface}"), &name(*interface));
    }
    for field in &class.fields {
        let (descriptor, access, contents) = (field.descriptor, field.access_flags, field.contents);
        text.line(
            4,
            format_args!("field {} {descriptor} {access} {contents}", field.name),
            &name(field.name),
        );
    }
    for method in &class.methods {
        text.line(
            4,
            format_args!(
                "method {} {} {} {} {} {}",
                method.name,
                method.descriptor,
                method.access_flags,
                method.location,
                method.header_size,
                method.body_size
            ),
            &name(method.name),
        );
        for variable in &method.variables {
            let (index, descriptor) = (variable.index, variable.descriptor);
            text.line(
                6,
                format_args!(
                    "variable {index} {} {descriptor} {} {}",
                    variable.name, variable.start_pc, variable.length
                ),
                &name(variable.name),
            );
        }
        for line in &method.lines {
            text.line(
                6,
                format_args!(
                    "line {} {} {}",
                    line.start_pc, line.end_pc, line.source_line
                ),
                "",
            );
        }
    }
}
