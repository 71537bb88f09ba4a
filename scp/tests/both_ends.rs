//! Host against card, over every parameter, level and key length, and what must be refused.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use scp::scp03::{
    CardError, Challenge, HostError, HostOpening, HostSession, Parameters, SecurityLevel,
    StaticKeys,
};
use scp::{CardKeySet, CardParameters, CardSession, Command, Protocol};
use se_crypto::Drbg;

const AID: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];
const OK: &[u8] = &[0x90, 0x00];

struct Card {
    parameters: CardParameters,
    key_sets: Vec<CardKeySet>,
    random: Drbg,
    session: CardSession,
}

impl Card {
    fn new(i: u8, keys: &StaticKeys) -> Self {
        Self {
            parameters: CardParameters {
                protocol: Protocol::Scp03(Parameters(i)),
                ..CardParameters::default()
            },
            key_sets: vec![CardKeySet::new(0x30, keys.clone())],
            random: Drbg::from_seed(1),
            session: CardSession::new(),
        }
    }

    fn process(&mut self, command: &[u8]) -> Result<Vec<u8>, CardError> {
        let data = self.session.process(
            &self.parameters,
            &mut self.key_sets,
            AID,
            &mut self.random,
            command,
        )?;
        Ok([&data[..], OK].concat())
    }

    fn open(&mut self, keys: &StaticKeys, level: SecurityLevel) -> HostSession {
        let Protocol::Scp03(parameters) = self.parameters.protocol else {
            unreachable!("made above");
        };
        let length = parameters.length();
        let challenge = Challenge::new(&vec![0xC5; length]).unwrap();
        let opening = HostOpening::new(keys.clone(), 0x30, challenge);
        let response = self.process(&opening.command()).unwrap();
        let (session, authenticate) = opening.answer(&response, level).unwrap();
        assert_eq!(self.process(&authenticate).unwrap(), OK);
        session
    }
}

fn keys() -> impl Strategy<Value = StaticKeys> {
    (
        prop::sample::select(vec![16_usize, 24, 32]),
        any::<[[u8; 32]; 3]>(),
    )
        .prop_map(|(length, [enc, mac, dek])| {
            StaticKeys::new(&enc[..length], &mac[..length], &dek[..length]).unwrap()
        })
}

fn channel() -> impl Strategy<Value = (u8, SecurityLevel)> {
    let channels: Vec<_> = [0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x01, 0x71]
        .into_iter()
        .flat_map(|i| SecurityLevel::ALL.map(|level| (i, level)))
        .filter(|(i, level)| Parameters(*i).offers(*level))
        .collect();
    prop::sample::select(channels)
}

/// A command of any case, with data that fit at every level.
fn command() -> impl Strategy<Value = Vec<u8>> {
    (
        prop::sample::select(vec![0x00_u8, 0x80, 0x90, 0x83]),
        any::<[u8; 3]>(),
        prop::collection::vec(any::<u8>(), 0..=223),
        any::<Option<u8>>(),
    )
        .prop_map(|(cla, rest, data, le)| {
            let mut command = [&[cla][..], &rest].concat();
            if !data.is_empty() {
                command.push(u8::try_from(data.len()).unwrap());
                command.extend(data);
            }
            command.extend(le);
            command
        })
}

fn response() -> impl Strategy<Value = Vec<u8>> {
    (
        prop::collection::vec(any::<u8>(), 0..=255),
        prop::sample::select(vec![[0x90, 0x00], [0x63, 0x10], [0x62, 0x83]]),
    )
        .prop_map(|(data, status)| [&data[..], &status].concat())
}

#[test]
fn an_application_raises_the_level_of_a_session_and_not_below_where_it_began() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let protocol = card.parameters.protocol;
    let (low, high) = (SecurityLevel::C_MAC, SecurityLevel::C_DECRYPTION);
    let none = card.session.set_security_level(protocol, low);
    assert_eq!(none, Err(CardError::Conditions));
    let mut host = card.open(&keys, low);
    let level = |card: &Card| card.session.security_level() & 0x7F;
    let set = |card: &mut Card, level| card.session.set_security_level(protocol, level);
    assert_eq!(
        set(&mut card, SecurityLevel::NONE),
        Err(CardError::Conditions)
    );
    assert_eq!(
        set(&mut card, SecurityLevel(0x02)),
        Err(CardError::Parameters)
    );
    for wanted in [high, low] {
        assert_eq!(set(&mut card, wanted), Ok(()));
        assert_eq!(level(&card), wanted.0);
    }
    // The session is as it was.
    let command = [0x80, 0xCA, 0x00, 0x66, 0x00];
    let wrapped = host.wrap(&command).unwrap();
    assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
}

