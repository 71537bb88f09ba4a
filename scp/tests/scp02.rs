//! SCP02: a published exchange, a foreign peer, and our two ends against each other.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use scp::scp02::{HostOpening, HostSession, Parameters, StaticKeys, key_check_value};
use scp::scp03::{CardError, HostError, SecurityLevel};
use scp::{CardKeySet, CardParameters, CardSession, Command, Protocol};
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

/// kaoh/globalplatform, `globalplatform/src/scp02Test.c`: two openings with the published test keys, i=15.
#[test]
fn openings_of_others() {
    let begin = |challenge: &str| {
        let challenge = hex(challenge).try_into().unwrap();
        HostOpening::new(StaticKeys::test_keys(), 0, challenge, Parameters::I15)
    };
    let response = hex("000074746E6E6E6262620102069FAA2A0591E73367DD78794D04315E9000");
    let (mut session, authenticate) = begin("D5AD539A60CA5E72")
        .answer(&response, SecurityLevel::C_MAC)
        .unwrap();
    assert_eq!(
        authenticate,
        hex("84820100107C799B3C771DBAE6BEF49310977617BA")
    );
    assert_eq!(
        session.wrap(&hex("80F22002024F0000")).unwrap(),
        hex("84F220020A4F00BB6E71C0EFCFCF0D00")
    );
    let response = hex("000074746E6E6E626262010206A15086BBEE58F467149061DA4B6EAE9000");
    let (_, authenticate) = begin("EBAA9E53C696281B")
        .answer(&response, SecurityLevel::C_DECRYPTION)
        .unwrap();
    assert_eq!(
        authenticate,
        hex("848203001005814C116071EB67D8BA9D9879454564")
    );
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
                protocol: Protocol::Scp02(Parameters(i)),
                key_diversification_data: [0; 10],
                ..CardParameters::default()
            },
            key_sets: [CardKeySet::new(0x20, keys.clone())],
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

    fn open_implicitly(&mut self, command: &[u8]) -> Result<Vec<u8>, CardError> {
        self.session
            .open_implicitly(&self.parameters, &mut self.key_sets, AID, command)
    }

    /// BEGIN or END R-MAC SESSION, with a response of this length.
    fn r_mac(&mut self, host: &mut HostSession, wrapped: &[u8], length: usize) {
        let plain = self.session.unwrap(wrapped).unwrap();
        let command = Command::parse(&plain).unwrap();
        self.session
            .process_r_mac(&self.parameters, &command)
            .unwrap();
        let response = self.session.wrap(&[0x90, 0x00]).unwrap();
        assert_eq!(response.len(), length);
        assert_eq!(host.unwrap(&response).unwrap(), [0x90, 0x00]);
    }

    fn open(&mut self, keys: &StaticKeys, level: SecurityLevel) -> HostSession {
        let Protocol::Scp02(parameters) = self.parameters.protocol else {
            unreachable!("made above");
        };
        let opening = HostOpening::new(keys.clone(), 0x20, [7; 8], parameters);
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

fn response() -> impl Strategy<Value = Vec<u8>> {
    let status = prop::sample::select(vec![[0x90, 0x00], [0x63, 0x10], [0x6A, 0x82]]);
    (prop::collection::vec(any::<u8>(), 0..=256), status)
        .prop_map(|(data, status)| [&data[..], &status].concat())
}

const LEVELS: [SecurityLevel; 6] = [
    SecurityLevel::NONE,
    SecurityLevel::C_MAC,
    SecurityLevel::C_DECRYPTION,
    SecurityLevel::R_MAC,
    SecurityLevel::C_MAC_R_MAC,
    SecurityLevel::C_DECRYPTION_R_MAC,
];

/// The parameters of GPCS 2.3.1 table E-1, and those that follow from its bits.
const EXPLICIT: [u8; 18] = [
    0x04, 0x05, 0x06, 0x07, 0x14, 0x15, 0x16, 0x17, 0x24, 0x25, 0x34, 0x35, 0x44, 0x45, 0x54, 0x55,
    0x64, 0x75,
];
const IMPLICIT: [u8; 8] = [0x0A, 0x0B, 0x1A, 0x1B, 0x2A, 0x2B, 0x3A, 0x3B];

#[test]
fn parameters_of_the_standard() {
    for i in 0..=0xFF {
        let (explicit, from_aid) = (i & 0x04 != 0, i & 0x08 != 0);
        let valid = i & 0x80 == 0 && explicit != from_aid && !(from_aid && i & 0x40 != 0);
        assert_eq!(Parameters(i).is_valid(), valid, "{i:02X}");
    }
    for i in EXPLICIT {
        assert!(
            Parameters(i).is_valid() && !Parameters(i).is_implicit(),
            "{i:02X}"
        );
    }
    for i in IMPLICIT {
        assert!(
            Parameters(i).is_valid() && Parameters(i).is_implicit(),
            "{i:02X}"
        );
    }
}

proptest! {
    #[test]
    fn what_the_host_wraps_the_card_unwraps(
        material in any::<[[u8; 16]; 3]>(),
        i in prop::sample::select(EXPLICIT.to_vec()),
        level in prop::sample::select(LEVELS.to_vec()),
        exchanges in prop::collection::vec((command(), response()), 1..6),
    ) {
        prop_assume!(Parameters(i).offers(level));
        let [enc, mac, dek] = &material;
        let keys = StaticKeys::new(enc, mac, dek).unwrap();
        let mut card = Card::new(i, &keys);
        let mut host = card.open(&keys, level);
        prop_assert_eq!(card.session.security_level(), 0x80 | level.0);
        for (command, response) in exchanges {
            let wrapped = host.wrap(&command).unwrap();
            prop_assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
            let wrapped = card.session.wrap(&response).unwrap();
            let mac = if level.has_r_mac() { 8 } else { 0 };
            prop_assert_eq!(wrapped.len(), response.len() + mac);
            prop_assert_eq!(host.unwrap(&wrapped).unwrap(), response);
        }
    }

    #[test]
    fn the_first_command_opens_an_implicit_session(
        material in any::<[[u8; 16]; 3]>(),
        i in prop::sample::select(IMPLICIT.to_vec()),
        exchanges in prop::collection::vec((command(), response()), 1..6),
        each in any::<bool>(),
        data in prop::collection::vec(any::<u8>(), 0..25),
    ) {
        let [enc, mac, dek] = &material;
        let keys = StaticKeys::new(enc, mac, dek).unwrap();
        let mut card = Card::new(i, &keys);
        card.key_sets[0].sequence_counter = 7;
        let mut host = HostSession::implicit(&keys, Parameters(i), 7, AID).unwrap();
        let first = [0x80, 0xCA, 0x00, 0x66, 0x00];
        let wrapped = host.wrap(&first).unwrap();
        prop_assert_eq!(card.open_implicitly(&wrapped).unwrap(), first);
        prop_assert_eq!(card.session.security_level(), 0x81);
        prop_assert_eq!(card.key_sets[0].sequence_counter, 8);
        let signed = Parameters(i).has_r_mac();
        if signed {
            let begin = host.begin_r_mac(each, &data).unwrap();
            card.r_mac(&mut host, &begin, 2);
        } else {
            prop_assert!(host.begin_r_mac(each, &data).is_err());
        }
        for (command, response) in exchanges {
            let wrapped = host.wrap(&command).unwrap();
            prop_assert_eq!(card.session.unwrap(&wrapped).unwrap(), command);
            let wrapped = card.session.wrap(&response).unwrap();
            let mac = if signed && each { 8 } else { 0 };
            prop_assert_eq!(wrapped.len(), response.len() + mac);
            prop_assert_eq!(host.unwrap(&wrapped).unwrap(), response);
        }
        if signed {
            let tell = host.end_r_mac(false).unwrap();
            card.r_mac(&mut host, &tell, 10);
            let finish = host.end_r_mac(true).unwrap();
            card.r_mac(&mut host, &finish, 10);
            prop_assert_eq!(card.session.security_level(), 0x81);
            prop_assert!(host.end_r_mac(true).is_err());
        }
    }

    #[test]
    fn a_changed_command_closes_the_session(
        level in prop::sample::select(LEVELS[1..3].to_vec()),
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
    card.key_sets[0].sequence_counter = u32::from(u16::MAX);
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

#[test]
fn implicit_sessions_are_opened_by_nothing_else() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x1A, &keys);
    let initialize = HostOpening::new(keys.clone(), 0, [1; 8], Parameters::I15).command();
    assert_eq!(card.process(&initialize), Err(CardError::Instruction));
    assert!(HostSession::implicit(&keys, Parameters::I15, 0, AID).is_err());
    let wrap = |keys: &StaticKeys, counter, aid: &[u8]| {
        HostSession::implicit(keys, Parameters::I1A, counter, aid)
            .unwrap()
            .wrap(&[0x80, 0xCA, 0x00, 0x66])
            .unwrap()
    };
    let other = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
    for wrong in [
        wrap(&other, 0, AID),
        wrap(&keys, 1, AID),
        wrap(&keys, 0, &[1; 5]),
    ] {
        assert_eq!(card.open_implicitly(&wrong), Err(CardError::Security));
        assert_eq!(card.key_sets[0].sequence_counter, 0);
        assert_eq!(card.session.security_level(), 0);
    }
    let right = wrap(&keys, 0, AID);
    assert!(card.open_implicitly(&right).is_ok());
    // The same bytes again are a replay.
    assert_eq!(card.open_implicitly(&right), Err(CardError::Security));
    // One base key: only the first counts.
    let first = StaticKeys::new(keys.enc(), &[2; 16], &[3; 16]).unwrap();
    assert!(card.open_implicitly(&wrap(&first, 1, AID)).is_ok());
    let mut explicit = Card::new(0x15, &keys);
    assert_eq!(explicit.open_implicitly(&right), Err(CardError::Conditions));
}

#[test]
fn a_changed_response_ends_the_host_s_session() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x35, &keys);
    let mut host = card.open(&keys, SecurityLevel::C_MAC_R_MAC);
    let wrapped = host.wrap(&[0x80, 0xCA, 0x00, 0x66, 0x00]).unwrap();
    card.session.unwrap(&wrapped).unwrap();
    let response = card.session.wrap(&[1, 2, 3, 0x90, 0x00]).unwrap();
    for bit in 0..response.len() * 8 {
        let mut changed = response.clone();
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        let mut host = host.clone();
        assert_eq!(host.unwrap(&changed), Err(HostError::ResponseMac));
        assert_eq!(host.unwrap(&response), Err(HostError::Ended));
        assert_eq!(host.wrap(&[0x80, 0xCA, 0, 0x66]), Err(HostError::Ended));
    }
    assert_eq!(host.unwrap(&response).unwrap(), [1, 2, 3, 0x90, 0x00]);
}

#[test]
fn an_r_mac_session_has_its_rules() {
    let keys = StaticKeys::test_keys();
    let mut card = Card::new(0x35, &keys);
    card.open(&keys, SecurityLevel::C_MAC);
    let parameters = card.parameters;
    let mut refuse = |header, data: &[u8]| {
        let command = Command::new(header, data, None);
        card.session
            .process_r_mac(&parameters, &command)
            .unwrap_err()
    };
    assert_eq!(refuse([0x80, 0x78, 0, 3], &[]), CardError::Conditions);
    assert_eq!(refuse([0x80, 0x78, 0, 2], &[]), CardError::Parameters);
    assert_eq!(refuse([0x80, 0x78, 1, 3], &[]), CardError::Parameters);
    assert_eq!(refuse([0x80, 0x7A, 0x20, 1], &[]), CardError::Parameters);
    assert_eq!(refuse([0x80, 0x7A, 0x10, 2], &[]), CardError::Parameters);
    assert_eq!(refuse([0x80, 0x7A, 0x10, 1], &[2, 1]), CardError::Data);
    assert_eq!(refuse([0x80, 0x7A, 0x10, 1], &[0; 26]), CardError::Data);
}
