//! Every instruction against what the specification says of it (JCVM 3.0.5 §7.5).

use super::support::{Package, ask, card_with, command, select};

/// What a program of one applet leaves on the stack, or the exception that ends it.
fn run(program: &str) -> Result<i16, String> {
    run_package(&Package {
        methods: vec![
            ("twice", 1, "sload_0; sload_0; sadd; sreturn"),
            ("square", 2, "iload_0; iload_0; imul; ireturn"),
            ("nothing", 0, "return"),
            ("self", 1, "aload_0; areturn"),
        ],
        ..Package::answering(program)
    })
}

fn run_package(package: &Package) -> Result<i16, String> {
    let mut card = card_with(package);
    match select(&mut card, package).as_slice() {
        [high, low, 0x90, 0] => Ok(i16::from_be_bytes([*high, *low])),
        [0x6F, 0] => Err(card.last_fault().unwrap().to_string()),
        other => panic!("{program}: {other:02X?}", program = package.process),
    }
}

#[track_caller]
fn expect(cases: &[(&str, i32)]) {
    for (program, expected) in cases {
        let result = run(program).map(i32::from);
        assert_eq!(result, Ok(*expected), "{program}");
    }
}

#[track_caller]
fn expect_exception(cases: &[(&str, &str)]) {
    for (program, exception) in cases {
        let fault = run(program).unwrap_err();
        assert!(fault.contains(exception), "{program}: {fault}");
    }
}

