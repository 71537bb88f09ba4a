//! Jumps, calls and exceptions.

use super::{expect, expect_exception, run, run_package};
use crate::support::{ANSWER, Package, ask, card_with, select};
#[test]
fn branches() {
    for (operation, left, right, taken) in [
        ("if_scmpeq", 1, 1, true),
        ("if_scmpeq", 1, 2, false),
        ("if_scmpne", 1, 2, true),
        ("if_scmpne", 1, 1, false),
        ("if_scmplt", -1, 0, true),
        ("if_scmplt", 0, 0, false),
        ("if_scmpge", 0, 0, true),
        ("if_scmpge", -1, 0, false),
        ("if_scmpgt", 1, 0, true),
        ("if_scmpgt", 0, 0, false),
        ("if_scmple", 0, 0, true),
        ("if_scmple", 1, 0, false),
    ] {
        for wide in ["", "_w"] {
            for operands in [
                format!("sspush {left}; sspush {right}"),
                format!("sspush {left}; sstore_2; sspush {right}; sstore_3; sload_2; sload_3"),
            ] {
                let program = format!(
                    "{operands}; {operation}{wide} yes; sconst_0; goto end; yes: sconst_1; end: nop"
                );
                expect(&[(&program, taken.into())]);
            }
        }
    }
    for (operation, value, taken) in [
        ("ifeq", 0, true),
        ("ifeq", 1, false),
        ("ifne", 1, true),
        ("ifne", 0, false),
        ("iflt", -1, true),
        ("iflt", 0, false),
        ("ifge", 0, true),
        ("ifge", -1, false),
        ("ifgt", 1, true),
        ("ifgt", 0, false),
        ("ifle", 0, true),
        ("ifle", 1, false),
    ] {
        for wide in ["", "_w"] {
            let program = format!(
                "sspush {value}; {operation}{wide} yes; sconst_0; goto_w end; yes: sconst_1; end: nop"
            );
            expect(&[(&program, taken.into())]);
        }
    }
    expect(&[
        (
            "aload_0; ifnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            0,
        ),
        (
            "aload_0; ifnonnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aload_0; ifnull_w yes; sconst_0; goto end; yes: sconst_1; end: nop",
            0,
        ),
        (
            "aload_0; ifnonnull_w yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aload_0; aload_1; if_acmpeq_w yes; sconst_0; goto end; yes: sconst_1; end: nop",
            0,
        ),
        (
            "aload_0; aload_1; if_acmpne_w yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        // A value stays on the stack across the branch, and both ways bring their own.
        (
            "bspush 10; sconst_1; ifne yes; sconst_1; goto end; yes: sconst_2; end: sadd",
            12,
        ),
        (
            "sconst_0; sstore_2; again: sinc 2 1; sload_2; sspush 1000; if_scmplt again; sload_2",
            1000,
        ),
    ]);
}

#[test]
fn subroutines() {
    expect(&[
        (
            "sconst_0; sstore_2; jsr sub; jsr sub; goto end; sub: astore_3; sinc 2 5; ret 3; end: sload_2",
            10,
        ),
        (
            "bspush 9; jsr sub; goto end; sub: astore_3; ret 3; end: nop",
            9,
        ),
    ]);
    let fault = run("sconst_1; sstore_2; ret 2; sconst_0").unwrap_err();
    assert!(fault.contains("subroutine"), "{fault}");
}

#[test]
fn switches() {
    let cases = [("stableswitch", "", ""), ("itableswitch", "s2i", "")];
    for (operation, convert, _) in cases {
        for (key, expected) in [(-2, 9), (-1, 1), (0, 2), (1, 3), (2, 9), (-32768, 9)] {
            let program = format!(
                "sspush {key}; {convert}\n{operation} other -1 a b c
                 other: bspush 9; goto end; a: sconst_1; goto end; b: sconst_2; goto end; c: sconst_3; end: nop"
            );
            expect(&[(&program, expected)]);
        }
    }
    for (key, expected) in [(-300, 1), (7, 2), (32000, 3), (8, 9)] {
        let program = format!(
            "sspush {key}; slookupswitch other -300=a 7=b 32000=c
             other: bspush 9; goto end; a: sconst_1; goto end; b: sconst_2; goto end; c: sconst_3; end: nop"
        );
        expect(&[(&program, expected)]);
    }
    for (key, expected) in [(-300_000, 1), (7, 2), (70000, 3), (70001, 9)] {
        let program = format!(
            "iipush {key}; ilookupswitch other -300000=a 7=b 70000=c
             other: bspush 9; goto end; a: sconst_1; goto end; b: sconst_2; goto end; c: sconst_3; end: nop"
        );
        expect(&[(&program, expected)]);
    }
}

#[test]
fn calls() {
    expect(&[
        ("sspush 21; invokestatic :twice", 42),
        (
            "bspush 100; sspush 300; s2i; invokestatic :square; iipush 90000; icmp; sadd",
            100,
        ),
        ("sconst_3; invokestatic :nothing", 3),
        (
            "aload_0; invokestatic :self; aload_0; if_acmpeq yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aload_0; aload_0; invokevirtual java/lang/Object.equals(Ljava/lang/Object;)Z",
            1,
        ),
        (
            "sconst_1; newarray 11; aload_0; invokevirtual java/lang/Object.equals(Ljava/lang/Object;)Z",
            0,
        ),
    ]);
    expect_exception(&[(
        "aconst_null; aload_0; invokevirtual java/lang/Object.equals(Ljava/lang/Object;)Z",
        "NullPointer",
    )]);
    let package = Package {
        implements: Some((
            "javacard/framework/PIN",
            vec![
                (4, "sload_2; sload_3; sadd; sreturn"),
                (1, "bspush 77; sreturn"),
                (1, "sconst_0; sreturn"),
                (1, "return"),
            ],
        )),
        ..Package::answering(
            "aload_0; invokeinterface 1 javacard/framework/PIN.getTriesRemaining
             aload_0; aconst_null; bspush 40; sconst_2; invokeinterface 4 javacard/framework/PIN.check
             sadd; aload_0; invokevirtual =0/9; sadd",
        )
    };
    assert_eq!(run_package(&package), Ok(77 + 42 + 77));
}

#[test]
fn exceptions_find_their_handler() {
    let throwing = |class: &'static str, code: &str| Package {
        process: format!(
            "nop
             from: {code}
             to: goto done
             handler: pop; sconst_5; goto end
             done: sconst_0
             end: {}",
            ANSWER
        ),
        catches: vec![("from", "to", "handler", class)],
        ..Package::default()
    };
    let division = "sconst_1; sconst_0; sdiv; pop";
    for (class, code, expected) in [
        ("java/lang/ArithmeticException", division, Ok(5)),
        ("java/lang/RuntimeException", division, Ok(5)),
        ("", division, Ok(5)),
        (
            "java/lang/NullPointerException",
            division,
            Err("Arithmetic"),
        ),
        (
            "javacard/framework/CardRuntimeException",
            "sspush 28416; invokestatic javacard/framework/ISOException.throwIt(S)V",
            Ok(5),
        ),
        (
            "java/lang/NullPointerException",
            "aconst_null; athrow",
            Ok(5),
        ),
    ] {
        let result = run_package(&throwing(class, code));
        match expected {
            Ok(value) => assert_eq!(result, Ok(value), "{class} {code}"),
            Err(fault) => assert!(result.unwrap_err().contains(fault), "{class} {code}"),
        }
    }
}

#[test]
fn an_iso_exception_is_the_status_word() {
    let package = Package {
        process: "sspush 27013; invokestatic javacard/framework/ISOException.throwIt(S)V; return"
            .into(),
        ..Package::default()
    };
    let mut card = card_with(&package);
    assert_eq!(select(&mut card, &package), [0x69, 0x85]);
    assert_eq!(ask(&mut card, 0), 0x1_6985);
}