proptest! {
    #[test]
    fn what_one_end_wraps_the_other_unwraps(
        keys in keys(),
        (i, level) in channel(),
        exchanges in prop::collection::vec((command(), response()), 1..6),
    ) {
        let mut card = Card::new(i, &keys);
        let mut host = card.open(&keys, level);
        prop_assert_eq!(card.session.security_level(), 0x80 | level.0);
        for (command, response) in exchanges {
            let wrapped = host.wrap(&command).unwrap();
            prop_assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
            let wrapped = card.session.wrap(&response).unwrap();
            prop_assert_eq!(host.unwrap(&wrapped).unwrap(), response);
        }
    }

    #[test]
    fn a_changed_command_closes_the_session(
        (i, level) in channel(),
        command in command(),
        place in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        prop_assume!(level.has_c_mac());
        let keys = StaticKeys::test_keys();
        let mut card = Card::new(i, &keys);
        let wrapped = card.open(&keys, level).wrap(&command).unwrap();
        let mut changed = wrapped.clone();
        let place = place.index(changed.len());
        changed[place] ^= change;
        match card.session.clone().unwrap(&changed) {
            // Le and the logical channel are outside of the MAC (Amendment D §6.2.4).
            Ok(_) => prop_assert!(place == 0 || place + 1 == wrapped.len()),
            Err(CardError::Length) => (),
            Err(error) => {
                prop_assert_eq!(error, CardError::Security);
                prop_assert!(card.session.unwrap(&changed).is_err());
                prop_assert_eq!(card.session.security_level(), 0);
            }
        }
    }

    #[test]
    fn no_bytes_make_either_end_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let keys = StaticKeys::test_keys();
        let mut card = Card::new(0x70, &keys);
        let mut host = card.open(&keys, SecurityLevel::FULL);
        let _ = host.clone().wrap(&bytes);
        prop_assert!(host.unwrap(&bytes).is_err() || bytes.len() == 2);
        let _ = card.session.clone().wrap(&bytes);
        let _ = card.session.clone().unwrap(&bytes);
        let _ = card.process(&bytes);
        let challenge = Challenge::new(&[0; 8]).unwrap();
        prop_assert!(HostOpening::new(keys, 0, challenge).answer(&bytes, SecurityLevel::FULL).is_err());
    }
}

#[test]
fn a_replayed_command_is_refused() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let mut host = card.open(&keys, SecurityLevel::C_MAC);
    let command = host
        .wrap(&[0x80, 0xF2, 0x80, 0x02, 0x02, 0x4F, 0x00])
        .unwrap();
    assert!(card.session.unwrap(&command).is_ok());
    assert_eq!(card.session.unwrap(&command), Err(CardError::Security));
    assert_eq!(card.session.security_level(), 0);
}

#[test]
fn pseudo_random_challenges_never_repeat() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let command = HostOpening::new(keys, 0, Challenge::new(&[1; 8]).unwrap()).command();
    let first = card.process(&command).unwrap();
    let second = card.process(&command).unwrap();
    assert_ne!(first[13..21], second[13..21]);
    assert_eq!(first[29..32], [0, 0, 1]);
    assert_eq!(second[29..32], [0, 0, 2]);
    card.key_sets[0].sequence_counter = 0xFF_FFFF;
    assert_eq!(card.process(&command), Err(CardError::Conditions));
    assert_eq!(card.key_sets[0].sequence_counter, 0xFF_FFFF);
}

