//! Arrays, fields, types.

use super::{expect, expect_exception};
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
