//! SCP11: keys and certificates come by PUT KEY and STORE DATA, sessions are opened with them.

use scp::scp03::StaticKeys;
use scp::scp03::{HostSession, SecurityLevel};
use scp::scp11::{
    self, Certificate, CertificateRequest, CurveReference, Date, HostOpening, KeyReference,
    KeyUsage, PrivateKey, Request, Variant,
};
use se_crypto::Drbg;

use super::keys::put;
use super::{Host, hex, opened};
use crate::gp::tlv::object;

/// A card with keys for every variant, certificates of them, and an authority for hosts.
struct World {
    host: Host,
    random: Drbg,
    /// The authority for cards.
    authority: PrivateKey,
    key: PrivateKey,
    chain: Vec<Certificate>,
}

const AUTHORITY: KeyReference = KeyReference {
    identifier: 0x10,
    version: 0x03,
};

fn certify(key: &PrivateKey, subject: &[u8], authority: &[u8], by: &PrivateKey) -> Certificate {
    CertificateRequest {
        serial_number: vec![1, 2, 3],
        authority: authority.to_vec(),
        subject: subject.to_vec(),
        usage: KeyUsage::Agreement,
        expires: Date::new(2099, 12, 31).unwrap(),
        key: key.public().clone(),
    }
    .sign(by)
    .unwrap()
}

fn private(key: &PrivateKey) -> Vec<u8> {
    let mut secret = key.secret().to_vec();
    let length = secret.len();
    secret.resize(length.next_multiple_of(16), 0);
    StaticKeys::test_keys()
        .encrypt_sensitive(&mut secret)
        .unwrap();
    // Where it was padded, its length stands before it.
    if secret.len() != length {
        secret.insert(0, u8::try_from(length).unwrap());
    }
    let curve = [0xF0, 1, key.curve() as u8, 0];
    [object(0xB1, &secret), curve.to_vec()].concat()
}

fn store(host: &mut Host, data: &[u8]) -> String {
    let mut status = String::new();
    let blocks: Vec<&[u8]> = data.chunks(200).collect();
    for (number, block) in blocks.iter().enumerate() {
        let p1 = if number + 1 == blocks.len() {
            0x90
        } else {
            0x10
        };
        let length = block.len();
        let block = hex::encode(block);
        status = host.send(&format!("80E2{p1:02X}{number:02X}{length:02X}{block}"));
    }
    status
}

fn reference(key: KeyReference) -> Vec<u8> {
    object(0xA6, &object(0x83, &[key.identifier, key.version]))
}

impl World {
    fn new(curve: CurveReference) -> Self {
        let mut random = Drbg::from_seed(11);
        let mut key = || PrivateKey::generate(curve, &mut random).unwrap();
        let (authority, for_hosts, own) = (key(), key(), key());
        let mut host = opened();
        for variant in Variant::ALL {
            let card = key();
            let id = variant.key_identifier();
            let data = [&[0x03][..], &private(&card)].concat();
            assert_eq!(host.send(&put(0, id, &data)), "039000");
            let certificate = certify(&card, b"card", b"CA-KLCC", &authority);
            let reference = reference(KeyReference::new(id, 0x03));
            let certificates = object(0xBF21, certificate.bytes());
            let data = [reference, certificates].concat();
            assert_eq!(store(&mut host, &data), "9000");
        }
        let point = object(0xB0, for_hosts.public().point());
        let data = [&[0x03][..], &point, &[0xF0, 1, curve as u8, 0]].concat();
        assert_eq!(host.send(&put(0, 0x10, &data)), "039000");
        let data = [
            object(0x80, &[0]),
            object(0x42, b"CA-KLOC"),
            object(0x83, &[0x10, 0x03]),
        ];
        assert_eq!(store(&mut host, &object(0xA6, &data.concat())), "9000");
        host.session = None;
        host.raw("00A4040000");
        Self {
            chain: vec![certify(&own, b"host", b"CA-KLOC", &for_hosts)],
            host,
            random,
            authority,
            key: own,
        }
    }

    fn raw(&mut self, command: &[u8]) -> Vec<u8> {
        self.host.manager.process(&mut self.host.runtime, command)
    }

    /// The certificate store of a key, fetched piece by piece.
    fn card(&mut self, variant: Variant) -> Vec<Certificate> {
        let id = variant.key_identifier();
        let mut response = self.raw(&hex(&format!("00CABF2106A6048302{id:02X}0300")));
        while let [.., 0x61, more] = *response.as_slice() {
            response.truncate(response.len() - 2);
            let part = self.raw(&[0x00, 0xC0, 0x00, 0x00, more]);
            response.extend(part);
        }
        assert_eq!(response.split_off(response.len() - 2), [0x90, 0x00]);
        let chain = scp11::certificates(&response).unwrap();
        scp11::verify_chain(&chain, self.authority.public()).unwrap();
        chain
    }

