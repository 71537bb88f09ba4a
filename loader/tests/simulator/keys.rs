//! Sessions and keys.

use card_sim::CardConfig;
use card_sim::gp::{AuthenticationLimit, IssuerConfig, Protocol};
use loader::{
    AuthenticationError, ConnectionInfo, Diversification, Error, HostError, KeySet, KeySource,
    SecurityLevel, Session, StaticKeys, Transport, TransportError,
};
use scp::scp03::Parameters;
use se_crypto::Drbg;

use crate::card::Reader;

fn given(version: u8, keys: StaticKeys) -> KeySet {
    KeySet {
        version,
        keys: loader::Keys::Plain(keys),
        diversification: None,
        protocol: None,
        source: KeySource::Given,
    }
}

/// A line on which the host's proof is spoilt: the keys are right on both ends, and what the card refuses is the proof.
struct Spoilt(Reader);

impl Transport for Spoilt {
    fn info(&self) -> ConnectionInfo {
        self.0.info()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut command = command.to_vec();
        if command[1] == 0x82 {
            command[5] ^= 1;
        }
        self.0.transmit(&command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.0.reset()
    }
}

#[test]
fn the_tries_that_a_card_tells_are_said() {
    let said = |tells_tries| {
        let reader = Reader::new(&CardConfig {
            issuer: IssuerConfig {
                authentication: AuthenticationLimit {
                    tries: Some(3),
                    tells_tries,
                    ..AuthenticationLimit::default()
                },
                ..IssuerConfig::default()
            },
            ..CardConfig::default()
        });
        let mut session = Session::select(Spoilt(reader), None).unwrap();
        let mut random = Drbg::from_seed(1);
        [(); 4].map(|()| {
            let refused = session.open(&KeySet::test_keys(), SecurityLevel::FULL, &mut random);
            refused.unwrap_err().to_string()
        })
    };
    for (told, words) in
        said(true)
            .iter()
            .zip(["2 tries are left", "one try is left", "no try is left"])
    {
        assert!(told.contains(words), "{told}");
    }
    // Blocked by now: the card does not even begin.
    assert!(said(true)[3].contains("6983"), "{}", said(true)[3]);
    assert!(
        said(false)[0].contains("may have counted a failure"),
        "{}",
        said(false)[0]
    );
}

#[test]
fn wrong_keys_are_said_once_and_not_tried_again() {
    let reader = Reader::new(&CardConfig::default());
    let mut session = Session::select(reader, None).unwrap();
    let wrong = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
    let mut random = Drbg::from_seed(1);
    let error = session
        .open(&given(0x30, wrong), SecurityLevel::FULL, &mut random)
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Authentication(AuthenticationError::Stopped {
            cause: HostError::CardCryptogram,
            ..
        })
    ));
    let text = error.to_string();
    assert!(text.contains("not tried again by itself"), "{text}");
    // SELECT and INITIALIZE UPDATE: nothing that costs a try, and nothing twice.
    assert_eq!(session.transport().sent, 2);
    // No keys of that version.
    let error = session
        .open(
            &given(0x44, StaticKeys::test_keys()),
            SecurityLevel::FULL,
            &mut random,
        )
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has keys of version 30, none of 44"),
        "{error}"
    );
    // It was asked for those that it has.
    assert_eq!(session.transport().sent, 4);
}

#[test]
fn a_refused_authentication_warns_of_locking() {
    // A card that knows the host's keys, and yet refuses.
    let reader = Reader::new(&CardConfig::default());
    let mut inner = reader;
    let card = loader::InProcess::new("refusing", move |command: &[u8]| {
        if command.get(1) == Some(&0x82) {
            return vec![0x63, 0x00];
        }
        loader::Transport::transmit(&mut inner, command).unwrap()
    });
    let mut session = Session::select(card, None).unwrap();
    let error = session
        .open(
            &KeySet::test_keys(),
            SecurityLevel::FULL,
            &mut Drbg::from_seed(1),
        )
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("6300") && error.contains("locks for ever"),
        "{error}"
    );
    assert!(session.level().is_none());
}

#[test]
fn every_channel_of_the_card_is_opened() {
    for i in [0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x01, 0x71] {
        for length in [16, 24, 32] {
            let keys =
                StaticKeys::new(&vec![1; length], &vec![2; length], &vec![3; length]).unwrap();
            let reader = Reader::new(&CardConfig {
                issuer: IssuerConfig {
                    keys: keys.clone(),
                    protocol: Protocol::Scp03(Parameters(i)),
                    ..IssuerConfig::default()
                },
                ..CardConfig::default()
            });
            let level = SecurityLevel::ALL
                .into_iter()
                .rfind(|level| Parameters(i).offers(*level))
                .unwrap();
            let mut session = reader.open(&given(0, keys), level);
            assert_eq!(session.content().unwrap().card_state(), "OP_READY");
        }
    }
}

#[test]
fn keys_are_rotated() {
    let reader = Reader::new(&CardConfig::default());
    let mut session = reader.clone().open_full();
    let new = StaticKeys::new(&[1; 32], &[2; 32], &[3; 32]).unwrap();
    session.put_key(Some(0x30), 0x31, &new).unwrap();
    let error = Session::select(reader.again(), None)
        .unwrap()
        .open(
            &given(0x30, new.clone()),
            SecurityLevel::FULL,
            &mut Drbg::from_seed(1),
        )
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let mut session = reader
        .again()
        .open(&given(0x31, new.clone()), SecurityLevel::FULL);
    session
        .put_key(None, 0x32, &StaticKeys::test_keys())
        .unwrap();
    session.delete_key_set(0x31).unwrap();
    let mut session = reader
        .again()
        .open(&given(0x32, StaticKeys::test_keys()), SecurityLevel::FULL);
    assert_eq!(session.info().unwrap().key_versions(), [0x32]);
    assert!(session.put_key(None, 0x32, &new).is_err());
    let mut closed = Session::select(reader.again(), None).unwrap();
    assert!(matches!(
        closed.put_key(None, 0x33, &new),
        Err(Error::Unsendable(_))
    ));
}

