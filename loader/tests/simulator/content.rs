//! Load, install, list, lock, delete.

use std::cell::RefCell;
use std::rc::Rc;

use card_sim::gp::IssuerConfig;
use card_sim::{Card, CardConfig};
use loader::{
    Aid, Announced, Dgi, Error, Event, FlashOptions, InProcess, Installation, InstanceOptions,
    KeySet, Plan, SecurityLevel, Session, StatusWord,
};

use se_crypto::Drbg;

use crate::card::Reader;
use crate::echo_cap::{FIRST, PACKAGE, SECOND, echo_cap};

pub(crate) fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

pub(crate) fn flash(session: &mut Session<Reader>, options: &FlashOptions) -> Vec<Event> {
    let content = session.content().unwrap();
    let plan = Plan::new(&echo_cap(), &content, options).unwrap();
    let mut events = Vec::new();
    plan.run(session, &mut |event| events.push(event)).unwrap();
    events
}

#[test]
fn a_package_is_loaded_installed_listed_and_deleted() {
    let reader = Reader::new(&CardConfig::default());
    let mut session = reader.clone().open_full();
    let before = session.content().unwrap();
    assert_eq!(before.card_state(), "OP_READY");
    assert!(before.load_files.is_empty() && before.applications.is_empty());

    let events = flash(&mut session, &FlashOptions::default());
    let last = events.iter().rev().find_map(|event| match event {
        Event::Block {
            block,
            blocks,
            bytes,
            total,
        } => Some((*block, *blocks, *bytes, *total)),
        _ => None,
    });
    let total = echo_cap().load_file(false).unwrap().len() + 4;
    assert_eq!(
        last,
        Some((total.div_ceil(239), total.div_ceil(239), total, total))
    );

    let content = session.content().unwrap();
    let file = content.load_file(&aid(PACKAGE)).unwrap();
    assert_eq!(file.version, Some((1, 2)));
    assert_eq!(file.modules, [aid(FIRST), aid(SECOND)]);
    let made: Vec<_> = content.applications_of(&aid(PACKAGE)).collect();
    assert_eq!(made.len(), 2);
    assert!(
        made.iter()
            .all(|application| application.state() == "SELECTABLE")
    );
    // The tree goes out as JSON.
    let json = serde_json::to_value(&content).unwrap();
    assert_eq!(json["load_files"][0]["aid"], "F00000000101");
    assert_eq!(json["applications"][1]["aid"], "F0000000010102");

    // The applet runs.
    let select = |name: &[u8]| {
        let length = u8::try_from(name.len()).unwrap();
        let command = [&[0x00, 0xA4, 0x04, 0x00, length], name].concat();
        reader.card.borrow_mut().transmit(&command)
    };
    assert_eq!(select(FIRST), [0x90, 0x00]);

    let mut session = reader.again().open_full();
    let refused = session.delete(&aid(PACKAGE), false).unwrap_err();
    assert!(
        refused.to_string().contains("delete with related objects"),
        "{refused}"
    );
    session.delete(&aid(FIRST), false).unwrap();
    assert!(
        session
            .content()
            .unwrap()
            .application(&aid(FIRST))
            .is_none()
    );
    session.delete(&aid(PACKAGE), true).unwrap();
    assert_eq!(session.content().unwrap(), before);
    assert!(!session.delete_if_present(&aid(PACKAGE), true).unwrap());
    assert_eq!(select(FIRST), [0x6A, 0x82]);
}

#[test]
fn every_security_level_carries_a_flash() {
    for level in [
        SecurityLevel::C_MAC,
        SecurityLevel::C_DECRYPTION,
        SecurityLevel::C_MAC_R_MAC,
        SecurityLevel::C_DECRYPTION_R_MAC,
        SecurityLevel::FULL,
    ] {
        let mut session = Reader::new(&CardConfig::default()).open(&KeySet::test_keys(), level);
        flash(
            &mut session,
            &FlashOptions {
                with_hash: true,
                ..FlashOptions::default()
            },
        );
        assert_eq!(session.content().unwrap().applications.len(), 2);
    }
}

#[test]
fn a_wrong_hash_is_refused() {
    let mut session = Reader::new(&CardConfig::default()).open_full();
    let load_file = echo_cap().load_file(false).unwrap();
    session
        .install_for_load(&Announced {
            hash: &[0; 32],
            ..Announced::new(aid(PACKAGE))
        })
        .unwrap();
    let error = session.load(&load_file, &[], &mut |_| ()).unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.status == StatusWord(0x6A80)));
    assert!(session.content().unwrap().load_files.is_empty());
    // And so is a load file under another name than its own.
    session
        .install_for_load(&Announced::new(aid(FIRST)))
        .unwrap();
    session.load(&load_file, &[], &mut |_| ()).unwrap_err();
    assert!(session.content().unwrap().load_files.is_empty());
}

