//! Defensive mode: well-typed programs run as in fast mode, others end in a type violation.

use super::support::{Package, by_p1, card_with, command, select};
use card_sim::vm::Limits;
use card_sim::{Card, Cause};

fn twins(package: &Package) -> (Card, Card) {
    let fast = card_with(package);
    let mut defensive = fast.clone();
    defensive.set_defensive(true);
    (fast, defensive)
}

/// Runs a program of the applet in both modes; gives the rule that defensive mode saw broken.
#[track_caller]
fn violation(program: &str) -> Option<&'static str> {
    let package = Package {
        methods: vec![
            ("short", 1, "sload_0; sreturn"),
            ("int", 2, "iload_0; ireturn"),
            ("object", 1, "aload_0; areturn"),
            ("nothing", 0, "return"),
        ],
        ..Package::answering(program)
    };
    let (mut fast, mut defensive) = twins(&package);
    let fast_response = select(&mut fast, &package);
    let response = select(&mut defensive, &package);
    let fault = defensive.last_fault().cloned();
    let Some((rule, place)) = fault.as_ref().and_then(card_sim::Fault::type_violation) else {
        assert_eq!(response, fast_response, "{program}");
        let bytecodes = |card: &Card| card.statistics().bytecodes;
        assert_eq!(bytecodes(&defensive), bytecodes(&fast), "{program}");
        let stack = |card: &Card| card.statistics().stack_high_water;
        assert_eq!(stack(&defensive), stack(&fast), "{program}");
        let writes = |card: &Card| card.statistics().persistent_writes;
        assert_eq!(writes(&defensive), writes(&fast), "{program}");
        return None;
    };
    assert_eq!(response, [0x6F, 0]);
    let place = place.expect(rule);
    assert_eq!(place.package.as_bytes(), package.aid);
    assert!(place.offset >= place.method);
    Some(rule)
}

#[test]
fn well_typed_programs_run_as_in_fast_mode() {
    for program in [
        "sconst_3; sconst_4; sadd",
        "iipush 70000; iconst_2; imul; bipush 16; ishr; i2s",
        "iipush 70000; dup2; iadd; i2s",
        "sconst_1; sconst_2; dup_x 1 2; sadd; sadd",
        "sconst_1; iconst_2; swap_x 2 1; sstore_2; i2s",
        "iconst_1; iconst_2; swap_x 2 2; pop2; i2s",
        "sconst_4; invokestatic :short",
        "iconst_4; invokestatic :int; i2s",
        "aload_1; invokestatic :object; pop; sconst_1",
        "invokestatic :nothing; sconst_1",
        "bspush 20; newarray 11; dup; sconst_0; sconst_5; bastore; sconst_0; baload",
        "sconst_2; newarray 13; dup; sconst_0; iipush 70000; iastore; sconst_0; iaload; i2s",
        "sconst_2; anewarray java/lang/Object; dup; sconst_0; aload_0; aastore; sconst_0; aaload; ifnull z; sconst_1; goto e; z: sconst_0; e: nop",
        "aload_0; sconst_5; putfield_s .1; getfield_s_this .1",
        "aload_0; aload_0; putfield_a .8; getfield_a_this .8; ifnull z; sconst_1; goto e; z: sconst_0; e: nop",
        "sconst_5; putstatic_s #2; getstatic_s #2",
        "aload_0; putstatic_a #0; getstatic_a #0; ifnull z; sconst_1; goto e; z: sconst_0; e: nop",
        "sspush 7; slookupswitch z 1=x 7=y; x: sconst_1; pop; goto z; y: nop; z: jsr s; goto e; s: astore_3; ret 3; e: sconst_2",
        "sconst_1; stableswitch z 0 x y; x: sconst_1; goto e; y: sconst_5; goto e; z: sconst_0; e: nop",
        "aload_0; instanceof 0 javacard/framework/Applet",
        "aload_0; checkcast 0 javacard/framework/Applet; pop; sconst_2",
        "new javacard/framework/OwnerPIN; dup; sconst_3; sconst_4; invokespecial javacard/framework/OwnerPIN.<init>(BB)V; invokevirtual javacard/framework/OwnerPIN.getTriesRemaining()B",
        "sconst_1; sconst_0; sdiv",
        "aconst_null; athrow",
        "sconst_m1; newarray 11; pop; sconst_0",
        "sconst_2; newarray 11; sconst_2; baload",
        "bspush 100; sstore_2; again: sinc 2 -1; sload_2; ifne again; sload_2",
    ] {
        assert_eq!(violation(program), None, "{program}");
    }
}

