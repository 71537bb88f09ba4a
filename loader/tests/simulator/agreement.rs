//! SCP11: keys and certificates put on a card, sessions opened with them, scripts for every card with one key.

use std::path::Path;

use card_sim::CardConfig;
use loader::{
    AgreementKeys, AgreementVariant, AuthorityOf, Error, FlashOptions, HostIdentity, KeyReference,
    KeySet, Offline, Plan, PublicKey, SecurityLevel, Session, Transport, Trust,
};
use scp::scp11::{Certificate, CertificateRequest, CurveReference, Date, KeyUsage, PrivateKey};
use se_crypto::Drbg;

use crate::card::Reader;
use crate::echo_cap::echo_cap;
use crate::flash::is_complete;

const AUTHORITY: KeyReference = KeyReference {
    identifier: 0x10,
    version: 0x03,
};

fn certify(key: &PrivateKey, name: &[u8], authority: &[u8], by: &PrivateKey) -> Certificate {
    CertificateRequest {
        serial_number: vec![0x51, 0x52],
        authority: authority.to_vec(),
        subject: name.to_vec(),
        usage: KeyUsage::Agreement,
        expires: Date::new(2099, 12, 31).unwrap(),
        key: key.public().clone(),
    }
    .sign(by)
    .unwrap()
}

/// Authorities, a host, and the key that every card here has for a variant.
struct World {
    cards: PrivateKey,
    hosts: PrivateKey,
    host: PrivateKey,
    card: PrivateKey,
}

impl World {
    fn new(curve: CurveReference) -> Self {
        let mut random = Drbg::from_seed(8);
        let mut key = || PrivateKey::generate(curve, &mut random).unwrap();
        Self {
            cards: key(),
            hosts: key(),
            host: key(),
            card: key(),
        }
    }

    /// A card with its key and its certificates.
    fn reader(&self, variant: AgreementVariant) -> Reader {
        let reader = Reader::new(&CardConfig::default());
        let mut session = reader.again().open_full();
        let key = KeyReference::new(variant.key_identifier(), 0x03);
        session.put_private_key(None, key, &self.card).unwrap();
        let chain = [certify(&self.card, b"cards", b"CA-KLCC", &self.cards)];
        session.store_certificates(key, &chain).unwrap();
        session
            .store_authority(key, AuthorityOf::Cards, b"CA-KLCC")
            .unwrap();
        let hosts = self.hosts.public();
        let public = PublicKey::ec(hosts.curve().identifier(), hosts.point()).unwrap();
        session
            .put_public_key(None, AUTHORITY.version, AUTHORITY.identifier, &public)
            .unwrap();
        session
            .store_authority(AUTHORITY, AuthorityOf::Hosts, b"CA-KLOC")
            .unwrap();
        reader
    }

    fn keys(&self, variant: AgreementVariant) -> AgreementKeys {
        let host = variant.authenticates_host().then(|| HostIdentity {
            key: self.host.clone(),
            chain: vec![certify(&self.host, b"host", b"CA-KLOC", &self.hosts)],
            authority: None,
        });
        let trust = Trust::Authority(self.cards.public().clone());
        AgreementKeys::new(variant, host, trust)
    }
}

fn open(reader: &Reader, keys: AgreementKeys) -> Result<Session<Reader>, Error> {
    let mut session = Session::select(reader.again(), None)?;
    let keys = KeySet::of_agreement(keys);
    session.open(&keys, SecurityLevel::FULL, &mut Drbg::from_seed(6))?;
    Ok(session)
}

#[test]
fn a_card_is_flashed_through_scp11() {
    for (curve, variant) in [
        (CurveReference::P256, AgreementVariant::A),
        (CurveReference::P384, AgreementVariant::A),
        (CurveReference::P256, AgreementVariant::C),
    ] {
        let world = World::new(curve);
        let reader = world.reader(variant);
        let mut session = open(&reader, world.keys(variant)).unwrap();
        assert_eq!(session.protocol(), Some(0x11));
        assert_eq!(session.level(), Some(SecurityLevel::FULL));
        let content = session.content().unwrap();
        let plan = Plan::new(&echo_cap(), &content, &FlashOptions::default()).unwrap();
        plan.run(&mut session, &mut |_| ()).unwrap();
        // The session's own key encrypts new ones.
        let new = loader::StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
        session.put_key(None, 0x31, &new).unwrap();
        assert!(
            session
                .put_private_key(None, AUTHORITY, &world.host)
                .is_err()
        );
        drop(session);
        assert!(is_complete(&reader), "{curve} {variant}");
    }
}