#[test]
fn instances_with_names_and_states_of_their_own() {
    let reader = Reader::new(&CardConfig::default());
    let mut session = reader.open_full();
    let own = aid(&[0xF0, 0x00, 0x00, 0x00, 0x01, 0x77]);
    flash(
        &mut session,
        &FlashOptions {
            instances: vec![InstanceOptions {
                instance: Some(own),
                parameters: vec![1, 2, 3],
                ..InstanceOptions::new(aid(FIRST))
            }],
            ..FlashOptions::default()
        },
    );
    session
        .install(&Installation {
            load_file: aid(PACKAGE),
            module: aid(SECOND),
            instance: aid(SECOND),
            privileges: [0; 3],
            parameters: Vec::new(),
            selectable: false,
        })
        .unwrap();
    let state = |session: &mut Session<Reader>, name: &Aid| {
        session
            .content()
            .unwrap()
            .application(name)
            .unwrap()
            .state()
    };
    assert_eq!(state(&mut session, &aid(SECOND)), "INSTALLED");
    session.make_selectable(&aid(SECOND)).unwrap();
    session.make_selectable(&aid(SECOND)).unwrap_err();
    assert_eq!(state(&mut session, &aid(SECOND)), "SELECTABLE");

    session.set_locked(&own, true).unwrap();
    assert_eq!(state(&mut session, &own), "LOCKED");
    let select = |session: &mut Session<Reader>| {
        let command = [&[0x00, 0xA4, 0x04, 0x00, 6], own.as_bytes()].concat();
        let card = std::rc::Rc::clone(&session.transport().card);
        card.borrow().clone().transmit(&command)
    };
    assert_eq!(select(&mut session), [0x6A, 0x82]);
    session.set_locked(&own, false).unwrap();
    assert_eq!(select(&mut session), [0x90, 0x00]);
    // Its AID is taken.
    let error = session
        .install(&Installation {
            load_file: aid(PACKAGE),
            module: aid(FIRST),
            instance: own,
            privileges: [0; 3],
            parameters: Vec::new(),
            selectable: true,
        })
        .unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.status == StatusWord(0x6985)));
}

#[test]
fn long_listings_come_in_pages() {
    let mut session = Reader::new(&CardConfig::default()).open_full();
    flash(&mut session, &FlashOptions::default());
    for number in 0..30 {
        let instance = [&[0xF0; 15], &[number][..]].concat();
        session
            .install(&Installation {
                load_file: aid(PACKAGE),
                module: aid(FIRST),
                instance: aid(&instance),
                privileges: [0; 3],
                parameters: Vec::new(),
                selectable: true,
            })
            .unwrap();
    }
    let content = session.content().unwrap();
    assert_eq!(content.applications.len(), 32);
    assert_eq!(content.applications_of(&aid(PACKAGE)).count(), 32);
}

#[test]
fn the_card_tells_about_itself() {
    let mut session = Session::select(Reader::new(&CardConfig::default()), None).unwrap();
    assert_eq!(session.domain(), [0xA0, 0, 0, 1, 0x51, 0, 0, 0]);
    let info = session.info().unwrap();
    assert_eq!(info.global_platform.as_deref(), Some("2.3.1"));
    assert_eq!(info.protocols, [(0x03, 0x70)]);
    assert_eq!(info.key_versions(), [0x30]);
    assert!(info.free_persistent.unwrap() > 10_000);
    assert!(info.production.is_some());
    let again = Session::select(session.into_transport(), Some(&aid(&[1; 5])));
    assert!(matches!(again, Err(Error::Refused(refusal)) if refusal.status == StatusWord(0x6A82)));
}

#[test]
fn errors_name_the_command_and_the_cause() {
    let mut session = Session::select(Reader::new(&CardConfig::default()), None).unwrap();
    let error = session.content().unwrap_err().to_string();
    assert!(
        error.contains("GET STATUS") && error.contains("6982"),
        "{error}"
    );
    let mut session = session.into_transport().open_full();
    let error = session
        .make_selectable(&aid(FIRST))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("INSTALL") && error.contains("6A88"),
        "{error}"
    );
}

/// The simulated card takes both encryptions off: what it is asked for afterwards is what was given. On the wire, under
/// C-MAC alone, the sensitive value cannot be read, and the other one can.
#[test]
fn sensitive_data_groupings_travel_under_the_data_encryption_key() {
    let protocols = ["scp03:70", "scp02:15", "scp02:55"].map(|name| name.parse().unwrap());
    for protocol in protocols {
        let config = CardConfig {
            issuer: IssuerConfig {
                protocol,
                ..IssuerConfig::default()
            },
            ..CardConfig::default()
        };
        let sent = Rc::new(RefCell::new(Vec::new()));
        let (wire, mut card) = (Rc::clone(&sent), Card::new(&config));
        let card = InProcess::new("tapped", move |command: &[u8]| {
            wire.borrow_mut().extend_from_slice(command);
            card.transmit(command)
        });
        let mut session = Session::select(card, None).unwrap();
        let mut random = Drbg::from_seed(8);
        session
            .open(&KeySet::test_keys(), SecurityLevel::C_MAC, &mut random)
            .unwrap();
        let grouping = |sensitive, content: &[u8]| Dgi {
            identifier: 0x0070,
            content: content.to_vec().into(),
            sensitive,
        };
        // A secret that fills its blocks, one that does not, one of several commands.
        let whole = [&[0x66, 0x0E][..], b"thirteen bytes"].concat();
        let long = [&[0x45, 0x81, 0xFA][..], &[0x77; 250]].concat();
        session
            .store_data_groupings(&[
                grouping(false, &[0x42, 0x03, 1, 2, 3]),
                grouping(true, &whole),
                grouping(true, &[0x42, 0x04, 4, 3, 2, 1]),
                grouping(true, &long),
                grouping(false, b"\x5F\x50\x0Atold aloud"),
            ])
            .unwrap();
        let seen = |text: &[u8]| sent.borrow().windows(text.len()).any(|part| part == text);
        assert!(seen(b"told aloud") && !seen(b"thirteen") && !seen(&[0x77; 8]));
        assert_eq!(session.data(0x0066).unwrap().unwrap(), whole[2..]);
        assert_eq!(session.data(0x0042).unwrap().unwrap(), [4, 3, 2, 1]);
        assert_eq!(session.data(0x0045).unwrap().unwrap(), [0x77; 250]);
        assert_eq!(session.data(0x5F50).unwrap().unwrap(), b"told aloud");
    }
}