#[test]
fn constants() {
    expect(&[
        ("sconst_m1", -1),
        ("sconst_0", 0),
        ("sconst_1", 1),
        ("sconst_2", 2),
        ("sconst_3", 3),
        ("sconst_4", 4),
        ("sconst_5", 5),
        ("bspush -128", -128),
        ("bspush 127", 127),
        ("sspush -32768", -32768),
        ("sspush 32767", 32767),
        ("iconst_m1; i2s", -1),
        ("iconst_0; i2s", 0),
        ("iconst_1; i2s", 1),
        ("iconst_2; i2s", 2),
        ("iconst_3; i2s", 3),
        ("iconst_4; i2s", 4),
        ("iconst_5; i2s", 5),
        ("bipush -3; i2s", -3),
        ("sipush -300; i2s", -300),
        ("iipush 305419896; bipush 16; ishr; i2s", 0x1234),
        (
            "aconst_null; ifnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
    ]);
}

#[test]
fn loads_and_stores() {
    expect(&[
        ("sspush 7; sstore_2; sload_2", 7),
        ("sspush 7; sstore_3; sload_3", 7),
        ("sspush 7; sstore 8; sload 8", 7),
        ("sspush 9; sstore_0; sload_0", 9),
        (
            "aload_1; astore_2; aload_2; aload_1; if_acmpeq yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aload_0; astore_3; aload_3; astore 5; aload 5; astore_0; aload_0; aload_3; if_acmpne no; sconst_1; goto end; no: sconst_0; end: nop",
            1,
        ),
        (
            "iipush 100000; istore_2; iload_2; iipush 99999; isub; i2s",
            1,
        ),
        (
            "iipush 100000; istore_3; iload_3; iipush 99998; isub; i2s",
            2,
        ),
        (
            "iipush 100000; istore 7; iload 7; iipush 99997; isub; i2s",
            3,
        ),
        (
            "aload_1; astore 4; iipush 100000; istore_0; iload_0; iipush 99996; isub; i2s; aload 4; astore_1",
            4,
        ),
        (
            "iipush 100000; istore 5; iload 5; istore_2; sinc 2 1; iload_2; iipush 165536; isub; i2s",
            0,
        ),
        // What was loaded before a store keeps its value.
        (
            "sspush 5; sstore_2; sload_2; sspush 9; sstore_2; sload_2; ssub",
            -4,
        ),
        ("sspush 5; sstore_2; sload_2; sinc 2 3; sload_2; ssub", -3),
        (
            "iipush 70000; istore_2; iload_2; iconst_1; istore_2; iload_2; isub; iipush 69999; icmp",
            0,
        ),
    ]);
}

#[test]
fn short_arithmetic() {
    expect(&[
        ("sspush 32767; sconst_1; sadd", -32768),
        ("sspush -32768; sconst_1; ssub", 32767),
        ("sspush 300; sspush 300; smul", 24464),
        ("sspush -32768; sconst_m1; sdiv", -32768),
        ("sspush -32768; sconst_m1; srem", 0),
        ("bspush -7; sconst_2; sdiv", -3),
        ("bspush -7; sconst_2; srem", -1),
        ("bspush 7; bspush -2; srem", 1),
        ("sspush -32768; sneg", -32768),
        ("bspush 5; sneg", -5),
        ("sspush 3855; sspush 255; sand", 15),
        ("sspush 3840; sspush 255; sor", 4095),
        ("sspush 4080; sspush 255; sxor", 3855),
        ("sconst_1; bspush 15; sshl", -32768),
        ("sconst_1; bspush 16; sshl", 0),
        ("sconst_1; bspush 32; sshl", 1),
        ("sconst_1; bspush 33; sshl", 2),
        ("bspush -8; sconst_1; sshr", -4),
        ("sspush -32768; bspush 31; sshr", -1),
        ("bspush -8; bspush 32; sshr", -8),
        ("bspush -8; sconst_1; sushr", -4),
        ("bspush -1; bspush 28; sushr", 15),
        ("sspush 200; s2b", -56),
        ("sspush 32640; s2b", -128),
        ("sconst_3; sstore_2; sinc 2 -128; sload_2", -125),
        ("sspush 32767; sstore_2; sinc 2 1; sload_2", -32768),
        ("sconst_0; sstore_2; sinc_w 2 300; sload_2", 300),
    ]);
    // The same with both operands in locals, where nothing is known at link time.
    for (operation, left, right, expected) in [
        ("sadd", 32767, 1, -32768),
        ("ssub", -32768, 1, 32767),
        ("smul", 300, 300, 24464),
        ("sdiv", -32768, -1, -32768),
        ("srem", -32768, -1, 0),
        ("sand", 3855, 255, 15),
        ("sor", 3840, 255, 4095),
        ("sxor", 4080, 255, 3855),
        ("sshl", 1, 33, 2),
        ("sshl", 1, -1, 0),
        ("sshr", -32768, 31, -1),
        ("sushr", -1, 28, 15),
    ] {
        let program = format!(
            "sspush {left}; sstore_2; sspush {right}; sstore_3; sload_2; sload_3; {operation}"
        );
        expect(&[(&program, expected)]);
    }
    expect_exception(&[
        ("sconst_1; sconst_0; sdiv", "java/lang/ArithmeticException"),
        ("sconst_1; sconst_0; srem", "java/lang/ArithmeticException"),
    ]);
}

#[test]
fn int_arithmetic() {
    expect(&[
        (
            "iipush 2147483647; iconst_1; iadd; iipush -2147483648; icmp",
            0,
        ),
        (
            "iipush -2147483648; iconst_1; isub; iipush 2147483647; icmp",
            0,
        ),
        (
            "iipush 100000; iipush 100000; imul; iipush 1410065408; icmp",
            0,
        ),
        (
            "iipush -2147483648; iconst_m1; idiv; iipush -2147483648; icmp",
            0,
        ),
        ("iipush -2147483648; iconst_m1; irem; i2s", 0),
        ("bipush -7; iconst_2; idiv; i2s", -3),
        ("bipush -7; iconst_2; irem; i2s", -1),
        ("iipush -2147483648; ineg; iipush -2147483648; icmp", 0),
        (
            "iipush 252645135; iipush 16711935; iand; iipush 983055; icmp",
            0,
        ),
        ("iipush 65536; iconst_1; ior; iipush 65537; icmp", 0),
        ("iipush 65537; iconst_1; ixor; iipush 65536; icmp", 0),
        ("iconst_1; bipush 31; ishl; iipush -2147483648; icmp", 0),
        ("iconst_1; bipush 32; ishl; i2s", 1),
        ("iipush -2147483648; bipush 31; ishr; i2s", -1),
        ("iipush -2147483648; bipush 31; iushr; i2s", 1),
        ("iconst_m1; bipush 33; iushr; iipush 2147483647; icmp", 0),
        ("iconst_0; istore_2; iinc 2 -128; iload_2; i2s", -128),
        (
            "iipush 65535; istore_2; iinc 2 1; iload_2; iipush 65536; icmp",
            0,
        ),
        ("iconst_0; istore_2; iinc_w 2 -300; iload_2; i2s", -300),
        ("sspush -5; s2i; bipush -5; icmp", 0),
        ("iipush 456; i2b", -56),
        ("iipush 98304; i2s", -32768),
        ("iipush -2147483648; iipush 2147483647; icmp", -1),
        ("iipush 2147483647; iipush -2147483648; icmp", 1),
    ]);
    expect_exception(&[
        (
            "iconst_1; iconst_0; idiv; i2s",
            "java/lang/ArithmeticException",
        ),
        (
            "iconst_1; iconst_0; irem; i2s",
            "java/lang/ArithmeticException",
        ),
    ]);
}

#[test]
fn the_operand_stack() {
    expect(&[
        ("sconst_1; sconst_2; pop", 1),
        ("sconst_1; sconst_2; sconst_3; pop2", 1),
        ("sconst_3; dup; sadd", 6),
        ("sconst_5; sconst_2; dup2; ssub; sadd; ssub", 0),
        // a b -- b a b
        ("sconst_5; sconst_2; dup_x 1 2; ssub; ssub", -1),
        // a b c -- b c a b c
        (
            "bspush 100; bspush 10; sconst_1; dup_x 2 3; sadd; sadd; smul; ssub",
            -101,
        ),
        ("sconst_5; dup_x 1 0; sadd", 10),
        ("sconst_5; sconst_2; swap_x 1 1; ssub", -3),
        // a b c -- c a b
        ("bspush 10; sconst_5; sconst_2; swap_x 1 2; ssub; ssub", -3),
        // a b c -- b c a
        ("bspush 10; sconst_5; sconst_2; swap_x 2 1; ssub; ssub", 13),
        // The same on values that are not known at link time.
        (
            "sspush 3; invokestatic :twice; sconst_2; swap_x 1 1; ssub",
            -4,
        ),
        (
            "sspush 3; invokestatic :twice; sconst_2; dup_x 1 2; ssub; ssub",
            -2,
        ),
        ("sspush 3; invokestatic :twice; dup; sadd", 12),
        (
            "iipush 70000; sconst_5; swap_x 1 2; istore_2; iload_2; iipush 70000; icmp; sadd",
            5,
        ),
        ("iipush 70000; dup2; isub; i2s", 0),
    ]);
}

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
fn arrays() {
    expect(&[
        (
            "sconst_5; newarray 11; astore_2; aload_2; sconst_1; sspush 200; bastore; aload_2; sconst_1; baload",
            -56,
        ),
        (
            "sconst_5; newarray 10; astore_2; aload_2; sconst_1; sconst_1; bastore; aload_2; sconst_1; baload",
            1,
        ),
        (
            "sconst_5; newarray 12; astore_2; aload_2; sconst_4; sspush -300; sastore; aload_2; sconst_4; saload",
            -300,
        ),
        (
            "sconst_5; newarray 13; astore_2; aload_2; sconst_4; iipush 70000; iastore; aload_2; sconst_4; iaload; iipush 70000; icmp",
            0,
        ),
        (
            "sconst_2; anewarray java/lang/Object; astore_2; aload_2; sconst_1; aload_0; aastore; aload_2; sconst_1; aaload; aload_0; if_acmpeq yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        ("sspush 300; newarray 11; arraylength", 300),
        ("sconst_0; newarray 13; arraylength", 0),
        ("sconst_3; newarray 11; sconst_2; baload", 0),
    ]);
    for load in ["baload", "saload", "iaload; i2s"] {
        let kind = match load {
            "baload" => 11,
            "saload" => 12,
            _ => 13,
        };
        expect_exception(&[
            (
                &format!("sconst_3; newarray {kind}; sconst_3; {load}"),
                "ArrayIndexOutOfBounds",
            ),
            (
                &format!("sconst_3; newarray {kind}; sconst_m1; {load}"),
                "ArrayIndexOutOfBounds",
            ),
            (&format!("aconst_null; sconst_0; {load}"), "NullPointer"),
        ]);
    }
    expect_exception(&[
        (
            "aconst_null; sconst_0; sconst_0; bastore; sconst_0",
            "NullPointer",
        ),
        (
            "sconst_1; newarray 12; sconst_1; sconst_0; sastore; sconst_0",
            "ArrayIndexOutOfBounds",
        ),
        ("aconst_null; arraylength", "NullPointer"),
        ("sconst_m1; newarray 11; arraylength", "NegativeArraySize"),
        (
            "sconst_m1; anewarray java/lang/Object; arraylength",
            "NegativeArraySize",
        ),
        (
            "sconst_1; anewarray javacard/framework/AID; sconst_0; aload_0; aastore; sconst_0",
            "ArrayStore",
        ),
        (
            "sspush 32767; newarray 13; sspush 32767; newarray 13; sspush 32767; newarray 13; pop2; arraylength",
            "SystemException, reason 0005",
        ),
    ]);
}

#[test]
fn fields() {
    expect(&[
        (
            "aload_0; sspush 300; putfield_s .1; aload_0; getfield_s .1",
            300,
        ),
        (
            "aload_0; sspush 300; putfield_b .1; aload_0; getfield_b .1",
            44,
        ),
        (
            "aload_0; iipush 70000; putfield_i .2; aload_0; getfield_i .2; iipush 70000; icmp",
            0,
        ),
        (
            "aload_0; aload_0; putfield_a .8; aload_0; getfield_a .8; aload_0; if_acmpeq yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        ("sspush 301; putfield_s_this .1; getfield_s_this .1", 301),
        ("sspush 301; putfield_b_this .1; getfield_b_this .1", 45),
        (
            "iipush 70001; putfield_i_this .2; getfield_i_this .2; iipush 70001; icmp",
            0,
        ),
        (
            "aload_0; putfield_a_this .9; getfield_a_this .9; ifnonnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aload_0; sspush 300; putfield_s_w .1; aload_0; getfield_s_w .1",
            300,
        ),
        (
            "aload_0; sspush 300; putfield_b_w .1; aload_0; getfield_b_w .1",
            44,
        ),
        (
            "aload_0; iipush 70000; putfield_i_w .2; aload_0; getfield_i_w .2; iipush 70000; icmp",
            0,
        ),
        (
            "aload_0; aload_0; putfield_a_w .8; aload_0; getfield_a_w .8; ifnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            0,
        ),
        ("sspush 303; putstatic_s #2; getstatic_s #2", 303),
        ("sspush 200; putstatic_b #3; getstatic_b #3", -56),
        (
            "iipush 70000; putstatic_i #4; getstatic_i #4; iipush 70000; icmp",
            0,
        ),
        (
            "aload_0; putstatic_a #0; getstatic_a #0; aload_0; if_acmpeq yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
    ]);
    expect_exception(&[
        ("aconst_null; getfield_s .1", "NullPointer"),
        (
            "aconst_null; sconst_0; putfield_s .1; sconst_0",
            "NullPointer",
        ),
    ]);
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
fn types() {
    let pin = "new javacard/framework/OwnerPIN; dup; sconst_3; sconst_4; invokespecial javacard/framework/OwnerPIN.<init>(BB)V";
    expect(&[
        ("aload_0; instanceof 0 javacard/framework/Applet", 1),
        ("aload_0; instanceof 0 javacard/framework/AID", 0),
        ("aconst_null; instanceof 0 java/lang/Object", 0),
        (&format!("{pin}; instanceof 0 javacard/framework/PIN"), 1),
        (
            &format!("{pin}; instanceof 0 javacard/framework/Shareable"),
            0,
        ),
        (
            "sconst_1; newarray 11; dup; instanceof 11; swap_x 1 1; instanceof 12; bspush 10; smul; sadd",
            1,
        ),
        ("sconst_1; newarray 10; instanceof 10", 1),
        ("sconst_1; newarray 13; instanceof 13", 1),
        ("sconst_1; newarray 11; instanceof 0 java/lang/Object", 1),
        (
            "sconst_1; anewarray javacard/framework/OwnerPIN; instanceof 14 javacard/framework/PIN",
            1,
        ),
        (
            "sconst_1; anewarray javacard/framework/OwnerPIN; instanceof 14 javacard/framework/AID",
            0,
        ),
        (
            "aload_0; checkcast 0 javacard/framework/Applet; ifnonnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
        (
            "aconst_null; checkcast 0 javacard/framework/AID; ifnull yes; sconst_0; goto end; yes: sconst_1; end: nop",
            1,
        ),
    ]);
    expect_exception(&[
        (
            "aload_0; checkcast 0 javacard/framework/AID; pop; sconst_0",
            "ClassCast",
        ),
        (
            "sconst_1; newarray 11; checkcast 12; pop; sconst_0",
            "ClassCast",
        ),
    ]);
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
            super::support::ANSWER
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

#[test]
fn endless_code_meets_its_budget() {
    let endless = [
        "again: goto again",
        "again: jsr sub; goto again; sub: astore_2; ret 2",
        "again: invokestatic :nothing; goto again",
        "again: sconst_0; sconst_1; sdiv; pop; goto again",
    ];
    for program in endless {
        let package = Package {
            methods: vec![("nothing", 0, "return")],
            ..Package::answering(&format!("{program}; sconst_0"))
        };
        let mut card = card_sim::Card::new(&card_sim::CardConfig {
            limits: card_sim::vm::Limits {
                steps: 100_000,
                ..card_sim::vm::Limits::default()
            },
            ..card_sim::CardConfig::default()
        });
        super::support::add(&mut card, &package);
        assert_eq!(select(&mut card, &package), [0x6F, 0]);
        assert!(
            card.last_fault().unwrap().to_string().contains("budget"),
            "{program}"
        );
        let executed = card.statistics().bytecodes;
        assert!((100_000..100_100).contains(&executed), "{executed}");
    }
}

#[test]
fn endless_recursion_meets_the_end_of_the_stack() {
    let package = Package {
        methods: vec![("deeper", 1, "sload_0; invokestatic :deeper; sreturn")],
        ..Package::answering("sconst_1; invokestatic :deeper")
    };
    let mut card = card_with(&package);
    assert_eq!(select(&mut card, &package), [0x6F, 0]);
    assert!(card.last_fault().unwrap().to_string().contains("stack"));
    // The card goes on.
    assert_eq!(card.transmit(&command(0)), [0x6F, 0]);
}

#[test]
fn bytecodes_are_counted_exactly() {
    let package = Package {
        methods: vec![("twice", 1, "sload_0; sload_0; sadd; sreturn")],
        process: "sconst_0; sstore_2
             again: sload_2; invokestatic :twice; pop; sinc 2 1; sload_2; bspush 10; if_scmplt again
             return"
            .into(),
        ..Package::default()
    };
    let mut card = card_with(&package);
    let before = card.statistics().bytecodes;
    assert_eq!(select(&mut card, &package), [0x90, 0]);
    // select() has 2; the loop 7 and the callee 4, ten times; 3 outside of it.
    assert_eq!(card.statistics().bytecodes - before, 2 + 10 * 11 + 3);
}
