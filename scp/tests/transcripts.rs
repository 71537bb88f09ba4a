//! Published transcripts, replayed through both ends. A mistake that both ends share would cancel out in a
//! test of one against the other; it does not here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use scp::scp03::{
    Challenge, HostOpening, HostSession, InitializeUpdateResponse, SecurityLevel, StaticKeys,
};
use scp::{CardKeySet, CardParameters, CardSession, Protocol};
use se_crypto::Drbg;

#[derive(serde::Deserialize)]
struct File {
    transcript: Vec<Transcript>,
}

#[derive(serde::Deserialize)]
struct Transcript {
    name: String,
    enc: String,
    mac: String,
    dek: String,
    host_challenge: String,
    level: u8,
    initialize_update: [String; 2],
    external_authenticate: String,
    /// Plain command, protected command and, where known, protected response; and where that is known, plain response.
    exchanges: Vec<Vec<String>>,
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn files() -> Vec<Transcript> {
    [
        include_str!("../testdata/scp03-openscp.toml"),
        include_str!("../testdata/scp03-pysim.toml"),
        include_str!("../testdata/scp03-globalplatform.toml"),
    ]
    .into_iter()
    .flat_map(|text| toml::from_str::<File>(text).unwrap().transcript)
    .collect()
}

impl Transcript {
    fn keys(&self) -> StaticKeys {
        StaticKeys::new(&hex(&self.enc), &hex(&self.mac), &hex(&self.dek)).unwrap()
    }

    fn open(&self) -> HostSession {
        let version = hex(&self.initialize_update[0])[2];
        let challenge = Challenge::new(&hex(&self.host_challenge)).unwrap();
        let opening = HostOpening::new(self.keys(), version, challenge);
        assert_eq!(
            hex::encode(opening.command()),
            self.initialize_update[0].to_lowercase(),
            "{}",
            self.name
        );
        let (session, command) = opening
            .answer(&hex(&self.initialize_update[1]), SecurityLevel(self.level))
            .unwrap();
        assert_eq!(
            hex::encode(command),
            self.external_authenticate.to_lowercase(),
            "{}",
            self.name
        );
        session
    }
}

#[test]
fn the_host_end_sends_what_the_transcripts_say() {
    let transcripts = files();
    assert_eq!(transcripts.len(), 21);
    for transcript in transcripts {
        let mut session = transcript.open();
        for exchange in &transcript.exchanges {
            let wrapped = session.wrap(&hex(&exchange[0])).unwrap();
            let place = format!("{}: {}", transcript.name, exchange[0]);
            assert_eq!(hex::encode(wrapped), exchange[1].to_lowercase(), "{place}");
            if let [_, _, protected, plain @ ..] = exchange.as_slice() {
                let unwrapped = session.unwrap(&hex(protected)).expect(&place);
                if let [plain] = plain {
                    assert_eq!(hex::encode(unwrapped), plain.to_lowercase(), "{place}");
                }
            }
        }
    }
}

/// The AIDs of the cards in the transcripts are not published, so that their challenges cannot be made anew: the
/// card end is checked on what it does once its challenge stands, through the host end's own bytes.
#[test]
fn the_card_end_takes_what_the_host_end_sends() {
    for transcript in files() {
        let response = hex(&transcript.initialize_update[1]);
        let response = InitializeUpdateResponse::parse(&response[..response.len() - 2]).unwrap();
        let aid = [0xA0, 0, 0, 1, 0x51, 0, 0, 0];
        let card = CardParameters {
            protocol: Protocol::Scp03(response.parameters),
            key_diversification_data: response.key_diversification_data,
            ..CardParameters::default()
        };
        let mut key_sets = [CardKeySet::new(response.key_version, transcript.keys())];
        let mut random = Drbg::from_seed(0);
        let challenge = Challenge::new(&hex(&transcript.host_challenge)).unwrap();
        let mut session = CardSession::new();
        let opening = HostOpening::new(transcript.keys(), response.key_version, challenge);
        let mut process = |session: &mut CardSession, command: &[u8]| {
            let data = session
                .process(&card, &mut key_sets, &aid, &mut random, command)
                .unwrap();
            [&data[..], &[0x90, 0x00]].concat()
        };
        let answer = process(&mut session, &opening.command());
        let parsed = InitializeUpdateResponse::parse(&answer[..answer.len() - 2]).unwrap();
        assert_eq!(
            parsed.challenge_matches(&transcript.keys(), &aid),
            Some(true)
        );
        assert_eq!(parsed.sequence_counter, Some([0, 0, 1]));
        let (mut host, authenticate) = opening
            .answer(&answer, SecurityLevel(transcript.level))
            .unwrap();
        assert_eq!(process(&mut session, &authenticate), [0x90, 0x00]);
        assert_eq!(session.security_level(), 0x80 | transcript.level);
        for exchange in &transcript.exchanges {
            let plain = hex(&exchange[0]);
            let wrapped = host.wrap(&plain).unwrap();
            assert_eq!(session.unwrap(&wrapped).unwrap(), plain);
            let response = hex(exchange.get(3).map_or("9000", String::as_str));
            let wrapped = session.wrap(&response).unwrap();
            assert_eq!(host.unwrap(&wrapped).unwrap(), response);
        }
    }
}

#[test]
fn wrong_keys_are_told_before_anything_costs_a_try() {
    for transcript in files() {
        let mut mac = hex(&transcript.mac);
        mac[0] ^= 1;
        let keys = StaticKeys::new(&hex(&transcript.enc), &mac, &hex(&transcript.dek)).unwrap();
        let challenge = Challenge::new(&hex(&transcript.host_challenge)).unwrap();
        let error = HostOpening::new(keys, 0, challenge)
            .answer(
                &hex(&transcript.initialize_update[1]),
                SecurityLevel(transcript.level),
            )
            .unwrap_err();
        assert!(error.to_string().contains("no try was lost"), "{error}");
    }
}

#[test]
fn every_changed_bit_of_a_protected_response_is_noticed() {
    for transcript in files().into_iter().filter(|t| t.level & 0x10 != 0) {
        let exchange = &transcript.exchanges[0];
        let protected = hex(&exchange[2]);
        let mut session = transcript.open();
        session.wrap(&hex(&exchange[0])).unwrap();
        for bit in 0..(protected.len() - 2) * 8 {
            let mut changed = protected.clone();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            assert!(session.clone().unwrap(&changed).is_err());
        }
        // A success without its MAC is refused, an error without one is not.
        assert!(session.clone().unwrap(&[0x90, 0x00]).is_err());
        assert_eq!(session.clone().unwrap(&[0x6A, 0x82]).unwrap(), [0x6A, 0x82]);
        assert!(session.clone().unwrap(&[1, 0x6A, 0x82]).is_err());
    }
}
