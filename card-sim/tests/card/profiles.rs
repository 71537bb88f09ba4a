//! What applets meet on kinds of cards: quirks, small buffers, keys that are not generated; and what they cost.

use super::support::{Package, ask, by_p1, command, select};
use card_sim::cost::{Costs, Stopwatch};
use card_sim::vm::Observer;
use card_sim::{Card, CardConfig, Profile};
use std::sync::{Arc, Mutex};

/// A card of a kind with these lines in its profile.
fn card(package: &Package, more: &str) -> Card {
    let text = format!(
        "description = \"\"\napi = \"jc305\"\n{more}\n[memory]\npersistent = 65536\ntransient = 4096\ncommit = 512\n\
         stack_words = 300"
    );
    let mut card = Card::new(&CardConfig::of(Profile::parse(&text).unwrap()));
    card.load_cap(&package.build()).unwrap();
    let aid = package.applet_aid();
    card.install(aid, aid, &[]).unwrap();
    assert_eq!(select(&mut card, package), [0x90, 0]);
    card
}

const GENERATE: &str = "new javacard/security/KeyPair; dup; sconst_5; sspush 256
    invokespecial javacard/security/KeyPair.<init>(BS)V; astore_3
    aload_3; invokevirtual javacard/security/KeyPair.genKeyPair()V; sconst_1";

#[test]
fn a_kind_of_card_refuses_what_it_has_not() {
    let package = Package {
        process: by_p1(&[
            "invokestatic javacard/framework/JCSystem.isObjectDeletionSupported()Z",
            "invokestatic javacard/framework/JCSystem.requestObjectDeletion()V; sconst_0",
            GENERATE,
        ]),
        ..Package::default()
    };
    let mut usual = card(&package, "apdu_buffer = 261");
    assert_eq!([0, 1, 2].map(|p1| ask(&mut usual, p1)), [1, 0, 1]);
    let mut card = card(
        &package,
        "apdu_buffer = 261\nquirks = [\"no-object-deletion\"]\nrefused = [\"javacard/security/KeyPair.ALG_EC_FP\"]",
    );
    assert_eq!(ask(&mut card, 0), 0);
    for (p1, fault) in [(1, "SystemException"), (2, "CryptoException")] {
        assert_eq!(card.transmit(&command(p1)), [0x6F, 0]);
        let told = card.last_fault().unwrap().to_string();
        assert!(told.contains(fault), "{told}");
    }
}

#[test]
fn buffers_and_blocks_are_as_large_as_the_profile_says() {
    let package = Package {
        process: by_p1(&[
            "aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; arraylength",
            "invokestatic javacard/framework/APDU.getInBlockSize()S",
            "invokestatic javacard/framework/APDU.getOutBlockSize()S",
            // How much comes with the first block, and how much after it.
            "aload_1; invokevirtual javacard/framework/APDU.setIncomingAndReceive()S; sstore_3
             sload_3; aload_1; sconst_5; invokevirtual javacard/framework/APDU.receiveBytes(S)S
             sspush 256; smul; sadd",
        ]),
        ..Package::default()
    };
    let mut card = card(&package, "apdu_buffer = 133\nblock_sizes = [32, 64]");
    assert_eq!([0, 1, 2].map(|p1| ask(&mut card, p1)), [133, 32, 64]);
    let long = [&[0x80, 1, 3, 0, 200][..], &[7; 200], &[0]].concat();
    assert_eq!(card.transmit(&long), [72, 128, 0x90, 0]);
}

#[test]
fn a_card_without_extended_length_takes_none() {
    let package = Package {
        process: by_p1(&["sconst_3"]),
        implements: Some(("javacardx/apdu/ExtendedLength", Vec::new())),
        ..Package::default()
    };
    let extended = [0x80, 1, 0, 0, 0, 0, 0];
    let mut usual = card(&package, "apdu_buffer = 261");
    assert_eq!(usual.transmit(&extended), [0, 3, 0x90, 0]);
    let mut card = card(
        &package,
        "apdu_buffer = 261\nquirks = [\"no-extended-length\"]",
    );
    assert_eq!(card.transmit(&extended), [0x67, 0]);
    assert_eq!(ask(&mut card, 0), 3);
}

#[test]
fn the_api_costs_time() {
    let package = Package {
        process: by_p1(&[
            "sconst_1",
            GENERATE,
            "sconst_4; sconst_0
             invokestatic javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;
             aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0; bspush 100
             aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0
             invokevirtual javacard/security/MessageDigest.doFinal([BSS[BS)S",
            // The same by a hash that nobody has measured.
            "sconst_2; sconst_0
             invokestatic javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;
             aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0; bspush 100
             aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_0
             invokevirtual javacard/security/MessageDigest.doFinal([BSS[BS)S",
        ]),
        ..Package::default()
    };
    let mut card = card(&package, "apdu_buffer = 261");
    let watch = Arc::new(Mutex::new(Stopwatch::new(Costs::named("j3r180").unwrap())));
    let observers: Vec<Box<dyn Observer + Send>> = vec![Box::new(Arc::clone(&watch))];
    card.watch(Some(Box::new(observers)));
    let estimates = [0, 1, 2, 3].map(|p1| {
        ask(&mut card, p1);
        watch.lock().unwrap().take()
    });
    assert!(estimates.iter().all(|estimate| estimate.bytecodes > 0));
    // Nothing; a key pair on P-256 (26.8 ms); SHA-256 of 100 bytes (1.932 ms and 22.923 µs a byte).
    assert_eq!(
        estimates.map(|estimate| (estimate.api, estimate.unmeasured)),
        [(0, 0), (26_800_000, 0), (1_932_000 + 2_292_300, 0), (0, 1)]
    );
}
