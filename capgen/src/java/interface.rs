//! Shareable interfaces in Java.

use super::{FIRST_WORDS, JavaFile};
use crate::ir::{Program, descriptor};
use cap_file::api::ApiClass;

/// The file of an interface that the package exports.
pub(super) fn file(program: &Program, interface: &ApiClass) -> JavaFile {
    let name = interface.simple_name();
    let package = program.name.replace('/', ".");
    let mut text = format!(
        "{FIRST_WORDS}; do not edit, the Rust source is the interface.\npackage {package};\n\n\
         /** The Rust trait {name}. */\npublic interface {name} extends javacard.framework.Shareable {{\n"
    );
    for method in &interface.methods {
        let parameters = descriptor::parameters(&method.descriptor).unwrap_or_default();
        let parameters: Vec<String> = parameters
            .iter()
            .enumerate()
            .map(|(index, ty)| format!("{} argument{index}", spelled(ty)))
            .collect();
        let result = descriptor::result(&method.descriptor).unwrap_or("V");
        let line = format!(
            "    {} {}({});\n",
            spelled(result),
            method.name,
            parameters.join(", ")
        );
        text.push_str(&line);
    }
    text.push_str("}\n");
    JavaFile {
        path: format!("{}/{name}.java", program.name),
        text,
    }
}

/// A type as Java writes it.
fn spelled(descriptor: &str) -> String {
    match descriptor {
        "V" => "void".to_owned(),
        "Z" => "boolean".to_owned(),
        "B" => "byte".to_owned(),
        "S" => "short".to_owned(),
        other => match other.strip_prefix('[') {
            Some(element) => format!("{}[]", spelled(element)),
            None => other
                .trim_start_matches('L')
                .trim_end_matches(';')
                .replace('/', "."),
        },
    }
}
