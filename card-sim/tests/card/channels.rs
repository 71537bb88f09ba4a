//! Logical channels: MANAGE CHANNEL, SELECT on them, `MultiSelectable`, CLEAR_ON_DESELECT (JCRE 3.0.5 §4, §5).

use super::support::{Package, add, by_p1, card_with, select};
use card_sim::{Card, CardConfig};

/// Field 0: what `select` and `deselect` were called as, a decimal digit each: 1 select(), 2 select(false),
/// 3 select(true), 5 deselect(false), 6 deselect(true).
fn remember(digit: &str) -> String {
    format!("aload_0; aload_0; getfield_s .0; bspush 10; smul; {digit}; sadd; putfield_s .0")
}

/// The rest of [`remember`] where `digit` is 2 or 5, and one more if the argument is true.
fn multi(digit: u8, end: &str) -> &'static str {
    format!(
        "{}; {end}",
        remember(&format!("bspush {digit}; sload_1; sadd"))
    )
    .leak()
}

const BRANCHES: [&str; 6] = [
    // 0: the journal, which starts again.
    "aload_0; getfield_s .0; aload_0; sconst_0; putfield_s .0",
    // 1: sets the transient array, 2: tells it.
    "getfield_a_this .8; sconst_0; bspush 42; bastore; sconst_0",
    "getfield_a_this .8; sconst_0; baload",
    // 3: the channel of the class byte, and the assigned one.
    "aload_1; pop; invokestatic javacard/framework/APDU.getCLAChannel()B; bspush 100; smul
     invokestatic javacard/framework/JCSystem.getAssignedChannel()B; sadd",
    // 4: whether it is active, of its own AID.
    "invokestatic javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;
     invokestatic javacard/framework/JCSystem.isAppletActive(Ljavacard/framework/AID;)Z",
    // 5: whether deselect saw a selection of the same applet.
    "aload_0; getfield_s .1",
];

fn package(number: u8, is_multiselectable: bool) -> Package {
    let select = format!("{}; sconst_1; sreturn", remember("sconst_1"));
    Package {
        aid: vec![0xF0, 9, 9, 9, number],
        process: by_p1(&BRANCHES),
        select,
        construct: "sconst_1; sconst_2; invokestatic javacard/framework/JCSystem.makeTransientByteArray(SB)[B
                    putfield_a_this .8"
            .into(),
        implements: is_multiselectable.then(|| {
            (
                "javacard/framework/MultiSelectable",
                vec![(2, multi(2, "sconst_1; sreturn")), (2, multi(5, "return"))],
            )
        }),
        ..Package::default()
    }
}

/// SELECT on a channel; the status word.
fn select_on(card: &mut Card, channel: u8, package: &Package) -> Vec<u8> {
    let aid = package.applet_aid();
    let cla = if channel < 4 { channel } else { 0x3C + channel };
    let length = u8::try_from(aid.as_bytes().len()).unwrap();
    card.transmit(&[&[cla, 0xA4, 4, 0, length], aid.as_bytes()].concat())
}

/// A command of the applets on a channel, as a number; a status word above 65535.
fn ask_on(card: &mut Card, channel: u8, p1: u8) -> i32 {
    let cla = if channel < 4 {
        0x80 | channel
    } else {
        0xBC + channel
    };
    match card.transmit(&[cla, 1, p1, 0, 0]).as_slice() {
        [high, low, 0x90, 0] => i16::from_be_bytes([*high, *low]).into(),
        [sw1, sw2] => 0x10000 + i32::from(u16::from_be_bytes([*sw1, *sw2])),
        other => panic!("{other:02X?}"),
    }
}

fn open(card: &mut Card) -> u8 {
    match card.transmit(&[0, 0x70, 0, 0, 1]).as_slice() {
        [channel, 0x90, 0] => *channel,
        other => panic!("{other:02X?}"),
    }
}

const OK: [u8; 2] = [0x90, 0];