#[test]
fn scp11b_does_not_let_the_host_manage_the_card() {
    let world = World::new(CurveReference::P256);
    let reader = world.reader(AgreementVariant::B);
    let mut session = open(&reader, world.keys(AgreementVariant::B)).unwrap();
    assert!(session.info().unwrap().protocols.contains(&(0x11, 0x02)));
    assert!(session.content().unwrap_err().to_string().contains("6982"));
}

#[test]
fn a_card_that_nobody_vouches_for_is_not_believed() {
    let world = World::new(CurveReference::P256);
    let reader = world.reader(AgreementVariant::A);
    let error = |change: &dyn Fn(&mut AgreementKeys)| {
        let mut keys = world.keys(AgreementVariant::A);
        change(&mut keys);
        open(&reader, keys).err().unwrap().to_string()
    };
    let stranger = PrivateKey::generate(CurveReference::P256, &mut Drbg::from_seed(99)).unwrap();
    let public = stranger.public().clone();
    let text = error(&|keys| keys.trust = Trust::Authority(public.clone()));
    assert!(text.contains("not signed by the authority"), "{text}");
    // A key that is not the card's: its receipt tells.
    let text = error(&|keys| keys.trust = Trust::Key(public.clone()));
    assert!(text.contains("receipt is wrong"), "{text}");
    // A certificate of somebody else's key.
    let text = error(&|keys| keys.host.as_mut().unwrap().key = stranger.clone());
    assert!(
        text.contains("does not belong to its last certificate"),
        "{text}"
    );
    // An authority that the card does not know, asked for and told.
    let forged = certify(&world.host, b"host", b"OTHER", &stranger);
    let text = error(&|keys| keys.host.as_mut().unwrap().chain = vec![forged.clone()]);
    assert!(text.contains(&hex::encode_upper("CA-KLOC")), "{text}");
    let forged = certify(&world.host, b"host", b"CA-KLOC", &stranger);
    let text = error(&|keys| keys.host.as_mut().unwrap().chain = vec![forged.clone()]);
    assert!(text.contains("refused the host's certificates"), "{text}");
    let text = error(&|keys| keys.variant = AgreementVariant::C);
    assert!(
        text.contains("no key 15 for SCP11c; it has 11/03"),
        "{text}"
    );
    let text = error(&|keys| keys.key_version = 0x55);
    assert!(text.contains("no certificate for its key 11/55"), "{text}");
    // All of that has not spoilt the card, and believing everything works.
    let mut keys = world.keys(AgreementVariant::A);
    keys.trust = Trust::Unchecked;
    keys.identifier = Some(b"host".to_vec());
    open(&reader, keys).unwrap();
}

