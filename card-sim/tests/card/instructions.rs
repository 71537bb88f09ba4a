//! Every instruction against what the specification says of it (JCVM 3.0.5 §7.5).

mod budget;
mod flow;
mod objects;

use super::support::{Package, card_with, select};

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