#[test]
fn channels_are_opened_and_closed() {
    let mut card = Card::new(&CardConfig::default());
    // Nothing comes through a channel that is closed; SELECT of what is not there opens none.
    assert_eq!(card.transmit(&[0x81, 0xCA, 0, 0x66, 0]), [0x68, 0x81]);
    assert_eq!(
        card.transmit(&[1, 0xA4, 4, 0, 5, 1, 2, 3, 4, 5]),
        [0x6A, 0x82]
    );
    assert_eq!(card.transmit(&[0x81, 0xCA, 0, 0x66, 0]), [0x68, 0x81]);
    for expected in 1..20 {
        assert_eq!(open(&mut card), expected);
    }
    assert_eq!(card.transmit(&[0, 0x70, 0, 0, 1]), [0x6A, 0x81]);
    // The issuer security domain is selected on a new channel, in both forms of the class byte.
    for cla in [0x81, 0x83, 0xC0, 0xCF] {
        let data = card.transmit(&[cla, 0xCA, 0, 0x66, 0]);
        assert!(data.ends_with(&OK) && data.len() > 2, "{cla:02X}");
    }
    assert_eq!(card.transmit(&[0, 0x70, 0x80, 19]), OK);
    assert_eq!(card.transmit(&[0, 0x70, 0x80, 19]), [0x62, 0]);
    // P2 00 closes the channel that the command came on.
    assert_eq!(card.transmit(&[0x4E, 0x70, 0x80, 0]), OK);
    assert_eq!(card.transmit(&[0xCE, 0xCA, 0, 0x66, 0]), [0x68, 0x81]);
    assert_eq!(card.transmit(&[0, 0x70, 0, 19]), OK);
    assert_eq!(open(&mut card), 18);
    for (command, status) in [
        (&[0, 0x70, 0x80, 0][..], [0x6A, 0x81]),
        (&[0, 0x70, 0, 19], [0x6A, 0x86]),
        (&[0, 0x70, 0, 20], [0x6A, 0x86]),
        (&[0, 0x70, 0x80, 20], [0x6A, 0x86]),
        (&[0, 0x70, 0x40, 0], [0x6A, 0x86]),
        (&[0, 0x70, 0x80, 5], OK),
        (&[0, 0x70, 0, 0], [0x6C, 1]),
        (&[0, 0x70, 0, 0, 1, 5, 1], [0x67, 0]),
        (&[4, 0x70, 0, 0, 1], [0x68, 0x82]),
        // Not the card's: a class of its own.
        (&[0x80, 0x70, 0, 0, 1], [0x6D, 0]),
    ] {
        assert_eq!(card.transmit(command), status, "{command:02X?}");
    }
    card.reset();
    assert_eq!(card.transmit(&[0x81, 0xCA, 0, 0x66, 0]), [0x68, 0x81]);
}

#[test]
fn a_card_has_as_many_channels_as_its_kind() {
    let mut card = Card::new(&CardConfig {
        channels: 1,
        ..CardConfig::default()
    });
    assert_eq!(card.transmit(&[0, 0x70, 0, 0, 1]), [0x68, 0x81]);
    assert_eq!(card.transmit(&[1, 0xA4, 4, 0, 0]), [0x68, 0x81]);
    let profile = card_sim::Profile::named("jc304").unwrap();
    let channels = profile.channels;
    let card = Card::new(&CardConfig::of(profile));
    let image = card.to_image().unwrap();
    let mut card = Card::from_image(&image).unwrap();
    for expected in 1..channels {
        assert_eq!(open(&mut card), expected);
    }
    assert_eq!(card.transmit(&[0, 0x70, 0, 0, 1]), [0x6A, 0x81]);
    assert_eq!(card.transmit(&[0x40, 0xA4, 4, 0, 0]), [0x68, 0x81]);
}

