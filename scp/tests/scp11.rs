//! SCP11: published transcripts at the host end, one end against the other for every variant, curve and length, and
//! what both refuse.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use scp::scp03::{CardError, HostSession, SecurityLevel};
use scp::scp11::{
    self, AgreementError, Authority, CardEntity, Certificate, CertificateForm, CertificateRequest,
    ChainError, CurveReference, Date, HostOpening, Identity, KeyReference, KeyUsage, PrivateKey,
    PublicKey, Request, SharedIdentity, Variant,
};
use scp::{CardSession, Command};
use se_crypto::Drbg;

const LIST: &str = "80F22000024F00";
const LISTED: &str = "08A00000015141434C010010A0000002202003010101000000000006010010A0000002202003010101000000000011\
                      010005A00000024801009000";

#[derive(serde::Deserialize)]
struct File {
    transcript: Vec<Transcript>,
}

#[derive(serde::Deserialize)]
struct Transcript {
    name: String,
    variant: String,
    key_length: u8,
    s16: bool,
    authority: String,
    store: String,
    certificate: String,
    key: String,
    ephemeral: String,
    certificates: Vec<String>,
    authenticate: [String; 2],
    exchange: [String; 2],
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn transcripts() -> Vec<Transcript> {
    let text = include_str!("../testdata/scp11-openscp.toml");
    toml::from_str::<File>(text).unwrap().transcript
}

impl Transcript {
    fn opening(&self) -> HostOpening {
        let store = scp11::certificates(&hex(&self.store)).unwrap();
        let card = store.last().unwrap().key().clone();
        let variant: Variant = self.variant.parse().unwrap();
        let key = KeyReference::new(variant.key_identifier(), 0x03);
        let mut request = Request::new(variant, key, SecurityLevel::FULL).unwrap();
        request.key_length = self.key_length;
        request.s16 = self.s16;
        let host = PrivateKey::new(card.curve(), &hex(&self.key)).unwrap();
        let ephemeral = PrivateKey::new(card.curve(), &hex(&self.ephemeral)).unwrap();
        HostOpening::with_ephemeral(request, &card, Some(&host), ephemeral).unwrap()
    }
}

#[test]
fn the_host_end_sends_what_the_transcripts_say() {
    let transcripts = transcripts();
    assert_eq!(transcripts.len(), 8);
    let mut curves = Vec::new();
    for transcript in transcripts {
        let name = &transcript.name;
        let chain = scp11::certificates(&hex(&transcript.certificate)).unwrap();
        let [leaf] = chain.as_slice() else {
            panic!("{name}: one certificate")
        };
        assert_eq!(leaf.usage(), KeyUsage::Agreement, "{name}");
        curves.push(leaf.key().curve());
        // The private key belongs to the certificate: the transcript is whole.
        let host = PrivateKey::new(leaf.key().curve(), &hex(&transcript.key)).unwrap();
        assert_eq!(host.public(), leaf.key(), "{name}");
        let sent = scp11::commands(&chain, transcript.authority.parse().unwrap());
        let sent: Vec<String> = sent.iter().map(hex::encode_upper).collect();
        assert_eq!(sent, transcript.certificates, "{name}");
        let opening = transcript.opening();
        let command = opening.command().unwrap();
        assert_eq!(
            hex::encode_upper(command),
            transcript.authenticate[0],
            "{name}"
        );
        let mut session = opening.answer(&hex(&transcript.authenticate[1])).unwrap();
        let wrapped = session.wrap(&hex(LIST)).unwrap();
        assert_eq!(hex::encode_upper(wrapped), transcript.exchange[0], "{name}");
        let plain = session.unwrap(&hex(&transcript.exchange[1])).unwrap();
        assert_eq!(hex::encode_upper(plain), LISTED, "{name}");
    }
    for curve in [
        CurveReference::P256,
        CurveReference::P384,
        CurveReference::BrainpoolP256r1,
    ] {
        assert!(curves.contains(&curve), "{curve}");
    }
}

/// With SCP11c all that the card answers is known beforehand.
#[test]
fn a_prepared_session_is_the_one_that_the_card_opens() {
    let transcripts = transcripts();
    let transcript = transcripts.iter().find(|t| t.variant == "11c").unwrap();
    let mut prepared = transcript.opening().prepare().unwrap();
    prepared.response.extend([0x90, 0x00]);
    assert_eq!(
        hex::encode_upper(&prepared.response),
        transcript.authenticate[1]
    );
    let wrapped = prepared.host.wrap(&hex(LIST)).unwrap();
    assert_eq!(hex::encode_upper(&wrapped), transcript.exchange[0]);
    assert_eq!(prepared.card.unwrap(&wrapped).unwrap(), hex(LIST));
    let answer = prepared.card.wrap(&hex(LISTED)).unwrap();
    assert_eq!(hex::encode_upper(&answer), transcript.exchange[1]);
    let other = transcripts.iter().find(|t| t.variant == "11a").unwrap();
    assert!(matches!(
        other.opening().prepare(),
        Err(AgreementError::Prepare(Variant::A))
    ));
}

#[test]
fn a_receipt_that_is_not_the_cards_is_refused() {
    for transcript in transcripts() {
        let answer = hex(&transcript.authenticate[1]);
        let mut wrong = answer.clone();
        let at = wrong.len() - 3;
        wrong[at] ^= 1;
        let error = transcript.opening().answer(&wrong).unwrap_err();
        assert_eq!(error, AgreementError::Receipt);
        for length in 0..answer.len() - 2 {
            let cut = [&answer[..length], &[0x90, 0x00]].concat();
            let error = transcript.opening().answer(&cut).unwrap_err();
            assert_eq!(error, AgreementError::Answer, "{length}");
        }
        let refused = transcript.opening().answer(&[0x6A, 0x88]).unwrap_err();
        assert_eq!(refused, AgreementError::Refused(0x6A88));
    }
}

#[test]
fn certificates_of_the_transcripts_tell_what_they_say() {
    let transcripts = transcripts();
    let read = |index: usize| {
        let bytes = hex(&transcripts[index].certificate);
        Certificate::parse(&bytes).unwrap()
    };
    let (x509, globalplatform) = (read(0), read(6));
    assert_eq!(x509.form(), CertificateForm::X509);
    assert_eq!(globalplatform.form(), CertificateForm::GlobalPlatform);
    // The same key of the same host, certified twice.
    assert_eq!(x509.key(), globalplatform.key());
    assert_eq!(x509.serial_number(), globalplatform.serial_number());
    assert_eq!(x509.authority(), globalplatform.authority());
    assert_eq!(x509.subject(), globalplatform.subject());
    assert_eq!(x509.expires(), Date::new(2026, 5, 9));
    // Its date is in binary, which the standard does not have.
    assert_eq!(globalplatform.expires(), None);
}

const AUTHORITY: KeyReference = KeyReference {
    identifier: 0x10,
    version: 0x03,
};

/// A card, an authority for hosts with an intermediate, and a host.
struct World {
    random: Drbg,
    card: CardEntity,
    session: CardSession,
    authority: PrivateKey,
    host: PrivateKey,
    chain: Vec<Certificate>,
}

fn certify(subject: &PrivateKey, usage: KeyUsage, serial: u8, by: &PrivateKey) -> Certificate {
    CertificateRequest {
        serial_number: vec![serial],
        authority: b"CA-KLOC".to_vec(),
        subject: vec![0x50, serial],
        usage,
        expires: Date::new(2099, 12, 31).unwrap(),
        key: subject.public().clone(),
    }
    .sign(by)
    .unwrap()
}

impl World {
    fn new(curve: CurveReference, intermediates: u8) -> Self {
        let mut random = Drbg::from_seed(curve as u64);
        let mut key = || PrivateKey::generate(curve, &mut random).unwrap();
        let authority = key();
        let host = key();
        let card = CardEntity {
            keys: Variant::ALL
                .map(|variant| (KeyReference::new(variant.key_identifier(), 0x03), key()))
                .to_vec(),
            authorities: vec![Authority {
                reference: AUTHORITY,
                key: authority.public().clone(),
                identifier: Some(b"CA-KLOC".to_vec()),
                allowed: None,
            }],
            image_number: vec![0xC1; 8],
            provider: vec![0xB2; 4],
            group: b"group".to_vec(),
            s16: false,
        };
        let mut chain = Vec::new();
        let mut by = authority.clone();
        for serial in 0..intermediates {
            let next = key();
            chain.push(certify(&next, KeyUsage::Verification, serial, &by));
            by = next;
        }
        chain.push(certify(&host, KeyUsage::Agreement, 0x77, &by));
        Self {
            random,
            card,
            session: CardSession::new(),
            authority,
            host,
            chain,
        }
    }