#[test]
fn the_card_says_why_it_refuses() {
    let keys = StaticKeys::test_keys();
    let begin = |card: &mut Card| {
        let opening = HostOpening::new(keys.clone(), 0x30, Challenge::new(&[1; 8]).unwrap());
        let response = card.process(&opening.command()).unwrap();
        opening.answer(&response, SecurityLevel::FULL).unwrap().1
    };
    let with = |change: fn(&mut Vec<u8>)| {
        let mut card = Card::new(0x70, &keys);
        let mut command = begin(&mut card);
        change(&mut command);
        let error = card.process(&command).unwrap_err();
        // Whatever went wrong, the session must be begun anew.
        let again = begin(&mut card);
        card.session.reset();
        assert_eq!(card.process(&again), Err(CardError::Conditions));
        error.status_word()
    };
    assert_eq!(with(|c| c[5] ^= 1), 0x6300);
    assert_eq!(with(|c| c[20] ^= 1), 0x6982);
    assert_eq!(with(|c| c[2] = 0x30), 0x6A86);
    assert_eq!(with(|c| c[3] = 0x01), 0x6A86);
    assert_eq!(with(|c| c[0] = 0x80), 0x6E00);
    assert_eq!(with(|c| c.truncate(20)), 0x6700);
    assert_eq!(
        with(|c| *c = vec![0x80, 0x50, 0x31, 0, 8, 1, 1, 1, 1, 1, 1, 1, 1]),
        0x6A88
    );
    assert_eq!(
        with(|c| *c = vec![0x80, 0x50, 0x30, 2, 8, 1, 1, 1, 1, 1, 1, 1, 1]),
        0x6A86
    );
    assert_eq!(
        with(|c| *c = vec![0x80, 0x50, 0x30, 0, 7, 1, 1, 1, 1, 1, 1, 1]),
        0x6700
    );
    assert_eq!(
        with(|c| *c = vec![0x84, 0x50, 0x30, 0, 8, 1, 1, 1, 1, 1, 1, 1, 1]),
        0x6E00
    );
}

#[test]
fn plain_commands_pass_without_a_session_and_not_within() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let plain = [0x80, 0xF2, 0x80, 0x02];
    assert_eq!(card.session.unwrap(&plain).unwrap(), plain);
    let secured = [0x84, 0xF2, 0x80, 0x02];
    assert_eq!(card.session.unwrap(&secured), Err(CardError::Conditions));
    assert_eq!(
        card.session.wrap(&[1, 2, 0x90, 0]).unwrap(),
        [1, 2, 0x90, 0]
    );

    card.open(&keys, SecurityLevel::C_MAC);
    assert_eq!(card.session.unwrap(&plain), Err(CardError::Security));
    assert_eq!(card.session.security_level(), 0);

    card.open(&keys, SecurityLevel::NONE);
    assert_eq!(card.session.unwrap(&plain).unwrap(), plain);
    assert_eq!(card.session.unwrap(&secured), Err(CardError::Security));
}

#[test]
fn errors_leave_the_card_without_mac_and_data() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let mut host = card.open(&keys, SecurityLevel::FULL);
    let command = host.wrap(&[0x80, 0xCA, 0x00, 0x66, 0x00]).unwrap();
    card.session.unwrap(&command).unwrap();
    let response = card.session.wrap(&[7, 0x6A, 0x88]).unwrap();
    assert_eq!(response, [0x6A, 0x88]);
    assert_eq!(host.unwrap(&response).unwrap(), [0x6A, 0x88]);
}

#[test]
fn a_short_command_takes_as_much_as_promised() {
    let keys = StaticKeys::test_keys();
    for (i, level, most) in [
        (0x70, SecurityLevel::NONE, 255),
        (0x70, SecurityLevel::C_MAC, 247),
        (0x70, SecurityLevel::C_DECRYPTION, 239),
        (0x70, SecurityLevel::FULL, 239),
        (0x71, SecurityLevel::C_MAC, 239),
        (0x71, SecurityLevel::FULL, 223),
    ] {
        let mut card = Card::new(i, &keys);
        let mut host = card.open(&keys, level);
        assert_eq!(host.max_data(), most);
        let command = |length: usize| {
            let mut command = vec![0x80, 0xE8, 0, 0, u8::try_from(length).unwrap()];
            command.resize(5 + length, 0xAA);
            command
        };
        if most < 255 {
            assert!(matches!(
                host.wrap(&command(most + 1)),
                Err(HostError::Command(_))
            ));
        }
        // The refused command has not moved the session.
        let wrapped = host.wrap(&command(most)).unwrap();
        assert_eq!(card.session.unwrap(&wrapped).unwrap(), command(most));
    }
}

#[test]
fn extended_commands_are_protected_too() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let mut host = card.open(&keys, SecurityLevel::FULL);
    let mut command = vec![0x80, 0xE2, 0, 0, 0, 0x04, 0x00];
    command.resize(7 + 0x400, 0x5A);
    let wrapped = host.wrap(&command).unwrap();
    assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
}

