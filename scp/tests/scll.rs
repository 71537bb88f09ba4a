//! A foreign peer: the host end of `scll`, written by others, against our card end, and byte by byte beside our host end.
//! What both ends of ours might get wrong alike, this one does not share.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use rand_core_0_6::{CryptoRng, Error, RngCore};
use scll::backend::{KeyBackend, KeyKind};
use scll::backend_rustcrypto::RustCryptoBackend;
use scll::scp::{scp02, scp03};
use scp::scp03::{Challenge, HostOpening, Parameters, SecurityLevel, StaticKeys};
use scp::{CardKeySet, CardParameters, CardSession, Protocol};
use se_crypto::Drbg;

const AID: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];

/// Nothing below draws random numbers.
struct NoRandom;

impl RngCore for NoRandom {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(0);
        Ok(())
    }
}

impl CryptoRng for NoRandom {}

fn channel() -> impl Strategy<Value = (u8, SecurityLevel)> {
    // Level 00 is nothing that scll opens.
    let channels: Vec<_> = [0x00, 0x10, 0x20, 0x30, 0x60, 0x70, 0x08, 0x78]
        .into_iter()
        .flat_map(|i| SecurityLevel::ALL.map(|level| (i, level)))
        .filter(|(i, level)| Parameters(*i).offers(*level) && *level != SecurityLevel::NONE)
        .collect();
    prop::sample::select(channels)
}

/// An INITIALIZE UPDATE as it is compared: whether Le is there, is each host's own choice.
fn without_le(command: &[u8]) -> &[u8] {
    let end = 5 + usize::from(command[4]);
    &command[..end]
}

fn with_success(answer: &[u8]) -> Vec<u8> {
    [answer, &[0x90, 0x00]].concat()
}

fn kind(length: usize) -> KeyKind {
    match length {
        16 => KeyKind::Aes128,
        24 => KeyKind::Aes192,
        _ => KeyKind::Aes256,
    }
}

proptest! {
    #[test]
    fn scll_talks_to_our_card(
        length in prop::sample::select(vec![16_usize, 24, 32]),
        material in any::<[[u8; 32]; 3]>(),
        challenge in any::<[u8; 16]>(),
        (i, level) in channel(),
        exchanges in prop::collection::vec(
            (
                any::<[u8; 3]>(),
                prop::collection::vec(any::<u8>(), 0..200),
                prop::collection::vec(any::<u8>(), 0..200),
            ),
            1..5,
        ),
    ) {
        let [enc, mac, dek] = material.each_ref().map(|key| &key[..length]);
        let own = StaticKeys::new(enc, mac, dek).unwrap();
        let mut key_sets = [CardKeySet::new(0x30, own.clone())];
        let card = CardParameters {
            protocol: Protocol::Scp03(Parameters(i)),
            ..CardParameters::default()
        };
        let mut session = CardSession::new();
        let mut random = Drbg::from_seed(9);
        let mut process = |session: &mut CardSession, command: &[u8]| {
            session.process(&card, &mut key_sets, AID, &mut random, command)
        };

        let backend = RustCryptoBackend::new(NoRandom);
        let enc = backend.import_key(kind(length), enc).unwrap();
        let mac = backend.import_key(kind(length), mac).unwrap();
        let challenge = &challenge[..Parameters(i).length()];
        let command = scp03::iu_command(0x30, challenge).unwrap();
        let answer = process(&mut session, &command).unwrap();
        let (mut host, authenticate) =
            scp03::begin(&backend, &enc, &mac, 0x30, level.0, challenge, AID, &answer).unwrap();
        let opening = HostOpening::new(own, 0x30, Challenge::new(challenge).unwrap());
        let own_command = opening.command();
        prop_assert_eq!(without_le(&own_command), without_le(&command));
        let (mut ours, proof) = opening.answer(&with_success(&answer), level).unwrap();
        prop_assert_eq!(&proof[..], &authenticate[..]);
        prop_assert_eq!(process(&mut session, &authenticate), Ok(vec![]));
        prop_assert_eq!(session.security_level(), 0x80 | level.0);

        for (header, data, response) in exchanges {
            let mut command = [&[0x80][..], &header].concat();
            if !data.is_empty() {
                command.push(u8::try_from(data.len()).unwrap());
                command.extend(data);
            }
            let wrapped = host.wrap_command(&backend, &command).unwrap();
            prop_assert_eq!(&ours.wrap(&command).unwrap()[..], &wrapped[..]);
            prop_assert_eq!(session.unwrap(&wrapped).unwrap(), command);
            let response = [&response[..], &[0x90, 0x00]].concat();
            let wrapped = session.wrap(&response).unwrap();
            prop_assert_eq!(ours.unwrap(&wrapped).unwrap(), response.clone());
            let unwrapped = host.unwrap_response(&backend, &wrapped).unwrap();
            // It may give the response with its status word or without.
            prop_assert!(
                unwrapped[..] == response[..] || unwrapped[..] == response[..response.len() - 2]
            );
        }
    }
}

