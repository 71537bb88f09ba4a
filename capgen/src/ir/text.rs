//! The text form of the IR: what `--emit ir` prints and tests are written in.
//!
//! ```text
//! package demo aid A00000000101 version 1.0
//! file "src/lib.rs"
//! array TABLE [u8] 1 2 3
//! class Demo extends javacard/framework/Applet { count: u16, table: [u8] }
//! applet A0000000010101 Demo Demo::install
//! fn Demo::next (%this.0: Demo, %step.1: u8) -> u16 receiver {
//!   b0:
//!     (field Demo.count %this.0) = (add u16 (field Demo.count %this.0) (cast u8 u16 %step.1)) @0:12:9
//!     if (lt u16 (field Demo.count %this.0) 500u16) b1 b2
//!   b1:
//!     return (field Demo.count %this.0)
//!   b2:
//!     throw 27013u16
//! }
//! ```
//!
//! `class … implements INTERFACE` names shareable interfaces. `imports` (for each imported package) and `exports` stand
//! before a package in the form of the API's tables (`cap_file::api`), each line behind `|`.
//!
//! Expressions are written prefix. A local is its name, a dot and its number. Functions, classes and
//! arrays go by name, or by `#` and their number where the name is not unique or not a plain word.
//! `@file:line:column` tells the place in the source. [`print()`] and [`parse`] are each other's inverse.

mod expression;
mod lexer;
mod parser;

use super::{
    Block, ClassId, Element, Function, FunctionId, Position, Program, Statement, Terminator, Type,
};
use cap_file::api::ApiPackage;
use expression::expression;
pub use parser::{ParseError, parse};
use std::fmt::Write;

/// Prints a program; the same program always gives the same text.
#[must_use]
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = print_program(program, &mut out);
    out
}

/// Prints one function of a program.
#[must_use]
pub fn print_function(program: &Program, function: FunctionId) -> String {
    let mut out = String::new();
    if let Some(found) = program.functions.get(function.0) {
        let _ = print_function_to(&Names::of(program), found, &mut out);
    }
    out
}

/// How functions, classes and arrays are called in the text.
pub(super) struct Names {
    functions: Vec<String>,
    classes: Vec<String>,
    arrays: Vec<String>,
    fields: Vec<Vec<String>>,
}

impl Names {
    fn of(program: &Program) -> Self {
        let fields =
            |class: &super::Class| unique(class.fields.iter().map(|field| field.name.as_str()));
        Self {
            functions: unique(
                program
                    .functions
                    .iter()
                    .map(|function| function.name.as_str()),
            ),
            classes: unique(program.classes.iter().map(|class| class.name.as_str())),
            arrays: unique(program.arrays.iter().map(|array| array.name.as_str())),
            fields: program.classes.iter().map(fields).collect(),
        }
    }

    fn function(&self, index: usize) -> String {
        self.functions
            .get(index)
            .cloned()
            .unwrap_or_else(|| format!("#{index}"))
    }

    fn class(&self, index: ClassId) -> String {
        self.classes
            .get(index.0)
            .cloned()
            .unwrap_or_else(|| format!("#{}", index.0))
    }

    fn array(&self, index: usize) -> String {
        self.arrays
            .get(index)
            .cloned()
            .unwrap_or_else(|| format!("#{index}"))
    }

    fn field(&self, class: ClassId, field: usize) -> String {
        let name = self
            .fields
            .get(class.0)
            .and_then(|fields| fields.get(field))
            .cloned();
        format!(
            "{}.{}",
            self.class(class),
            name.unwrap_or_else(|| format!("#{field}"))
        )
    }

    fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "bool".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::I8 => "i8".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::I16 => "i16".to_owned(),
            Type::Usize => "usize".to_owned(),
            Type::Int => "int".to_owned(),
            Type::Class(class) => self.class(*class),
            Type::Api(name) => name.clone(),
            Type::Array(element) => format!("[{}]", self.element(element)),
        }
    }

    fn element(&self, element: &Element) -> String {
        self.ty(&element.value_type())
    }
}

/// Words that mean a type or are otherwise not free for a name.
const RESERVED: [&str; 8] = ["bool", "u8", "i8", "u16", "i16", "usize", "int", "none"];

fn is_plain(name: &str) -> bool {
    let starts = name
        .chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    starts && name.chars().all(plain) && !RESERVED.contains(&name)
}

