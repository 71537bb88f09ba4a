//! CAP files with one change: they are refused, or run without harm to the host.

use super::support::{Package, by_p1};
use card_sim::registry::ApplicationId;
use card_sim::vm::Limits;
use card_sim::{Card, CardConfig};
use proptest::prelude::*;

/// A program that uses as much of the machine as fits.
fn package() -> Package {
    Package {
        construct: "new javacard/framework/OwnerPIN; dup; sconst_3; sconst_4
            invokespecial javacard/framework/OwnerPIN.<init>(BB)V; putfield_a_this .8
            bspush 20; newarray 11; putfield_a_this .9"
            .into(),
        methods: vec![("sum", 2, "sload_0; sload_1; sadd; sreturn")],
        process: by_p1(&[
            "sconst_2; sconst_3; invokestatic :sum",
            "getfield_a_this .9; sconst_1; baload; iipush 70000; istore_2; iload_2; i2s; sadd",
            "getfield_a_this .8; getfield_a_this .9; sconst_0; sconst_2; invokevirtual javacard/framework/OwnerPIN.check([BSB)Z",
            "aload_0; sconst_5; putfield_s .1; getstatic_s #2; aload_0; getfield_s .1; sadd",
            "sspush 7; slookupswitch z 1=x 7=y; x: sconst_1; pop; goto z; y: nop; z: jsr s; goto e; s: astore_3; ret 3; e: sconst_2",
            "invokestatic javacard/framework/JCSystem.beginTransaction()V; aload_0; instanceof 0 javacard/framework/Applet",
        ]),
        ..Package::default()
    }
}

/// Loads, installs and runs whatever it is, in both modes; panics and endless loops are failures.
/// Gives how many commands were answered with 9000 in fast mode.
fn survive(load_file: &[u8]) -> usize {
    survive_in(load_file, true);
    survive_in(load_file, false)
}

fn survive_in(load_file: &[u8], defensive: bool) -> usize {
    let mut card = Card::new(&CardConfig {
        defensive,
        limits: Limits {
            steps: 20_000,
            ..Limits::default()
        },
        ..CardConfig::default()
    });
    let mut runtime = card.runtime().clone();
    if runtime
        .load(load_file, ApplicationId::ISSUER_SECURITY_DOMAIN)
        .is_err()
    {
        return 0;
    }
    let Ok(cap) = cap_file::CapFile::from_load_file(load_file) else {
        return 0;
    };
    if card.load_cap(&cap).is_err() {
        return 0;
    }
    let aid = package().applet_aid();
    if card.install(aid, aid, &[1, 2, 3]).is_err() {
        return 0;
    }
    let bytes = aid.as_bytes();
    card.transmit(&[&[0, 0xA4, 4, 0, 6], &bytes[..6]].concat());
    card.transmit(&[&[0, 0xA4, 4, 0, 7], bytes].concat());
    let answered = (0..6)
        .map(|p1| card.transmit(&[0x80, 1, p1, 0, 4, 1, 2, 3, 4, 0]))
        .filter(|response| response.ends_with(&[0x90, 0]))
        .count();
    card.reset();
    card.to_image().unwrap();
    answered
}

#[test]
fn every_byte_changed_once() {
    let load_file = package().build().load_file(false).unwrap();
    // The seed itself runs: the changes reach code.
    assert_eq!(survive(&load_file), 6);
    for place in 0..load_file.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut changed = load_file.clone();
            changed[place] ^= change;
            survive(&changed);
        }
    }
    for length in 0..load_file.len() {
        survive(&load_file[..length]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn several_bytes_changed(changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..8)) {
        let mut load_file = package().build().load_file(false).unwrap();
        for (place, value) in changes {
            let place = usize::from(place) % load_file.len();
            load_file[place] = value;
        }
        survive(&load_file);
    }
}
