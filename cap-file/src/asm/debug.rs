//! The Debug component.

use super::AsmError;
use super::lines::{Line, Lines};
use crate::component::debug::{
    ClassDebug, Debug, FieldDebug, LineDebug, MethodDebug, PackageDebug, VariableDebug,
};

pub(crate) fn debug(mut line: Line<'_>, lines: &mut Lines<'_>) -> Result<Debug, AsmError> {
    let mut debug = Debug {
        package_name: line.number("a string's index")?,
        ..Debug::default()
    };
    while let Some(mut line) = lines.keyword(2, "string") {
        debug.strings.push(line.hex("a string")?);
    }
    loop {
        if let Some(mut line) = lines.keyword(2, "package") {
            debug.packages.push(PackageDebug {
                name: line.number("a string's index")?,
                class_count: 0,
            });
        } else if let Some(line) = lines.keyword(2, "class") {
            if let Some(package) = debug.packages.last_mut() {
                package.class_count = package.class_count.saturating_add(1);
            }
            debug.classes.push(class(line, lines)?);
        } else {
            break;
        }
    }
    Ok(debug)
}

fn class(mut line: Line<'_>, lines: &mut Lines<'_>) -> Result<ClassDebug, AsmError> {
    let mut class = ClassDebug {
        name: line.number("a name")?,
        access_flags: line.number("access flags")?,
        location: line.number("a location")?,
        superclass_name: line.number("a superclass name")?,
        source_file: line.number("a source file")?,
        ..ClassDebug::default()
    };
    while let Some(mut line) = lines.keyword(4, "interface") {
        class.interfaces.push(line.number("an interface name")?);
    }
    while let Some(mut line) = lines.keyword(4, "field") {
        class.fields.push(FieldDebug {
            name: line.number("a name")?,
            descriptor: line.number("a type")?,
            access_flags: line.number("access flags")?,
            contents: line.number("contents")?,
        });
    }
    while let Some(line) = lines.keyword(4, "method") {
        class.methods.push(method(line, lines)?);
    }
    Ok(class)
}

fn method(mut line: Line<'_>, lines: &mut Lines<'_>) -> Result<MethodDebug, AsmError> {
    let mut method = MethodDebug {
        name: line.number("a name")?,
        descriptor: line.number("a signature")?,
        access_flags: line.number("access flags")?,
        location: line.number("a location")?,
        header_size: line.number("a header size")?,
        body_size: line.number("a body size")?,
        ..MethodDebug::default()
    };
    while let Some(mut line) = lines.keyword(6, "variable") {
        method.variables.push(VariableDebug {
            index: line.number("an index")?,
            name: line.number("a name")?,
            descriptor: line.number("a type")?,
            start_pc: line.number("a start")?,
            length: line.number("a length")?,
        });
    }
    while let Some(mut line) = lines.keyword(6, "line") {
        method.lines.push(LineDebug {
            start_pc: line.number("a start")?,
            end_pc: line.number("an end")?,
            source_line: line.number("a line number")?,
        });
    }
    Ok(method)
}
