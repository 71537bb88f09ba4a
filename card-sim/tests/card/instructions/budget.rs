//! Whatever a command does has an end, and is counted.

use crate::support::{Package, add, card_with, command, select};
use card_sim::vm::Limits;
use card_sim::{Card, CardConfig};
/// A card whose commands have so many bytecodes, and the package on it.
fn limited(package: &Package, steps: u64) -> Card {
    let mut card = Card::new(&CardConfig {
        limits: Limits {
            steps,
            ..Limits::default()
        },
        ..CardConfig::default()
    });
    add(&mut card, package);
    card
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
        let mut card = limited(&package, 100_000);
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

/// What takes the API long counts: a loop of it must not keep the host busy for hours.
#[test]
fn work_of_the_api_counts() {
    let bytes = "sspush 32000; newarray 11; astore 4";
    let update = "aload 5; aload 4; sconst_0; sspush 32000";
    let hash = "sconst_4; sconst_0; invokestatic javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;\n astore 5";
    let pair = |algorithm: u8, bits: u16| {
        format!(
            "new javacard/security/KeyPair; dup; bspush {algorithm}; sspush {bits}
             invokespecial javacard/security/KeyPair.<init>(BS)V; astore 5"
        )
    };
    let generate = "aload 5; invokevirtual javacard/security/KeyPair.genKeyPair()V";
    for (before, endless) in [
        (
            bytes.to_owned(),
            "aload 4; sconst_0; aload 4; sconst_0; sspush 32000
             invokestatic javacard/framework/Util.arrayCompare([BS[BSS)B; pop"
                .to_owned(),
        ),
        (
            format!("{bytes}; {hash}"),
            format!("{update}; invokevirtual javacard/security/MessageDigest.update([BSS)V"),
        ),
        (pair(1, 512), generate.to_owned()),
        (pair(5, 256), generate.to_owned()),
    ] {
        let program = format!("{before}; again: {endless}; goto again; sconst_0");
        let package = Package::answering(&program);
        for defensive in [false, true] {
            let mut card = limited(&package, 3_000_000);
            card.set_defensive(defensive);
            assert_eq!(select(&mut card, &package), [0x6F, 0]);
            let fault = card.last_fault().unwrap().to_string();
            assert!(fault.contains("budget"), "{fault}: {program}");
            assert!(card.statistics().bytecodes < 10_000, "{program}");
        }
    }
}

/// A message that is authenticated at its end waits in the host's memory.
#[test]
fn what_waits_for_its_end_is_bounded() {
    let package = Package::answering(
        "sspush 32000; newarray 11; astore 4
         bspush 21; sspush 256; sconst_0
         invokestatic javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;
         astore 5
         aload 5; checkcast 0 javacard/security/HMACKey; aload 4; sconst_0; bspush 32
         invokeinterface 4 javacard/security/HMACKey.setKey
         bspush 25; sconst_0
         invokestatic javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;
         astore 6
         aload 6; aload 5; sconst_1; invokevirtual javacard/security/Signature.init(Ljavacard/security/Key;B)V
         again: aload 6; aload 4; sconst_0; sspush 32000
         invokevirtual javacard/security/Signature.update([BSS)V; goto again; sconst_0",
    );
    let mut card = card_with(&package);
    assert_eq!(select(&mut card, &package), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(
        fault.contains("javacard/framework/SystemException, reason 0005"),
        "{fault}"
    );
}