#[test]
fn each_channel_has_its_own_applet() {
    let (one, two) = (package(1, false), package(2, false));
    let mut card = card_with(&one);
    add(&mut card, &two);
    assert_eq!(select(&mut card, &one), OK);
    assert_eq!(open(&mut card), 1);
    // SELECT opens a channel by itself.
    assert_eq!(select_on(&mut card, 1, &two), OK);
    assert_eq!(ask_on(&mut card, 0, 0), 1);
    assert_eq!(ask_on(&mut card, 1, 0), 1);
    assert_eq!(ask_on(&mut card, 1, 3), 101);
    // Selection on one channel does nothing to another.
    assert_eq!(ask_on(&mut card, 0, 1), 0);
    assert_eq!(card.transmit(&[1, 0xA4, 4, 0, 0])[..2], [0x6F, 0x10]);
    assert_eq!(ask_on(&mut card, 0, 2), 42);
    assert_eq!(select_on(&mut card, 4, &two), OK);
    assert_eq!(ask_on(&mut card, 4, 3), 404);
    assert_eq!(ask_on(&mut card, 4, 4), 1);
    // A closed channel deselects, and clears.
    assert_eq!(ask_on(&mut card, 4, 1), 0);
    assert_eq!(card.transmit(&[0, 0x70, 0x80, 4]), OK);
    assert_eq!(select_on(&mut card, 4, &two), OK);
    assert_eq!(ask_on(&mut card, 4, 2), 0);
}

#[test]
fn an_applet_that_is_not_multiselectable_is_active_once() {
    let one = package(1, false);
    let mut card = card_with(&one);
    assert_eq!(select(&mut card, &one), OK);
    assert_eq!(select_on(&mut card, 2, &one), [0x69, 0x85]);
    // The channel that SELECT would have opened is closed.
    assert_eq!(ask_on(&mut card, 2, 0), 0x16881);
    assert_eq!(open(&mut card), 1);
    assert_eq!(select_on(&mut card, 1, &one), [0x69, 0x85]);
    // What was selected on the channel still is.
    assert_eq!(card.transmit(&[0x81, 0xCA, 0, 0x66, 0])[..2], [0x66, 0x31]);
    assert_eq!(ask_on(&mut card, 0, 0), 1);
    // Once it is free again, it may.
    card.transmit(&[0, 0xA4, 4, 0, 0]);
    assert_eq!(select_on(&mut card, 1, &one), OK);
    // From another channel its applet comes along.
    assert_eq!(card.transmit(&[1, 0x70, 0, 0, 1]), [0x69, 0x85]);
    assert_eq!(ask_on(&mut card, 2, 0), 0x16881);
}

#[test]
fn multiselectable_applets_are_told() {
    let one = package(1, true);
    let mut card = card_with(&one);
    assert_eq!(select(&mut card, &one), OK);
    assert_eq!(ask_on(&mut card, 0, 0), 1);
    assert_eq!(ask_on(&mut card, 0, 1), 0);
    assert_eq!(select_on(&mut card, 1, &one), OK);
    assert_eq!(ask_on(&mut card, 1, 0), 3);
    // Both work on the same transient array, which stays while one of them is active.
    assert_eq!(ask_on(&mut card, 1, 2), 42);
    assert_eq!(card.transmit(&[1, 0x70, 0, 0, 1]), [2, 0x90, 0]);
    assert_eq!(ask_on(&mut card, 2, 0), 3);
    assert_eq!(card.transmit(&[0, 0x70, 0x80, 1]), OK);
    assert_eq!(ask_on(&mut card, 0, 0), 6);
    assert_eq!(ask_on(&mut card, 2, 2), 42);
    card.transmit(&[0, 0xA4, 4, 0, 0]);
    assert_eq!(ask_on(&mut card, 2, 0), 6);
    assert_eq!(ask_on(&mut card, 2, 2), 42);
    // The last one is deselected as ever, and its array is cleared.
    assert_eq!(select_on(&mut card, 2, &one), OK);
    assert_eq!(ask_on(&mut card, 2, 0), 1);
    assert_eq!(ask_on(&mut card, 2, 2), 0);
}

#[test]
fn another_applet_of_the_package_is_told_apart() {
    let one = package(1, true);
    let mut card = card_with(&one);
    let second = card_sim::Aid::new(&[0xF0, 9, 9, 9, 1, 2]).unwrap();
    card.install(one.applet_aid(), second, &[]).unwrap();
    assert_eq!(select(&mut card, &one), OK);
    let command = [&[1, 0xA4, 4, 0, 6][..], second.as_bytes()].concat();
    assert_eq!(card.transmit(&command), OK);
    // select(false): an applet of the package is active, but not this one.
    assert_eq!(ask_on(&mut card, 1, 0), 2);
    card.transmit(&[1, 0xA4, 4, 0, 0]);
    assert_eq!(card.transmit(&command), OK);
    assert_eq!(ask_on(&mut card, 1, 0), 52);
}

