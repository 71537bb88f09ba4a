//! SCP02: a published exchange, a foreign peer, and our two ends against each other.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use scp::scp02::{
    CardKeySet, CardParameters, CardSession, HostOpening, HostSession, Parameters, StaticKeys,
    key_check_value,
};
use scp::scp03::{CardError, HostError, SecurityLevel};
use se_crypto::Drbg;

const AID: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// osmocom/pysim, `tests/unittests/test_globalplatform.py`: `SCP02_Auth_Test`, `SCP02_Test`.
fn pysim() -> HostOpening {
    let keys = StaticKeys::new(
        &hex("100102030405060708090a0b0c0d0e0f"),
        &hex("101102030405060708090a0b0c0d0e0f"),
        &hex("102102030405060708090a0b0c0d0e0f"),
    );
    let challenge = hex("40A62C37FA6304F8").try_into().unwrap();
    HostOpening::new(keys.unwrap(), 0x20, challenge, Parameters::I15)
}

#[test]
fn a_published_exchange() {
    let response = hex("00000000000000000000700200016B4524ABEE7CF32EA3838BC148F39000");
    let opening = pysim();
    assert_eq!(
        opening.command(),
        hex("805020000840A62C37FA6304F800"),
        "INITIALIZE UPDATE"
    );
    // The card of the exchange answers with another key version than the one asked for.
    assert_eq!(
        opening.answer(&response, SecurityLevel::C_MAC).unwrap_err(),
        HostError::KeyVersion {
            asked: 0x20,
            used: 0x70
        }
    );
    let opening = HostOpening::new(
        StaticKeys::new(
            &hex("100102030405060708090a0b0c0d0e0f"),
            &hex("101102030405060708090a0b0c0d0e0f"),
            &hex("102102030405060708090a0b0c0d0e0f"),
        )
        .unwrap(),
        0,
        hex("40A62C37FA6304F8").try_into().unwrap(),
        Parameters::I15,
    );
    let (mut session, authenticate) = opening.answer(&response, SecurityLevel::C_MAC).unwrap();
    assert_eq!(
        authenticate,
        hex("8482010010BA6961667737C5BCEBECE14C7D6A4376")
    );
    for (plain, wrapped) in [
        ("80F22002", "84F220020814DB34FA4341DCA8"),
        ("80ca006600", "84CA00660855ED7C5FF069512B00"),
        (
            "80F220020a4f0212345c054f9f70c5",
            "84F22002124F0212345C054F9F70C58FC1B380C4228AF8",
        ),
        ("80f28002024f0000", "84F280020A4F003B95F09317DE6A4E00"),
    ] {
        assert_eq!(session.wrap(&hex(plain)).unwrap(), hex(wrapped));
    }
}

/// The check value of the published test key, as every GlobalPlatform tool shows it.
#[test]
fn check_value_of_the_test_key() {
    let value = key_check_value(&hex("404142434445464748494A4B4C4D4E4F")).unwrap();
    assert_eq!(value, [0x8B, 0xAF, 0x47]);
}

struct Card {
    parameters: CardParameters,
    key_sets: [CardKeySet; 1],
    random: Drbg,
    session: CardSession,
}

