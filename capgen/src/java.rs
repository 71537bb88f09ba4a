//! Java Card source that does the same: for reviewers who read Java, and as a second road to a CAP file.
//!
//! One class for each struct, one method for each Rust function that is not put into its callers. The
//! graph of blocks becomes loops, branches and labelled blocks again (`structure`), values become
//! `short`s and `byte`s with the conversions that Java wants (`expression`). Comments name the Rust
//! function and the lines.

mod declare;
mod expression;
mod interface;
mod method;
mod names;
mod structure;
mod tidy;

use crate::codegen::linkage::Methods;
use crate::codegen::{BackendError, legalize};
use crate::ir::{ClassId, Element, FunctionId, Program, Type, verify};
use crate::opt::{self, Options};
pub(crate) use names::{Names, identifier};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A Java source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaFile {
    /// Its path below the root of sources, `jpki/Jpki.java`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What each file of a listing begins with.
pub const FIRST_WORDS: &str = "// Listed by tenkoku";

/// What makes a listing readable and keeps its functions apart.
const READABLE: Options = Options {
    fold: true,
    decide: true,
    blocks: true,
    forward: true,
    share: true,
    ..Options::NONE
};

/// Lists a program as Java, a file for each class and each shareable interface.
///
/// # Errors
/// [`BackendError`] where the IR breaks its rules.
pub fn listing(program: &Program) -> Result<Vec<JavaFile>, BackendError> {
    verify::verify(program)?;
    let mut program = program.clone();
    opt::optimise(&mut program, &READABLE)?;
    legalize::legalize(&mut program, &BTreeSet::new());
    verify::verify(&program)?;
    let methods = Methods::of(&program)?;
    let names = Names::of(&program, &methods);
    let mut files = (0..program.classes.len())
        .map(|class| file(&program, &methods, &names, ClassId(class)))
        .collect::<Result<Vec<_>, _>>()?;
    let interfaces = program.exports.iter().filter(|class| class.is_interface);
    files.extend(interfaces.map(|class| interface::file(&program, class)));
    Ok(files)
}

fn file(
    program: &Program,
    methods: &Methods,
    names: &Names,
    id: ClassId,
) -> Result<JavaFile, BackendError> {
    let mut body = String::new();
    for (index, function) in program.functions.iter().enumerate() {
        if methods.home.get(index) == Some(&id) {
            body.push('\n');
            body.push_str(&method::render(
                program,
                names,
                FunctionId(index),
                function,
            )?);
        }
    }
    let class = names.class(id);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = header(&mut text, program, names, id);
    text.push_str(&body);
    text.push_str("}\n");
    Ok(JavaFile {
        path: format!("{}/{class}.java", program.name.replace('.', "/")),
        text,
    })
}

/// Everything up to the first method.
fn header(out: &mut String, program: &Program, names: &Names, id: ClassId) -> std::fmt::Result {
    let (major, minor) = program.version;
    writeln!(
        out,
        "{FIRST_WORDS} from {}; do not edit, the Rust source is the applet.",
        sources(program, id)
    )?;
    writeln!(
        out,
        "// Package {} version {major}.{minor}",
        colon_separated(&program.aid)
    )?;
    for applet in program.applets.iter().filter(|applet| applet.class == id) {
        writeln!(out, "// Applet {}", colon_separated(&applet.aid))?;
    }
    writeln!(out, "package {};\n", program.name.replace('/', "."))?;
    for import in names.imports() {
        writeln!(out, "import {import};")?;
    }
    let Some(class) = program.classes.get(id.0) else {
        return Ok(());
    };
    let is_applet = program.applets.iter().any(|applet| applet.class == id);
    let exported = program.exported_name(id);
    let is_exported = program.exports.iter().any(|class| class.name == exported);
    let superclass = class
        .superclass
        .as_ref()
        .map(|superclass| format!(" extends {}", names.api(superclass)));
    let implements: Vec<String> = class
        .implements
        .iter()
        .map(|name| names.api(name))
        .collect();
    let implements = if implements.is_empty() {
        String::new()
    } else {
        format!(" implements {}", implements.join(", "))
    };
    writeln!(
        out,
        "\n/** The Rust struct {}. */\n{}class {}{}{implements} {{",
        class.name,
        if is_applet || is_exported {
            "public "
        } else {
            ""
        },
        names.class(id),
        superclass.unwrap_or_default()
    )?;
    for (index, field) in class.fields.iter().enumerate() {
        let ty = match field.ty {
            Type::U8 | Type::I8 => "byte".to_owned(),
            _ => value_type(names, &field.ty),
        };
        writeln!(
            out,
            "    {ty} {};{}",
            names.field(id, index),
            unsigned_note(&field.ty)
        )?;
    }
    if names.array_home() == Some(id) {
        for (index, array) in program.arrays.iter().enumerate() {
            writeln!(out, "\n    /** {} */", array.name)?;
            writeln!(
                out,
                "    static final {}[] {} = {{",
                element_type(names, &array.element),
                names.array(index)
            )?;
            let literal = |value: &i32| match array.element {
                Element::Bool => (*value != 0).to_string(),
                Element::U8 => format!("(byte) 0x{value:02X}"),
                Element::U16 => format!("(short) 0x{value:04X}"),
                Element::Int => format!("0x{value:08X}"),
                _ => value.to_string(),
            };
            let values: Vec<String> = array.values.iter().map(literal).collect();
            for row in values.chunks(8) {
                writeln!(out, "        {},", row.join(", "))?;
            }
            writeln!(out, "    }};")?;
        }
    }
    Ok(())
}

/// What tells a reader that a signed Java type holds unsigned numbers.
fn unsigned_note(ty: &Type) -> &'static str {
    match ty {
        Type::U8 => " // u8",
        Type::U16 => " // u16",
        _ => "",
    }
}

/// The files that a class's functions come from: only the first, which is that of the struct or near it.
fn sources(program: &Program, id: ClassId) -> String {
    let mut of_class = program.functions.iter().filter(|function| {
        function.receiver == Some(id) && function.entry.is_none() && function.position.line > 0
    });
    let name = of_class
        .next()
        .or_else(|| program.functions.first())
        .and_then(|function| {
            program
                .files
                .get(usize::try_from(function.position.file).ok()?)
        });
    name.cloned().unwrap_or_else(|| program.name.clone())
}

fn colon_separated(aid: &[u8]) -> String {
    let bytes: Vec<String> = aid.iter().map(|byte| format!("0x{byte:x}")).collect();
    bytes.join(":")
}

/// The Java type of a parameter, local or result.
fn value_type(names: &Names, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Class(class) => names.class(*class).to_owned(),
        Type::Api(class) => names.api(class),
        Type::Array(element) => format!("{}[]", element_type(names, element)),
        _ => "short".to_owned(),
    }
}

fn element_type(names: &Names, element: &Element) -> String {
    match element {
        Element::Bool => "boolean".to_owned(),
        Element::U8 | Element::I8 => "byte".to_owned(),
        Element::U16 | Element::I16 => "short".to_owned(),
        Element::Int => "int".to_owned(),
        Element::Class(class) => names.class(*class).to_owned(),
    }
}