#[test]
fn every_kind_of_violation_is_found() {
    for (program, expected) in [
        ("aload_0; sconst_1; sadd", "no short"),
        ("aload_0; sstore_2; sconst_0", "no short"),
        ("sload_0", "no short"),
        ("sconst_1; astore_2; sconst_0", "no reference"),
        ("sconst_1; ifnull z; z: sconst_0", "no reference"),
        ("sconst_1; sconst_2; i2s", "no int"),
        ("iconst_1; sstore_2; pop; sconst_0", "no short"),
        ("iconst_1; pop; pop; sconst_0", "an int torn apart"),
        ("iconst_1; dup; pop2; pop; sconst_1", "an int torn apart"),
        (
            "sconst_1; iconst_1; swap_x 1 1; pop2; sreturn",
            "an int torn apart",
        ),
        (
            "iconst_1; istore_2; sconst_1; sstore_3; iload_2; i2s",
            "no int",
        ),
        (
            "iconst_1; istore_2; sconst_1; sstore_2; iload_2; i2s",
            "no int",
        ),
        ("sload 5", "no short"),
        (
            "sconst_1; invokestatic :object; pop; sconst_1",
            "no reference",
        ),
        ("aload_0; invokestatic :short", "no short"),
        ("sconst_1; sconst_2; invokestatic :int; i2s", "no int"),
        ("ret 0; sconst_1", "no return address"),
        (
            "aload_0; getfield_a .1; pop; sconst_0",
            "a field of another type",
        ),
        ("aload_0; getfield_s .8", "a field of another type"),
        ("aload_0; getfield_i .7; i2s", "a field of another type"),
        ("getstatic_s #0", "a field of another type"),
        ("getstatic_a #2; pop; sconst_0", "a field of another type"),
        ("aload_1; getfield_s .1", "the object is not of"),
        (
            "sconst_2; newarray 12; sconst_0; baload",
            "an array of another type",
        ),
        ("aload_0; sconst_0; baload", "an array of another type"),
        ("aload_0; arraylength", "the length of no array"),
        (
            "aload_0; invokevirtual javacard/framework/APDU.getBuffer()[B; pop; sconst_0",
            "the object is not of",
        ),
        (
            "aload_0; sconst_0; sconst_0; invokestatic javacard/framework/Util.setShort([BSS)S",
            "an argument of another type",
        ),
        (
            "aload_0; sconst_1; sconst_1; invokespecial javacard/framework/OwnerPIN.<init>(BB)V; sconst_0",
            "the object is not of",
        ),
    ] {
        let rule = violation(program).unwrap_or_else(|| panic!("{program}: nothing found"));
        assert!(rule.contains(expected), "{program}: {rule}");
    }
}

#[test]
fn a_budget_ends_loops_in_both_modes() {
    let package = Package {
        process: by_p1(&["again: goto again"]),
        ..Package::default()
    };
    let (fast, defensive) = twins(&package);
    for mut card in [fast, defensive] {
        card.set_limits(Limits {
            steps: 10_000,
            ..Limits::default()
        });
        assert_eq!(select(&mut card, &package), [0x90, 0]);
        assert_eq!(card.transmit(&command(0)), [0x6F, 0]);
        assert_eq!(
            card.last_fault().map(|fault| &fault.cause),
            Some(&Cause::StepBudget(10_000))
        );
        // The next command has a budget of its own.
        assert_eq!(select(&mut card, &package), [0x90, 0]);
    }
}

#[test]
fn an_api_method_that_is_missing_is_named() {
    let package = Package::answering(
        "sconst_1; invokestatic javacardx/security/cert/CertificateParser.getInstance(S)Ljavacardx/security/cert/CertificateParser;",
    );
    let mut card = card_with(&package);
    card.set_defensive(true);
    assert_eq!(select(&mut card, &package), [0x6F, 0]);
    assert!(matches!(
        &card.last_fault().unwrap().cause,
        Cause::Unsupported(method) if method.starts_with("javacardx/security/cert/CertificateParser.getInstance")
    ));
}