impl Card {
    fn new(i: u8, keys: &StaticKeys) -> Self {
        Self {
            parameters: CardParameters {
                parameters: Parameters(i),
                key_diversification_data: [0; 10],
            },
            key_sets: [CardKeySet {
                version: 0x20,
                keys: keys.clone(),
                sequence_counter: 0,
            }],
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
        Ok([&data[..], &[0x90, 0x00]].concat())
    }

    fn open(&mut self, keys: &StaticKeys, level: SecurityLevel) -> HostSession {
        let opening = HostOpening::new(keys.clone(), 0x20, [7; 8], self.parameters.parameters);
        let response = self.process(&opening.command()).unwrap();
        let (session, authenticate) = opening.answer(&response, level).unwrap();
        assert_eq!(self.process(&authenticate).unwrap(), [0x90, 0x00]);
        session
    }
}

fn command() -> impl Strategy<Value = Vec<u8>> {
    (
        any::<[u8; 3]>(),
        prop::collection::vec(any::<u8>(), 0..=239),
        any::<Option<u8>>(),
    )
        .prop_map(|(rest, data, le)| {
            let mut command = [&[0x80][..], &rest].concat();
            if !data.is_empty() {
                command.push(u8::try_from(data.len()).unwrap());
                command.extend(data);
            }
            command.extend(le);
            command
        })
}

const LEVELS: [SecurityLevel; 3] = [
    SecurityLevel::NONE,
    SecurityLevel::C_MAC,
    SecurityLevel::C_DECRYPTION,
];

proptest! {
    #[test]
    fn what_the_host_wraps_the_card_unwraps(
        material in any::<[[u8; 16]; 3]>(),
        i in prop::sample::select(vec![0x04_u8, 0x05, 0x14, 0x15, 0x45, 0x54, 0x55, 0x17, 0x57]),
        level in prop::sample::select(LEVELS.to_vec()),
        commands in prop::collection::vec(command(), 1..6),
    ) {
        let [enc, mac, dek] = &material;
        let keys = StaticKeys::new(enc, mac, dek).unwrap();
        let mut card = Card::new(i, &keys);
        let mut host = card.open(&keys, level);
        prop_assert_eq!(card.session.security_level(), 0x80 | level.0);
        for command in commands {
            let wrapped = host.wrap(&command).unwrap();
            prop_assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
        }
    }

    #[test]
    fn a_changed_command_closes_the_session(
        level in prop::sample::select(LEVELS[1..].to_vec()),
        command in command(),
        place in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let keys = StaticKeys::test_keys();
        let mut card = Card::new(0x15, &keys);
        let wrapped = card.open(&keys, level).wrap(&command).unwrap();
        let mut changed = wrapped.clone();
        let place = place.index(changed.len());
        changed[place] ^= change;
        match card.session.unwrap(&changed) {
            // Le and the logical channel are outside of the MAC.
            Ok(_) => prop_assert!(place == 0 || place + 1 == wrapped.len()),
            Err(CardError::Length) => (),
            Err(error) => {
                prop_assert_eq!(error, CardError::Security);
                prop_assert_eq!(card.session.security_level(), 0);
            }
        }
    }

    #[test]
    fn no_bytes_make_either_end_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let keys = StaticKeys::test_keys();
        let mut card = Card::new(0x55, &keys);
        let mut host = card.open(&keys, SecurityLevel::C_DECRYPTION);
        let _ = host.wrap(&bytes);
        let _ = card.session.clone().unwrap(&bytes);
        let _ = card.process(&bytes);
        let opening = HostOpening::new(keys, 0, [0; 8], Parameters::I55);
        prop_assert!(opening.answer(&bytes, SecurityLevel::C_MAC).is_err());
    }
}

#[test]
fn sessions_count_once_they_are_open() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x55, &keys);
    let command = HostOpening::new(keys.clone(), 0, [1; 8], Parameters::I55).command();
    let first = card.process(&command).unwrap();
    assert_eq!(card.process(&command).unwrap(), first);
    card.open(&keys, SecurityLevel::C_MAC);
    assert_eq!(card.key_sets[0].sequence_counter, 1);
    let second = card.process(&command).unwrap();
    assert_eq!(second[12..14], [0, 1]);
    assert_ne!(second[14..20], first[14..20]);
    card.key_sets[0].sequence_counter = u16::MAX;
    assert_eq!(card.process(&command), Err(CardError::Conditions));
}

#[test]
fn refusals() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x15, &keys);
    let other = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
    let begin = |keys: &StaticKeys| HostOpening::new(keys.clone(), 0, [1; 8], Parameters::I15);
    let response = card.process(&begin(&keys).command()).unwrap();
    assert_eq!(
        begin(&other)
            .answer(&response, SecurityLevel::C_MAC)
            .unwrap_err(),
        HostError::CardCryptogram
    );
    assert!(matches!(
        begin(&keys).answer(&response, SecurityLevel::FULL),
        Err(HostError::Level { .. })
    ));
    let mut modern = response.clone();
    modern[11] = 3;
    assert_eq!(
        begin(&keys)
            .answer(&modern, SecurityLevel::C_MAC)
            .unwrap_err(),
        HostError::Protocol(3)
    );
    let (_, mut authenticate) = begin(&keys)
        .answer(&response, SecurityLevel::C_MAC)
        .unwrap();
    authenticate[5] ^= 1;
    assert_eq!(card.process(&authenticate), Err(CardError::HostCryptogram));
    assert_eq!(card.process(&authenticate), Err(CardError::Conditions));
    assert_eq!(card.key_sets[0].sequence_counter, 0);
}

#[test]
fn sensitive_data_travel_under_the_session_key() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x15, &keys);
    assert_eq!(card.session.decrypt_data(&[0; 8]), Err(CardError::Security));
    let host = card.open(&keys, SecurityLevel::C_MAC);
    let mut data = [5; 16];
    host.encrypt_sensitive(&mut data).unwrap();
    assert_eq!(card.session.encrypt_data(&[5; 16]).unwrap(), data);
    assert_eq!(card.session.decrypt_data(&data).unwrap(), [5; 16]);
    let shown = format!("{host:?} {:?} {keys:?}", card.session);
    assert!(!shown.contains("64, 65"), "{shown}");
}
