//! Fields and methods of an export file (JCVM §5.8 to §5.10).

use super::Exported;
use crate::export_file::{ExportConstant, ExportedClass, ExportedField, ExportedMethod, access};
use crate::java;
use crate::verify::Rule;
use std::collections::HashSet;

/// The token of a constant, which compilers put into the code.
const NO_TOKEN: u8 = 0xff;
const VISIBILITY: u16 = access::PUBLIC | access::PROTECTED;
const FIELD: u16 = VISIBILITY | access::STATIC | access::FINAL;
const METHOD: u16 = FIELD | access::ABSTRACT;
/// The highest token of a virtual method that other packages see (JCVM §4.3.7.6).
const LAST_VIRTUAL: u8 = 127;
/// The one method of `java/lang/Object`, whose token is 0.
const EQUALS: (&str, &str) = ("equals", "(Ljava/lang/Object;)Z");

pub(super) fn check(exported: &mut Exported<'_>, class: &ExportedClass, name: &str) {
    fields(exported, class, name);
    methods(exported, class, name);
}

/// Tokens from 0 on, in whatever order.
fn consecutive(tokens: &mut [u8]) -> bool {
    tokens.sort_unstable();
    (0..=0xff)
        .zip(tokens.iter())
        .all(|(token, is)| *is == token)
}

fn fields(exported: &mut Exported<'_>, class: &ExportedClass, name: &str) {
    let is_interface = class.access_flags & access::INTERFACE != 0;
    let mut seen = HashSet::new();
    let (mut statics, mut instance) = (Vec::new(), HashSet::new());
    for field in &class.fields {
        let field_name = exported.needed_text(field.name, "a field");
        let descriptor = exported.needed_text(field.descriptor, "a field's type");
        let (Some(field_name), Some(descriptor)) = (field_name, descriptor) else {
            continue;
        };
        exported.require(
            java::is_identifier(field_name) && java::is_field_type(descriptor),
            Rule::ExpNames,
            format!("name and type of a field of {name}"),
            || format!("{field_name} {descriptor}"),
        );
        let flags = field.access_flags;
        let has = |flag: u16| flags & flag != 0;
        let is_constant = has(access::STATIC) && has(access::FINAL) && descriptor.len() == 1;
        let unique = seen.insert((field_name, descriptor))
            && (has(access::STATIC) || instance.insert(field.token));
        let right = flags & !FIELD == 0
            && (flags & VISIBILITY).count_ones() == 1
            && (!is_interface || flags == access::PUBLIC | access::STATIC | access::FINAL)
            && unique;
        exported.require(
            right,
            Rule::ExpFields,
            format!("a visible field of {name} with flags that go together and its own token"),
            || {
                format!(
                    "{field_name} {descriptor}, flags 0x{flags:04x}, token {}",
                    field.token
                )
            },
        );
        let valued = if is_constant {
            field.token == NO_TOKEN && has_value(exported, field, descriptor)
        } else {
            field.token != NO_TOKEN && field.attributes.is_empty()
        };
        exported.require(
            valued,
            Rule::ExpFields,
            "one ConstantValue of its type and token 255 for a constant, neither for any other field",
            || format!("{name}.{field_name}, token {}", field.token),
        );
        if has(access::STATIC) && !is_constant {
            statics.push(field.token);
        }
    }
    exported.require(
        consecutive(&mut statics),
        Rule::ExpFields,
        format!("static fields of {name} with tokens from 0 on"),
        || format!("{statics:?}"),
    );
}

/// True if the only attribute is a value that the type has.
fn has_value(exported: &Exported<'_>, field: &ExportedField, descriptor: &str) -> bool {
    let [(name, contents)] = field.attributes.as_slice() else {
        return false;
    };
    let &[high, low] = contents.as_slice() else {
        return false;
    };
    let Some(ExportConstant::Integer(value)) = exported.constant(u16::from_be_bytes([high, low]))
    else {
        return false;
    };
    exported.text(*name) == Some("ConstantValue")
        && match descriptor {
            "Z" => (0..=1).contains(value),
            "B" => i8::try_from(*value).is_ok(),
            "S" => i16::try_from(*value).is_ok(),
            _ => descriptor == "I",
        }
}

fn methods(exported: &mut Exported<'_>, class: &ExportedClass, name: &str) {
    let is_interface = class.access_flags & access::INTERFACE != 0;
    let mut seen = HashSet::new();
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for method in &class.methods {
        let method_name = exported.needed_text(method.name, "a method");
        let descriptor = exported.needed_text(method.descriptor, "a method's signature");
        let (Some(method_name), Some(descriptor)) = (method_name, descriptor) else {
            continue;
        };
        let is_constructor = method_name == "<init>";
        let result = java::result_of(descriptor);
        exported.require(
            (is_constructor || java::is_identifier(method_name))
                && result.is_some_and(|result| !is_constructor || result == "V"),
            Rule::ExpNames,
            format!("name and signature of a method of {name}"),
            || format!("{method_name}{descriptor}"),
        );
        let right = flags_go_together(class, method, is_constructor)
            && seen.insert((method_name, descriptor));
        exported.require(
            right,
            Rule::ExpMethods,
            format!("a visible method of {name}, named once, with flags that go together"),
            || {
                format!(
                    "{method_name}{descriptor}, flags 0x{:04x}",
                    method.access_flags
                )
            },
        );
        let binds_early = is_constructor || method.access_flags & access::STATIC != 0;
        let tokens = if binds_early { &mut early } else { &mut late };
        tokens.push(method.token);
    }
    let right = consecutive(&mut early)
        && consecutive(&mut late)
        && late.last().is_none_or(|last| *last <= LAST_VIRTUAL)
        && early.last() != Some(&NO_TOKEN);
    exported.require(
        right,
        Rule::ExpMethods,
        format!("virtual methods of {name} with tokens from 0 to 127, static ones and constructors from 0 to 254"),
        || format!("virtual {late:?}, others {early:?}"),
    );
    let count = class.inheritable_public_method_token_count;
    exported.require(
        count.is_none_or(|count| usize::from(count) <= late.len()),
        Rule::ExpMethods,
        format!("no more inheritable tokens than virtual methods of {name}"),
        || format!("{count:?}"),
    );
    let has_equals = class.methods.iter().any(|method| {
        let is = (exported.text(method.name), exported.text(method.descriptor));
        is == (Some(EQUALS.0), Some(EQUALS.1)) && method.token == 0
    });
    exported.require(
        is_interface || has_equals,
        Rule::ExpMethods,
        format!("the method {}{} of {name} with token 0", EQUALS.0, EQUALS.1),
        || "none".to_owned(),
    );
}

fn flags_go_together(class: &ExportedClass, method: &ExportedMethod, is_constructor: bool) -> bool {
    let flags = method.access_flags;
    let has = |flag: u16| flags & flag != 0;
    let is_abstract = has(access::ABSTRACT);
    if class.access_flags & access::INTERFACE != 0 {
        return flags == access::PUBLIC | access::ABSTRACT && !is_constructor;
    }
    flags & !METHOD == 0
        && (flags & VISIBILITY).count_ones() == 1
        && !(is_abstract && (has(access::FINAL) || has(access::STATIC)))
        && (!is_abstract || class.access_flags & access::ABSTRACT != 0)
        && !(is_constructor && flags & !VISIBILITY != 0)
}
