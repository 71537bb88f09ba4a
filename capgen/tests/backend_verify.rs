//! The rules of the IR: for each a program that breaks only that rule.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use capgen::ir::{text, verify};

/// A function in a program with a class, an array and another function.
fn error_of(function: &str) -> String {
    let source = format!(
        r#"package "rules" aid A0000000010301 version 1.0
array TABLE [u8] 1 2 3
class Thing {{ "count": u16, "small": u8 }}
fn helper (%a.0: u8, %b.1: Thing) -> u16 {{
  b0:
    return 1u16
}}
{function}"#
    );
    let program = text::parse(&source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    verify::verify(&program).map_or_else(|error| error.to_string(), |()| String::new())
}

/// A function of one block over an `u8`, an `u16`, a `usize` and a `Thing`.
fn statement(statement: &str) -> String {
    error_of(&format!(
        "fn f (%x.0: u8, %y.1: u16, %n.2: usize, %t.3: Thing, %b.4: bool) {{\n  local %z.5: u8\n  b0:\n    {statement}\n    return\n}}"
    ))
}

#[test]
fn a_sound_program_is_accepted() {
    assert_eq!(statement("%z.5 = (add u8 %x.0 1u8)"), "");
    assert_eq!(statement("eval (call helper %x.0 %t.3)"), "");
}

#[test]
fn each_broken_rule_is_found() {
    let cases = [
        ("%z.5 = (add u8 %z.5 1u8)", "read before it is assigned"),
        (
            "%z.5 = %y.1",
            "expected a value of type U8, found Some(U16)",
        ),
        ("%z.5 = (add u8 %x.0 %y.1)", "expected a value of type U8"),
        ("%z.5 = 256u8", "256 is not a U8"),
        ("%z.5 = (neg u8 %x.0)", "Neg is not for U8"),
        ("%n.2 = (not usize %n.2)", "Not is not for Usize"),
        (
            "%n.2 = (wrapping_add usize %n.2 1usize)",
            "WrappingAdd is not for Usize",
        ),
        ("%b.4 = (add bool %b.4 %b.4)", "Add is not for Bool"),
        ("%z.5 = (shl u8 %x.0 8u8)", "shifted by 8"),
        ("%b.4 = (lt Thing %t.3 %t.3)", "Lt is not for references"),
        ("%b.4 = (cast u8 bool %x.0)", "no cast"),
        ("%z.5 = (elem u8 (array TABLE) %b.4)", "expected an integer"),
        (
            "%z.5 = (elem u8 %t.3 %n.2)",
            "expected a value of type Array",
        ),
        ("%n.2 = (len %t.3)", "the length of"),
        ("eval (call helper %x.0)", "does not agree with helper"),
        (
            "eval (call helper %y.1 %t.3)",
            "expected a value of type U8",
        ),
        (
            "%z.5 = (cast u16 u8 (api u16 \"javacard/framework/Util.getShort([BS)S\" (array TABLE)))",
            "does not agree",
        ),
        (
            "eval (api u8 \"javacard/framework/Util.getShort([BS)S\" (array TABLE) 0usize)",
            "",
        ),
        (
            "eval (api bool \"javacard/framework/Util.getShort([BS)S\" (array TABLE) 0usize)",
            "does not agree",
        ),
        (
            "eval (api u16 \"javacard/framework/Util.getSort([BS)S\" (array TABLE) 0usize)",
            "the API has no",
        ),
        ("%z.5 = (null u8)", "null is no U8"),
        ("throw %x.0", "expected a value of type U16"),
        ("if %x.0 b0 b0", "expected a value of type Bool"),
        ("goto b3", "there is no block 3"),
        ("switch %x.0 { 1 b0 1 b0 } b0", "switch key 1"),
        ("switch %x.0 { 300 b0 } b0", "switch key 300"),
        ("return %x.0", "a function returns a value exactly where"),
    ];
    for (text, expected) in cases {
        let terminates = ["throw", "if", "goto", "switch", "return"]
            .iter()
            .any(|word| text.starts_with(word));
        let found = if terminates {
            error_of(&format!("fn f (%x.0: u8) {{\n  b0:\n    {text}\n}}"))
        } else {
            statement(text)
        };
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn receivers_and_entries_are_checked() {
    let cases = [
        (
            "fn f (%t.0: Thing) receiver {\n  b0:\n    %t.0 = (new Thing)\n    return\n}",
            "never assigned",
        ),
        (
            "fn f (%t.0: Thing, %a.1: u8) receiver entry \"process(Ljavacard/framework/APDU;)V\" {\n  b0:\n    return\n}",
            "do not agree",
        ),
        (
            "fn f (%t.0: Thing) -> u16 receiver entry \"deselect()V\" {\n  b0:\n    return 1u16\n}",
            "do not agree",
        ),
    ];
    for (function, expected) in cases {
        let found = error_of(function);
        assert!(found.contains(expected), "{found}");
    }
}