#[test]
fn reselection_is_told() {
    let keep =
        "aload_0; invokestatic javacard/framework/Applet.reSelectingApplet()Z; putfield_s .1";
    let one = Package {
        select: format!("{keep}; sconst_1; sreturn"),
        ..package(1, false)
    };
    let mut card = card_with(&one);
    for expected in [0, 1, 1] {
        assert_eq!(select(&mut card, &one), OK);
        assert_eq!(ask_on(&mut card, 0, 5), expected);
    }
}

#[test]
fn an_active_applet_is_not_deleted() {
    let one = package(1, false);
    let mut card = card_with(&one);
    assert_eq!(select_on(&mut card, 3, &one), OK);
    let mut runtime = card.runtime().clone();
    let id = runtime
        .registry
        .find_application(one.applet_aid().as_bytes())
        .unwrap();
    let services = &mut card_sim::secure_channel::NoSecurityServices;
    let refused = runtime.delete_application(services, id).unwrap_err();
    assert!(refused.to_string().contains("select another"), "{refused}");
    let file = runtime.registry.find_load_file(&one.aid).unwrap();
    assert!(runtime.delete_load_file(services, file, true).is_err());
    runtime.power_on();
    runtime.delete_load_file(services, file, true).unwrap();
}

/// Calls `processData` of the applet F0 07 07 07 07 01.
const CALL_SERVER: &str = "
    bspush 6; newarray 11; astore_2
    aload_2; sconst_0; bspush -16; bastore; aload_2; sconst_1; bspush 7; bastore; aload_2; sconst_2; bspush 7; bastore
    aload_2; sconst_3; bspush 7; bastore; aload_2; sconst_4; bspush 7; bastore; aload_2; sconst_5; sconst_1; bastore
    aload_2; sconst_0; bspush 6; invokestatic javacard/framework/JCSystem.lookupAID([BSB)Ljavacard/framework/AID;
    sconst_0; invokestatic javacard/framework/JCSystem.getAppletShareableInterfaceObject(Ljavacard/framework/AID;B)Ljavacard/framework/Shareable;
    checkcast 0 org/globalplatform/Application
    aconst_null; sconst_0; sconst_0; invokeinterface 4 org/globalplatform/Application.processData; sconst_1";

#[test]
fn arrays_cleared_on_deselection_belong_to_the_selected_applet() {
    for (event, defensive) in [(1, false), (2, false), (1, true), (2, true)] {
        // A server that works on a transient array: of the second kind only while it is the selected applet.
        let server = Package {
            aid: vec![0xF0, 7, 7, 7, 7],
            construct: format!(
                "sconst_1; sconst_{event}; invokestatic javacard/framework/JCSystem.makeTransientByteArray(SB)[B
                 putfield_a_this .8"
            ),
            shareable: "aload_0".into(),
            implements: Some((
                "org/globalplatform/Application",
                vec![(4, "getfield_a_this .8; sconst_0; baload; pop; return")],
            )),
            process: by_p1(&["getfield_a_this .8; sconst_0; baload"]),
            ..Package::default()
        };
        let client = Package {
            aid: vec![0xF0, 8, 8, 8, 8],
            process: by_p1(&[CALL_SERVER]),
            ..Package::default()
        };
        let mut card = card_with(&server);
        add(&mut card, &client);
        card.set_defensive(defensive);
        select(&mut card, &server);
        assert_eq!(ask_on(&mut card, 0, 0), 0);
        select(&mut card, &client);
        if event == 1 {
            assert_eq!(ask_on(&mut card, 0, 0), 1);
        } else {
            assert_eq!(ask_on(&mut card, 0, 0), 0x16F00);
            let fault = card.last_fault().unwrap().to_string();
            assert!(fault.contains("SecurityException"), "{fault}");
        }
    }
}