#[test]
fn the_host_refuses_what_the_card_does_not_offer() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x10, &keys);
    let opening = HostOpening::new(keys, 0x30, Challenge::new(&[1; 8]).unwrap());
    let response = card.process(&opening.command()).unwrap();
    let refuse = |response: &[u8]| {
        opening
            .clone()
            .answer(response, SecurityLevel::FULL)
            .unwrap_err()
    };
    assert!(matches!(
        refuse(&response),
        HostError::Level { i: 0x10, .. }
    ));
    assert_eq!(refuse(&[0x6A, 0x88]), HostError::Refused(0x6A88));
    assert_eq!(refuse(&[]), HostError::ResponseShort(0));
    let mut other = response.clone();
    other[11] = 2;
    assert_eq!(refuse(&other), HostError::Protocol(2));
    other = response.clone();
    other[10] = 0x31;
    assert!(matches!(
        refuse(&other),
        HostError::KeyVersion { used: 0x31, .. }
    ));
    other = response;
    other.remove(0);
    assert!(matches!(
        refuse(&other),
        HostError::ResponseLength { .. } | HostError::Protocol(_)
    ));
}

#[test]
fn an_ended_session_stays_ended() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let mut host = card.open(&keys, SecurityLevel::FULL);
    assert_eq!(host.unwrap(&[0x90, 0x00]), Err(HostError::ResponseMac));
    assert_eq!(host.unwrap(&[0x6A, 0x82]), Err(HostError::Ended));
    assert_eq!(host.wrap(&[0x80, 0xCA, 0, 0x66, 0]), Err(HostError::Ended));
}

#[test]
fn sensitive_data_need_a_session() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    assert_eq!(
        card.session.decrypt_data(&[0; 16]),
        Err(CardError::Security)
    );
    card.open(&keys, SecurityLevel::FULL);
    let hidden = card.session.encrypt_data(&[3; 16]).unwrap();
    assert_eq!(card.session.decrypt_data(&hidden).unwrap(), [3; 16]);
    assert_eq!(card.session.decrypt_data(&[0; 5]), Err(CardError::Data));
    assert_eq!(card.session.key_version(), Some(0x30));
}

#[test]
fn debug_shows_no_secret() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let host = card.open(&keys, SecurityLevel::FULL);
    let shown = format!("{:?} {host:?} {:?}", card.session, card.key_sets);
    assert!(shown.contains("redacted"));
    assert!(!shown.to_lowercase().contains("40414243"));
    assert!(!shown.contains("64, 65, 66"));
}

#[test]
fn an_r_mac_session_within_a_session() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let begin = |p1| Command::new([0x80, 0x7A, p1, 0x01], &[], None);
    let end = Command::new([0x80, 0x78, 0x00, 0x03], &[], None);
    let parameters = card.parameters;
    assert_eq!(
        card.session.process_r_mac(&parameters, &begin(0x10)),
        Err(CardError::Conditions)
    );
    let mut host = card.open(&keys, SecurityLevel::C_MAC);
    let mut send = |command: &[u8]| card.session.unwrap(&host.wrap(command).unwrap()).unwrap();
    send(&[0x80, 0x7A, 0x30, 0x01]);
    assert_eq!(
        card.session.process_r_mac(&parameters, &end),
        Err(CardError::Conditions)
    );
    assert_eq!(
        card.session.process_r_mac(&parameters, &begin(0x20)),
        Err(CardError::Parameters)
    );
    assert_eq!(
        card.session.process_r_mac(&parameters, &begin(0x10)),
        Ok(())
    );
    // Its own response is not protected, the next one is.
    assert_eq!(card.session.wrap(OK).unwrap(), OK);
    assert_eq!(card.session.security_level(), 0x91);
    assert_eq!(card.session.wrap(OK).unwrap().len(), 10);
    assert_eq!(
        card.session.process_r_mac(&parameters, &begin(0x10)),
        Err(CardError::Conditions)
    );
    assert_eq!(card.session.process_r_mac(&parameters, &end), Ok(()));
    assert_eq!(card.session.wrap(OK).unwrap().len(), 10);
    assert_eq!(card.session.wrap(OK).unwrap(), OK);
    let mut without = Card::new(0x10, &keys);
    without.open(&keys, SecurityLevel::C_MAC);
    assert_eq!(
        without
            .session
            .process_r_mac(&without.parameters.clone(), &begin(0x10)),
        Err(CardError::Instruction)
    );
}

#[test]
fn further_logical_channels() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x70, &keys);
    let mut host = card.open(&keys, SecurityLevel::FULL);
    for class in [0x80, 0x83, 0xC0, 0xCF] {
        let command = [class, 0xF2, 0x40, 0x02, 0x02, 0x4F, 0x00];
        let wrapped = host.wrap(&command).unwrap();
        assert_eq!(
            wrapped[0],
            class | if class & 0x40 == 0 { 0x04 } else { 0x20 }
        );
        assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
    }
    assert_eq!(host.wrap(&[0x84, 0, 0, 0]), Err(HostError::Secured(0x84)));
}