    fn open(&mut self, variant: Variant) -> Result<HostSession, String> {
        let card = self.card(variant).pop().unwrap();
        let key = KeyReference::new(variant.key_identifier(), 0x03);
        let request = Request::new(variant, key, SecurityLevel::FULL).unwrap();
        let host = variant.authenticates_host().then(|| self.key.clone());
        if host.is_some() {
            for command in scp11::commands(&self.chain.clone(), AUTHORITY) {
                let answer = self.raw(&command);
                if answer != [0x90, 0x00] {
                    return Err(hex::encode_upper(answer));
                }
            }
        }
        let opening =
            HostOpening::new(request, card.key(), host.as_ref(), &mut self.random).unwrap();
        let answer = self.raw(&opening.command().unwrap());
        opening.answer(&answer).map_err(|error| error.to_string())
    }
}

#[test]
fn every_variant_opens_a_session() {
    for curve in [CurveReference::P256, CurveReference::P521] {
        for variant in Variant::ALL {
            let mut world = World::new(curve);
            world.host.session = Some(world.open(variant).unwrap());
            // Who has not said who he is reads public data, and manages nothing.
            assert!(world.host.send("80CA006600").ends_with("9000"));
            let listing = world.host.send("80F28002024F0000");
            if variant == Variant::B {
                assert_eq!(listing, "6982");
                continue;
            }
            assert!(listing.ends_with("9000"), "{listing}");
            // The session's own key encrypts sensitive data.
            let mut key = [0x5A; 16];
            let session = world.host.session.as_ref().unwrap();
            session.encrypt_sensitive(&mut key).unwrap();
            let check = scp::scp03::key_check_value(&[0x5A; 16]).unwrap();
            let part = [&[0x88, 17, 16][..], &key, &[3], &check].concat();
            let data = [&[0x31][..], &part, &part, &part].concat();
            let answer = world.host.send(&put(0, 0x81, &data));
            assert!(
                answer.starts_with("31") && answer.ends_with("9000"),
                "{answer}"
            );
        }
    }
}

#[test]
fn a_card_tells_what_it_speaks() {
    let mut host = opened();
    assert_eq!(host.send("80CABF2106A6048302110300"), "6A88");
    assert_eq!(host.send("80CAFF3300"), "6A88");
    // Without keys the commands of SCP11 are none.
    host.raw("00A4040000");
    assert_eq!(host.raw("80880113020102"), "6D00");
    let mut world = World::new(CurveReference::P256);
    let recognition = world.host.raw("80CA006600");
    assert!(recognition.contains("640B06092A864886FC6B040370"));
    assert!(recognition.contains("640B06092A864886FC6B041107"));
    assert_eq!(
        world.host.raw("80CAFF3300"),
        "FF330D420743412D4B4C4F438302 1003 9000".replace(' ', "")
    );
    let keys = world.host.raw("80CA00E000");
    for id in ["11", "13", "15"] {
        assert!(keys.contains(&format!("C006{id}03B120F001")), "{keys}");
    }
}

#[test]
fn lists_of_serial_numbers_limit_who_comes_in() {
    let mut world = World::new(CurveReference::P256);
    let reference = reference(AUTHORITY);
    let list = |counter: u8, serial: &[u8]| {
        [
            reference.clone(),
            object(0x92, &[0, counter]),
            object(0x70, &object(0x93, serial)),
        ]
        .concat()
    };
    let administer = |world: &mut World, data: &[u8], status: &str| {
        world.host.raw("00A4040000");
        world
            .host
            .open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
        assert_eq!(store(&mut world.host, data), status);
        world.host.raw("00A4040000");
    };
    administer(&mut world, &list(1, &[9]), "9000");
    assert_eq!(world.open(Variant::A).unwrap_err(), "6640");
    administer(&mut world, &list(2, &[1, 2, 3]), "9000");
    world.open(Variant::A).unwrap();
    // An older list does not come back, and no list is no limit.
    administer(&mut world, &list(1, &[9]), "6A80");
    administer(&mut world, &list(3, &[9]), "9000");
    let none = [reference.clone(), object(0x70, &[])].concat();
    administer(&mut world, &none, "9000");
    world.open(Variant::C).unwrap();
    // With its key goes what belongs to it.
    world
        .host
        .open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
    assert!(world.host.send("80E4000006D00111D20103").ends_with("9000"));
    assert_eq!(world.host.send("80CABF2106A6048302110300"), "6A88");
}

#[test]
fn what_belongs_to_keys_survives_an_image() {
    let mut world = World::new(CurveReference::P256);
    let image = serde_json::to_vec(&world.host.manager).unwrap();
    world.host.manager = serde_json::from_slice(&image).unwrap();
    world.host.manager.reset(&mut world.host.runtime);
    world.open(Variant::A).unwrap();
    for wrong in [
        "A604830211",
        "A6048302110370",
        "A6048302110370029301",
        "A60483021103BF21023000",
        "A6078001024201AA830210",
    ] {
        world.host.raw("00A4040000");
        world
            .host
            .open(StaticKeys::test_keys(), 0x30, SecurityLevel::FULL);
        let answer = store(&mut world.host, &hex(wrong));
        assert_eq!(answer, "6A80", "{wrong}");
    }
}