    fn process(&mut self, command: &[u8]) -> Result<Vec<u8>, CardError> {
        assert!(CardSession::handles_agreement(command));
        self.session
            .process_agreement(&self.card, &mut self.random, command)
    }

    fn request(variant: Variant) -> Request {
        let key = KeyReference::new(variant.key_identifier(), 0x03);
        Request::new(variant, key, SecurityLevel::FULL).unwrap()
    }

    fn card_key(&self, variant: Variant) -> PublicKey {
        let keys = self.card.keys.iter();
        let mut of_variant = keys.filter(|(key, _)| key.identifier == variant.key_identifier());
        of_variant.next().unwrap().1.public().clone()
    }

    fn opening(&mut self, request: Request) -> HostOpening {
        let host = request
            .variant
            .authenticates_host()
            .then(|| self.host.clone());
        let card = self.card_key(request.variant);
        HostOpening::new(request, &card, host.as_ref(), &mut self.random).unwrap()
    }

    fn certify(&mut self) -> Result<(), CardError> {
        for command in scp11::commands(&self.chain.clone(), AUTHORITY) {
            self.process(&command)?;
        }
        Ok(())
    }

    fn open(&mut self, request: Request) -> Result<HostSession, CardError> {
        if request.variant.authenticates_host() {
            self.certify()?;
        }
        let opening = self.opening(request);
        let mut answer = self.process(&opening.command().unwrap())?;
        answer.extend([0x90, 0x00]);
        Ok(opening.answer(&answer).unwrap())
    }
}

#[test]
fn both_ends_agree_for_every_variant_curve_length_and_mode() {
    for curve in CurveReference::ALL {
        for variant in Variant::ALL {
            for (key_length, level, s16, with_identity) in [
                (16, SecurityLevel::FULL, false, false),
                (24, SecurityLevel::C_MAC_R_MAC, true, true),
                (32, SecurityLevel::FULL, true, true),
            ] {
                let mut world = World::new(curve, 2);
                world.card.s16 = s16;
                let card = match variant {
                    Variant::C => SharedIdentity::Group(world.card.group.clone()),
                    _ => SharedIdentity::Card {
                        image_number: world.card.image_number.clone(),
                        provider: world.card.provider.clone(),
                    },
                };
                let request = Request {
                    key_length,
                    level,
                    s16,
                    identity: with_identity.then(|| Identity {
                        host: b"host".to_vec(),
                        card,
                    }),
                    ..World::request(variant)
                };
                let mut host = world.open(request).unwrap();
                let authenticated = if variant == Variant::B { 0 } else { 0x80 };
                assert_eq!(world.session.security_level(), authenticated | level.0);
                for command in ["80F28000024F0000", "80E4000000"] {
                    let command = hex(command);
                    let wrapped = host.wrap(&command).unwrap();
                    assert_eq!(world.session.unwrap(&wrapped).unwrap(), command);
                    let response = hex("01020304059000");
                    let wrapped = world.session.wrap(&response).unwrap();
                    assert_eq!(host.unwrap(&wrapped).unwrap(), response);
                }
                let mut key = [7; 16];
                host.encrypt_sensitive(&mut key).unwrap();
                assert_eq!(world.session.decrypt_data(&key).unwrap(), [7; 16]);
            }
        }
    }
}

#[test]
fn identities_that_differ_give_other_keys() {
    let mut world = World::new(CurveReference::P256, 0);
    let identity = |image_number: &[u8]| Identity {
        host: b"host".to_vec(),
        card: SharedIdentity::Card {
            image_number: image_number.to_vec(),
            provider: vec![0xB2; 4],
        },
    };
    let request = Request {
        identity: Some(identity(&[0xC2; 8])),
        ..World::request(Variant::B)
    };
    let opening = world.opening(request);
    let mut answer = world.process(&opening.command().unwrap()).unwrap();
    answer.extend([0x90, 0x00]);
    assert_eq!(
        opening.answer(&answer).unwrap_err(),
        AgreementError::Receipt
    );
}

#[test]
fn a_host_without_certificate_opens_nothing_that_authenticates_it() {
    for variant in [Variant::A, Variant::C] {
        let mut world = World::new(CurveReference::P256, 0);
        let opening = world.opening(World::request(variant));
        let refused = world.process(&opening.command().unwrap());
        assert_eq!(refused, Err(CardError::Conditions));
        assert_eq!(world.session.security_level(), 0);
        // Another host's certificate does not help: its key is not ours.
        world.certify().unwrap();
        world.host = PrivateKey::generate(CurveReference::P256, &mut world.random).unwrap();
        let opening = world.opening(World::request(variant));
        let mut answer = world.process(&opening.command().unwrap()).unwrap();
        answer.extend([0x90, 0x00]);
        assert_eq!(
            opening.answer(&answer).unwrap_err(),
            AgreementError::Receipt
        );
    }
}

#[test]
fn chains_that_do_not_lead_to_the_key_are_refused_by_both_ends() {
    let mut world = World::new(CurveReference::P256, 2);
    let root = world.authority.public().clone();
    assert_eq!(
        scp11::verify_chain(&world.chain, &root).unwrap(),
        world.host.public()
    );
    assert_eq!(
        scp11::verify_chain(&[], &root).unwrap_err(),
        ChainError::Empty
    );
    // The order turned round, one left out, one of a stranger.
    let good = world.chain.clone();
    let stranger = PrivateKey::generate(CurveReference::P256, &mut world.random).unwrap();
    let forged = certify(&world.host, KeyUsage::Agreement, 9, &stranger);
    let chains = [
        vec![good[1].clone(), good[0].clone(), good[2].clone()],
        vec![good[0].clone(), good[2].clone()],
        vec![good[0].clone(), good[1].clone(), forged],
        // An intermediate is no host, and a host no intermediate.
        good[..2].to_vec(),
    ];
    for (index, chain) in chains.into_iter().enumerate() {
        assert!(scp11::verify_chain(&chain, &root).is_err(), "{index}");
        world.chain = chain;
        world.session.reset();
        let refused = world.certify().unwrap_err();
        let expected = [CardError::Certificate, CardError::Data];
        assert!(expected.contains(&refused), "{index}: {refused}");
        let opening = world.opening(World::request(Variant::A));
        let command = opening.command().unwrap();
        assert_eq!(world.process(&command), Err(CardError::Conditions));
    }
}

#[test]
fn only_listed_serial_numbers_are_taken() {
    let mut world = World::new(CurveReference::P256, 0);
    world.card.authorities[0].allowed = Some(vec![vec![0x76]]);
    assert_eq!(world.certify(), Err(CardError::Certificate));
    world.card.authorities[0].allowed = Some(vec![vec![0x76], vec![0x77]]);
    assert_eq!(world.certify(), Ok(()));
    world.card.authorities[0].identifier = Some(b"other".to_vec());
    assert_eq!(world.certify(), Err(CardError::KeyVersion));
}

#[test]
fn commands_that_the_standard_does_not_have_are_refused() {
    let mut world = World::new(CurveReference::P256, 0);
    let command = world.opening(World::request(Variant::B)).command().unwrap();
    let parsed = Command::parse(&command).unwrap();
    let mut try_it = |change: &dyn Fn(&mut Command)| {
        let mut command = parsed.clone();
        change(&mut command);
        let bytes = command.to_bytes().unwrap();
        world
            .session
            .process_agreement(&world.card, &mut world.random, &bytes)
            .unwrap_err()
    };
    assert_eq!(try_it(&|c| c.cla = 0x84), CardError::Class);
    assert_eq!(try_it(&|c| c.ins = 0x82), CardError::Parameters);
    assert_eq!(try_it(&|c| c.p2 = 0x14), CardError::Parameters);
    assert_eq!(try_it(&|c| c.p1 = 0x55), CardError::KeyVersion);
    // The parameter of SCP11a with the key of SCP11b; RC4 for AES; keys of 8 bytes; a point on no curve.
    assert_eq!(try_it(&|c| c.data[5] = 0x01), CardError::Data);
    assert_eq!(try_it(&|c| c.data[8] = 0x3D), CardError::Data);
    assert_eq!(try_it(&|c| c.data[11] = 0x80), CardError::Data);
    assert_eq!(try_it(&|c| c.data[14] = 0x08), CardError::Data);
    assert_eq!(try_it(&|c| c.data[30] ^= 1), CardError::Data);
    assert_eq!(try_it(&|c| c.data.truncate(20)), CardError::Data);
}

#[test]
fn the_host_says_what_it_cannot_do() {
    let key = KeyReference::new(0x11, 1);
    for level in [SecurityLevel::NONE, SecurityLevel::C_DECRYPTION] {
        let error = Request::new(Variant::A, key, level).unwrap_err();
        assert!(error.to_string().contains("11 (MACs) or 33"), "{error}");
    }
    assert!(matches!(
        Request::new(Variant::B, key, SecurityLevel::FULL),
        Err(AgreementError::Identifier { .. })
    ));
    let mut random = Drbg::from_seed(3);
    let card = PrivateKey::generate(CurveReference::P256, &mut random).unwrap();
    let other = PrivateKey::generate(CurveReference::P384, &mut random).unwrap();
    let mut open = |request: Request, host: Option<&PrivateKey>| {
        HostOpening::new(request, card.public(), host, &mut random).unwrap_err()
    };
    let error = open(World::request(Variant::A), None);
    assert!(error.to_string().contains("needs the host's private key"));
    let error = open(World::request(Variant::B), Some(&other));
    assert!(error.to_string().contains("uses no key of the host"));
    let error = open(World::request(Variant::A), Some(&other));
    assert!(error.to_string().contains("on P-384, the card's on P-256"));
    let short = Request {
        key_length: 8,
        ..World::request(Variant::B)
    };
    assert_eq!(open(short, None), AgreementError::KeyLength(8));
    assert_eq!(format!("{card:?}"), "PrivateKey(P-256, redacted)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Neither end panics, whatever comes.
    #[test]
    fn hostile_bytes_are_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        cut in 0_usize..700,
        flip in (0_usize..700, any::<u8>()),
    ) {
        let _ = scp11::certificates(&bytes);
        let mut headed = vec![0x7F, 0x21, 0x82, 0x01, 0x00];
        headed.extend_from_slice(&bytes);
        let _ = Certificate::parse(&headed);
        for transcript in [0, 6] {
            let mut certificate = hex(&transcripts()[transcript].certificate);
            if let Some(byte) = certificate.get_mut(flip.0) {
                *byte ^= flip.1;
            }
            certificate.truncate(cut.max(1));
            let _ = scp11::certificates(&certificate);
        }
        let mut world = World::new(CurveReference::P256, 0);
        let mut command = vec![0x80, bytes.first().map_or(0x2A, |byte| [0x2A, 0x82, 0x88][usize::from(*byte) % 3])];
        command.extend_from_slice(&bytes);
        let _ = world.session.process_agreement(&world.card, &mut world.random, &command);
    }
}

/// A chain is valid from the first to the last day of each of its certificates, and not a day more.
#[test]
fn dates_of_a_chain() {
    let text = include_str!("../testdata/scp11-openscp.toml");
    let all = toml::from_str::<File>(text).unwrap().transcript;
    let chain = scp11::certificates(&hex(&all[0].certificate)).unwrap();
    let (begins, expires) = (chain[0].begins().unwrap(), chain[0].expires().unwrap());
    assert!(begins < expires, "{begins} {expires}");
    for good in [begins, expires] {
        scp11::check_dates(&chain, good).unwrap();
    }
    let after = Date::new(2199, 1, 1).unwrap();
    let error = scp11::check_dates(&chain, after).unwrap_err().to_string();
    assert!(
        error.contains(&format!("was valid until {expires}")) && error.contains("2199-01-01"),
        "{error}"
    );
    let before = Date::new(1999, 12, 31).unwrap();
    let error = scp11::check_dates(&chain, before).unwrap_err().to_string();
    assert!(
        error.contains(&format!("is valid from {begins}")),
        "{error}"
    );
    for (year, month, day) in [(2026, 13, 1), (2026, 0, 1), (2026, 1, 32), (10_000, 1, 1)] {
        assert_eq!(Date::new(year, month, day), None);
    }
    assert_eq!(Date::of_digits([0x20, 0x2A, 0x01, 0x01]), None);
}