proptest! {
    #[test]
    fn scll_talks_scp02_to_our_card(
        material in any::<[[u8; 16]; 3]>(),
        challenge in any::<[u8; 8]>(),
        (i, level) in prop::sample::select(vec![
            (0x15_u8, SecurityLevel::C_MAC),
            (0x15, SecurityLevel::C_DECRYPTION),
            (0x55, SecurityLevel::C_MAC),
            (0x55, SecurityLevel::C_DECRYPTION),
            (0x35, SecurityLevel::C_DECRYPTION_R_MAC),
            (0x75, SecurityLevel::C_DECRYPTION_R_MAC),
        ]),
        commands in prop::collection::vec(
            (
                any::<[u8; 3]>(),
                prop::collection::vec(any::<u8>(), 0..200),
                prop::collection::vec(any::<u8>(), 0..200),
            ),
            1..5,
        ),
    ) {
        use scp::scp02::{Parameters, StaticKeys};

        let [enc, mac, dek] = &material;
        let own = StaticKeys::new(enc, mac, dek).unwrap();
        let mut key_sets = [CardKeySet {
            sequence_counter: 5,
            ..CardKeySet::new(0x20, own.clone())
        }];
        let card = CardParameters {
            protocol: Protocol::Scp02(Parameters(i)),
            key_diversification_data: [0; 10],
..CardParameters::default()
};
        let mut session = CardSession::new();
        let mut random = Drbg::from_seed(9);
        let mut process = |session: &mut CardSession, command: &[u8]| {
            session.process(&card, &mut key_sets, AID, &mut random, command)
        };

        let backend = RustCryptoBackend::new(NoRandom);
        let [enc, mac, dek] =
            [enc, mac, dek].map(|key| backend.import_key(KeyKind::TripleDesDouble, key).unwrap());
        let command = scp02::iu_command(0x20, 0, &challenge).unwrap();
        let answer = process(&mut session, &command).unwrap();
        let (mut host, authenticate) =
            scp02::begin(
                &backend, &enc, &mac, &dek,
                // It takes every i of 15 and 55 for one with R-MAC.
                i & !0x20,
                0x20, level.0, &challenge, &answer,
            ).unwrap();
        let opening = scp::scp02::HostOpening::new(own, 0x20, challenge, Parameters(i));
        let own_command = opening.command();
        prop_assert_eq!(without_le(&own_command), without_le(&command));
        let (mut ours, proof) = opening.answer(&with_success(&answer), level).unwrap();
        prop_assert_eq!(&proof[..], &authenticate[..]);
        prop_assert_eq!(process(&mut session, &authenticate), Ok(vec![]));
        for (header, data, response) in commands {
            let mut command = [&[0x80][..], &header].concat();
            if !data.is_empty() {
                command.push(u8::try_from(data.len()).unwrap());
                command.extend(data);
            }
            let wrapped = host.wrap_command(&backend, &command).unwrap();
            prop_assert_eq!(&ours.wrap(&command).unwrap()[..], &wrapped[..]);
            prop_assert_eq!(session.unwrap(&wrapped).unwrap(), command);
            let response = [&response[..], &[0x90, 0x00]].concat();
            let wrapped = session.wrap(&response).unwrap();
            prop_assert_eq!(ours.unwrap(&wrapped).unwrap(), response.clone());
            prop_assert_eq!(wrapped.len(), response.len() + if level.has_r_mac() { 8 } else { 0 });
            let unwrapped = host.unwrap_response(&backend, &wrapped).unwrap();
            prop_assert!(
                unwrapped[..] == response[..] || unwrapped[..] == response[..response.len() - 2]
            );
        }
    }
}