#[test]
fn an_older_card_is_served_with_scp02() {
    for (i, most) in [
        (0x15, SecurityLevel::C_DECRYPTION),
        (0x55, SecurityLevel::C_DECRYPTION),
        (0x35, SecurityLevel::C_DECRYPTION_R_MAC),
        (0x75, SecurityLevel::C_DECRYPTION_R_MAC),
    ] {
        let reader = Reader::new(&CardConfig {
            issuer: IssuerConfig {
                protocol: Protocol::Scp02(scp::scp02::Parameters(i)),
                key_version: 0x20,
                ..IssuerConfig::default()
            },
            ..CardConfig::default()
        });
        // More is asked for than the protocol has: refused before the card could count a failure.
        let mut session = Session::select(reader.clone(), None).unwrap();
        let mut random = Drbg::from_seed(1);
        let error = session
            .open(&KeySet::test_keys(), SecurityLevel::FULL, &mut random)
            .unwrap_err();
        assert!(matches!(
            error,
            Error::Authentication(AuthenticationError::Stopped {
                cause: HostError::Level { .. },
                ..
            })
        ));
        assert!(error.to_string().contains("does not offer"), "{error}");
        assert!(session.level().is_none());
        let mut session = reader.clone().open(&KeySet::test_keys(), most);
        assert_eq!(session.protocol(), Some(2));
        assert_eq!(session.level(), Some(most));
        assert_eq!(session.info().unwrap().protocols, [(0x02, i)]);
        crate::content::flash(&mut session, &loader::FlashOptions::default());
        assert_eq!(session.content().unwrap().applications.len(), 2);

        let new = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
        session.put_key(Some(0x20), 0x21, &new).unwrap();
        let long = StaticKeys::new(&[1; 32], &[2; 32], &[3; 32]).unwrap();
        assert!(matches!(
            session.put_key(None, 0x22, &long),
            Err(Error::Key(_))
        ));
        let mut session = reader.again().open(&given(0x21, new), SecurityLevel::C_MAC);
        assert_eq!(session.content().unwrap().load_files.len(), 1);

        let wrong = StaticKeys::new(&[4; 16], &[5; 16], &[6; 16]).unwrap();
        let mut session = Session::select(reader.again(), None).unwrap();
        let error = session
            .open(
                &given(0, wrong),
                SecurityLevel::C_MAC,
                &mut Drbg::from_seed(1),
            )
            .unwrap_err();
        assert!(
            error.to_string().contains("not tried again by itself"),
            "{error}"
        );
    }
}

#[test]
fn diversified_keys_open_their_card() {
    let data = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    let master = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
    for (name, method) in Diversification::ALL {
        for protocol in ["scp02:15", "scp03:70"].map(|name| name.parse().unwrap()) {
            let reader = Reader::new(&CardConfig {
                issuer: IssuerConfig {
                    protocol,
                    keys: method.derive(&master, &data).unwrap(),
                    key_diversification_data: Some(data),
                    ..IssuerConfig::default()
                },
                ..CardConfig::default()
            });
            let mut keys = given(0, master.clone());
            let mut session = Session::select(reader.clone(), None).unwrap();
            let mut random = Drbg::from_seed(1);
            assert!(
                session
                    .open(&keys, SecurityLevel::C_MAC, &mut random)
                    .is_err(),
                "{name}"
            );
            keys.diversification = Some(method);
            session
                .open(&keys, SecurityLevel::C_MAC, &mut random)
                .unwrap();
            assert!(session.content().is_ok());
        }
    }
}

#[test]
fn implicit_sessions_are_opened_by_their_first_mac() {
    for i in [0x0A, 0x0B, 0x1A, 0x1B, 0x3A] {
        let config = CardConfig {
            issuer: IssuerConfig {
                protocol: Protocol::of(0x02, i).unwrap(),
                ..IssuerConfig::default()
            },
            ..CardConfig::default()
        };
        let reader = Reader::new(&config);
        let mut random = Drbg::from_seed(1);
        for _ in 0..2 {
            let mut session = Session::select(reader.again(), None).unwrap();
            session
                .open(&KeySet::test_keys(), SecurityLevel::C_MAC, &mut random)
                .unwrap();
            assert_eq!(
                (session.protocol(), session.level()),
                (Some(2), Some(SecurityLevel::C_MAC))
            );
            session.content().unwrap();
        }
        // There is no going on at a lower level than was asked for.
        let mut session = Session::select(reader.again(), None).unwrap();
        let error = session
            .open(
                &KeySet::test_keys(),
                SecurityLevel::C_DECRYPTION,
                &mut random,
            )
            .unwrap_err();
        assert!(
            error.to_string().contains("does not offer"),
            "{i:02X}: {error}"
        );
        // Wrong keys: one refusal, and not once more.
        let wrong = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
        let mut session = Session::select(reader.again(), None).unwrap();
        let error = session
            .open(&given(0, wrong), SecurityLevel::C_MAC, &mut random)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("6982") && error.contains("not tried again"),
            "{error}"
        );
        assert_eq!(session.level(), None);
    }
}