/// The names, with `#` and the number in place of those that are not plain or not unique.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: Vec<&str> = names.collect();
    let mut counts = std::collections::HashMap::new();
    for name in &names {
        *counts.entry(*name).or_insert(0) += 1;
    }
    let name = |(index, name): (usize, &&str)| {
        if is_plain(name) && counts.get(name) == Some(&1) {
            (*name).to_owned()
        } else {
            format!("#{index}")
        }
    };
    names.iter().enumerate().map(name).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn print_program(program: &Program, out: &mut String) -> std::fmt::Result {
    let names = Names::of(program);
    let (major, minor) = program.version;
    writeln!(
        out,
        "package {:?} aid {} version {major}.{minor}",
        program.name,
        hex(&program.aid)
    )?;
    for file in &program.files {
        writeln!(out, "file {file:?}")?;
    }
    for (index, array) in program.arrays.iter().enumerate() {
        write!(out, "array {}", declared(&names.array(index), &array.name))?;
        write!(out, " [{}]", names.element(&array.element))?;
        for value in &array.values {
            write!(out, " {value}")?;
        }
        writeln!(out)?;
    }
    for (index, class) in program.classes.iter().enumerate() {
        write!(
            out,
            "class {}",
            declared(&names.class(ClassId(index)), &class.name)
        )?;
        if let Some(superclass) = &class.superclass {
            write!(out, " extends {superclass}")?;
        }
        for interface in &class.implements {
            write!(out, " implements {interface}")?;
        }
        write!(out, " {{")?;
        for (index, field) in class.fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma} {:?}: {}", field.name, names.ty(&field.ty))?;
        }
        writeln!(out, " }}")?;
    }
    for package in &program.imports {
        print_table("imports", package, out)?;
    }
    if !program.exports.is_empty() {
        print_table("exports", &program.exported(), out)?;
    }
    for applet in &program.applets {
        let (class, install) = (names.class(applet.class), names.function(applet.install.0));
        writeln!(out, "applet {} {class} {install}", hex(&applet.aid))?;
    }
    for function in &program.functions {
        writeln!(out)?;
        print_function_to(&names, function, out)?;
    }
    Ok(())
}

/// A package as the API's tables have it.
fn print_table(word: &str, package: &ApiPackage, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{word}")?;
    for line in cap_file::api::print::package(package).lines() {
        writeln!(out, "| {line}")?;
    }
    Ok(())
}

/// A name where it is declared: quoted if it cannot stand for itself.
fn declared(reference: &str, name: &str) -> String {
    if reference == name {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

fn print_function_to(names: &Names, function: &Function, out: &mut String) -> std::fmt::Result {
    let local = |local: super::LocalId| {
        let (name, ty) = function
            .locals
            .get(local.0)
            .map_or((String::new(), String::new()), |found| {
                (found.name.clone(), names.ty(&found.ty))
            });
        format!(
            "%{}.{}: {ty}",
            if is_plain(&name) { name } else { String::new() },
            local.0
        )
    };
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|parameter| local(*parameter))
        .collect();
    let name = if is_plain(&function.name) {
        function.name.clone()
    } else {
        format!("{:?}", function.name)
    };
    write!(out, "fn {name} ({})", parameters.join(", "))?;
    if let Some(result) = &function.result {
        write!(out, " -> {}", names.ty(result))?;
    }
    if function.receiver.is_some() {
        write!(out, " receiver")?;
    }
    if let Some(entry) = &function.entry {
        write!(
            out,
            " entry {:?}",
            format!("{}{}", entry.name, entry.descriptor)
        )?;
        if let Some(class) = entry.class {
            write!(out, " of {}", names.class(class))?;
        }
    }
    writeln!(out, "{} {{", place(function.position))?;
    for index in 0..function.locals.len() {
        let id = super::LocalId(index);
        if !function.parameters.contains(&id) {
            writeln!(out, "  local {}", local(id))?;
        }
    }
    for (index, block) in function.blocks.iter().enumerate() {
        writeln!(out, "  b{index}:")?;
        print_block(names, function, block, out)?;
    }
    writeln!(out, "}}")
}

fn place(position: Position) -> String {
    if position == Position::default() {
        return String::new();
    }
    format!(" @{}:{}:{}", position.file, position.line, position.column)
}

fn print_block(
    names: &Names,
    function: &Function,
    block: &Block,
    out: &mut String,
) -> std::fmt::Result {
    let text = |expr: &super::Expr| expression(names, function, expr);
    for (statement, position) in &block.statements {
        let line = match statement {
            Statement::Set(local, value) => {
                format!("{} = {}", text(&super::Expr::Local(*local)), text(value))
            }
            Statement::SetField(object, field, class, value) => {
                format!(
                    "(field {} {}) = {}",
                    names.field(*class, *field),
                    text(object),
                    text(value)
                )
            }
            Statement::SetElement(element, array, index, value) => {
                let place = format!(
                    "(elem {} {} {})",
                    names.element(element),
                    text(array),
                    text(index)
                );
                format!("{place} = {}", text(value))
            }
            Statement::Eval(value) => format!("eval {}", text(value)),
        };
        writeln!(out, "    {line}{}", place(*position))?;
    }
    let line = match &block.terminator {
        Terminator::Goto(next) => format!("goto b{}", next.0),
        Terminator::If(condition, yes, no) => {
            format!("if {} b{} b{}", text(condition), yes.0, no.0)
        }
        Terminator::Switch(key, cases, default) => {
            let cases: String = cases
                .iter()
                .map(|(value, block)| format!(" {value} b{}", block.0))
                .collect();
            format!("switch {} {{{cases} }} b{}", text(key), default.0)
        }
        Terminator::Return(None) => "return".to_owned(),
        Terminator::Return(Some(value)) => format!("return {}", text(value)),
        Terminator::Throw(status) => format!("throw {}", text(status)),
        Terminator::Unreachable => "unreachable".to_owned(),
    };
    writeln!(out, "    {line}{}", place(block.position))
}