#[test]
fn a_script_of_scp11c_flashes_every_card_with_the_key_again_and_again() {
    let world = World::new(CurveReference::P256);
    let readers = [0, 1].map(|_| world.reader(AgreementVariant::C));
    let content = readers[0].again().open_full().content().unwrap();
    let mut keys = world.keys(AgreementVariant::C);
    let mut random = Drbg::from_seed(21);
    let missing = keys.prepare(SecurityLevel::FULL, &mut random).unwrap_err();
    assert!(missing.to_string().contains("kvn"), "{missing}");
    keys.key_version = 0x03;
    keys.host.as_mut().unwrap().authority = Some(AUTHORITY);
    let missing = keys.prepare(SecurityLevel::FULL, &mut random).unwrap_err();
    assert!(
        missing.to_string().contains("card-certificates"),
        "{missing}"
    );
    keys.card_chain = Some(vec![certify(
        &world.card,
        b"cards",
        b"CA-KLCC",
        &world.cards,
    )]);
    keys.identifier = Some(b"host".to_vec());
    let prepared = keys.prepare(SecurityLevel::FULL, &mut random).unwrap();
    let issuer = [0xA0, 0, 0, 1, 0x51, 0, 0, 0];
    let offline = Offline::agreed(&issuer, prepared);
    let mut session = Session::select(offline, None).unwrap();
    let keys = KeySet::of_agreement(keys);
    session
        .open(&keys, SecurityLevel::FULL, &mut random)
        .unwrap();
    let plan = Plan::new(&echo_cap(), &content, &FlashOptions::default()).unwrap();
    plan.run(&mut session, &mut |_| ()).unwrap();
    let script = session.into_transport().commands;
    assert!(script.iter().all(|command| command[1] != 0xCA));
    for reader in readers {
        let mut card = reader.again();
        for command in &script {
            let answer = card.transmit(command).unwrap();
            assert!(
                answer.ends_with(&[0x90, 0x00]),
                "{command:02X?} {answer:02X?}"
            );
        }
        assert!(is_complete(&reader));
        // Once more up to the first LOAD: the session opens; what it would load is there.
        let mut card = reader.again();
        let refused = script
            .iter()
            .position(|command| !card.transmit(command).unwrap().ends_with(&[0x90, 0x00]));
        let opened = script
            .iter()
            .position(|command| command[1] == 0x82)
            .unwrap();
        assert_eq!(refused, Some(opened + 1));
    }
}

#[test]
fn key_files_name_what_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(CurveReference::P256);
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write(
        "cards.crt",
        certify(&world.cards, b"CA", b"CA", &world.cards).bytes(),
    );
    write(
        "host.crt",
        certify(&world.host, b"host", b"CA-KLOC", &world.hosts).bytes(),
    );
    // PKCS #8 of a key on P-256, without the public key.
    let der = |key: &PrivateKey| {
        let head = "3041020100301306072A8648CE3D020106082A8648CE3D030107042730250201010420";
        [hex::decode(head).unwrap(), key.secret().to_vec()].concat()
    };
    write("host.key", &der(&world.host));
    let read = |text: &str| AgreementKeys::from_toml(text, folder.path());
    let good = "scp = '11a'\nkvn = 3\ncard-ca = 'cards.crt'\nhost-key = 'host.key'\nhost-certificates = 'host.crt'\n";
    let keys = read(good).unwrap().unwrap();
    assert_eq!(
        (keys.variant, keys.key_version, keys.key_length),
        (AgreementVariant::A, 3, 16)
    );
    let mut session = Session::select(world.reader(AgreementVariant::A), None).unwrap();
    let set = KeySet::of_agreement(keys);
    assert!(!set.are_test_keys() && set.plain().is_none() && set.check_values(3).is_err());
    assert!(
        set.to_string()
            .contains("SCP11a with the host's certificate 5152")
    );
    session
        .open(&set, SecurityLevel::FULL, &mut Drbg::from_seed(4))
        .unwrap();
    assert!(
        read("kvn = 1\nkey = '00'").is_none(),
        "a key set is another matter"
    );
    for (change, with, told) in [
        ("11a", "11d", "none of 11a, 11b and 11c"),
        ("kvn = 3", "kvn = 300", "not within"),
        ("card-ca = 'cards.crt'\n", "", "whom to believe"),
        ("'cards.crt'", "'nothing.crt'", "nothing.crt"),
        ("host-key = 'host.key'\n", "", "proves who the host is"),
        (
            "'host.key'",
            "'host.crt'",
            "expected an elliptic curve private key",
        ),
        ("'host.crt'", "'host.key'", "not a certificate"),
        ("kvn = 3", "aes = 64", "AES has 128, 192 and 256"),
        ("kvn = 3", "host-id = 'x'", "not hexadecimal"),
        ("kvn = 3", "authority = '10'", "identifier and version"),
        ("kvn = 3", "enc = '00'", "unknown field"),
        ("11a", "11b", "have no place"),
    ] {
        let text = good.replace(change, with);
        let error = read(&text).unwrap().unwrap_err();
        assert!(error.contains(told), "{with}: {error}");
    }
    assert!(
        AgreementKeys::from_toml("scp = '11b'\ncard-ca = 'unchecked'", Path::new(""))
            .unwrap()
            .is_ok()
    );
}
