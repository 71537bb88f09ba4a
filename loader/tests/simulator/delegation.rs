//! DAP verification, tokens and receipts: what a card asks for before it lets others than its issuer load.

use card_sim::CardConfig;
use loader::{KeySet, SecurityLevel, Session, StaticKeys};
use scp::scp02;
use scp::scp03::key_check_value;
use se_crypto::{AesKey, DesKey, Drbg, Hash, P256Key, RsaKey};

use crate::card::Reader;
use crate::content::aid;
use crate::echo_cap::{FIRST, PACKAGE, SECOND, echo_cap};

const ISSUER: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00];
const DOMAIN: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x53, 0x44];
const OTHER: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x53, 0x45];
const DOMAIN_PACKAGE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50];
const DOMAIN_MODULE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41];

/// A key that signs, and the same as the card gets it.
enum Signer {
    Rsa(Box<RsaKey>),
    Ec(P256Key),
    Des([u8; 16]),
    Aes([u8; 16]),
}

impl Signer {
    fn all() -> [Self; 4] {
        let mut random = Drbg::from_seed(77);
        [
            Self::Rsa(Box::new(RsaKey::generate(&mut random, 1024).unwrap())),
            Self::Ec(P256Key::generate(&mut random)),
            Self::Des([0x5D; 16]),
            Self::Aes([0xAE; 16]),
        ]
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let digest = Hash::Sha1.digest(&[data]);
                key.sign_digest(Hash::Sha1, &digest).unwrap()
            }
            Self::Ec(key) => key
                .sign_digest(&Hash::Sha256.digest(&[data]))
                .unwrap()
                .to_vec(),
            Self::Des(key) => mac(key, data),
            Self::Aes(key) => AesKey::new(key).unwrap().cmac(&[data]).to_vec(),
        }
    }

    /// The key data of PUT KEY.
    fn key_data(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let public = key.public_key().unwrap();
                let (modulus, exponent) = (public.modulus(), public.exponent());
                let mut data = vec![0xA1, 0x81, 0x80];
                data.extend(modulus);
                data.extend([0xA0, u8::try_from(exponent.len()).unwrap()]);
                data.extend(exponent);
                data.push(0);
                data
            }
            Self::Ec(key) => [&[0xB0, 65][..], &key.public(), &[0xF0, 1, 0, 0]].concat(),
            Self::Des(key) => secret(&[0x80, 16], key, scp02::key_check_value(key).unwrap()),
            Self::Aes(key) => secret(&[0x88, 17, 16], key, key_check_value(key).unwrap()),
        }
    }
}

/// Single DES with a final triple DES over padded data.
fn mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut padded = [data, &[0x80]].concat();
    padded.resize(padded.len().next_multiple_of(8), 0);
    let key = DesKey::new(key).unwrap();
    key.retail_mac(&[0; 8], &padded).unwrap().to_vec()
}

/// A key encrypted under the test keys' DEK.
fn secret(head: &[u8], key: &[u8], check: [u8; 3]) -> Vec<u8> {
    let mut hidden = key.to_vec();
    StaticKeys::test_keys()
        .encrypt_sensitive(&mut hidden)
        .unwrap();
    [head, &hidden, &[3], &check].concat()
}

/// A length in BER.
fn length(length: usize) -> Vec<u8> {
    match length {
        0..=0x7F => vec![u8::try_from(length).unwrap()],
        0x80..=0xFF => vec![0x81, u8::try_from(length).unwrap()],
        _ => [&[0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    }
}

fn fields(fields: &[&[u8]]) -> Vec<u8> {
    let field = |field: &&[u8]| [length(field.len()), field.to_vec()].concat();
    fields.iter().flat_map(field).collect()
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag][..], &length(value.len()), value].concat()
}

/// What a token is over.
fn token_data(p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
    [&[p1, p2, u8::try_from(data.len()).unwrap()][..], data].concat()
}

/// A session that sends what it is told.
struct Host(Session<Reader>);

impl Host {
    fn enter(reader: &Reader, domain: &[u8]) -> Self {
        let mut session = Session::select(reader.again(), Some(&aid(domain))).unwrap();
        let keys = KeySet::test_keys();
        let mut random = Drbg::from_seed(3);
        session
            .open(&keys, SecurityLevel::C_MAC, &mut random)
            .unwrap();
        Self(session)
    }

    /// Response data, or the status word.
    fn send(&mut self, ins: u8, p1: u8, p2: u8, data: &[u8]) -> Result<Vec<u8>, u16> {
        let mut command = vec![0x80, ins, p1, p2];
        if data.len() > 247 {
            command.push(0);
            command.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            command.extend_from_slice(data);
            command.extend([0, 0]);
        } else {
            command.push(u8::try_from(data.len()).unwrap());
            command.extend_from_slice(data);
            command.push(0);
        }
        let answer = self.0.send(&command).unwrap();
        if answer.status.0 == 0x9000 {
            Ok(answer.data)
        } else {
            Err(answer.status.0)
        }
    }

    fn put_key(&mut self, version: u8, id: u8, key: &[u8]) {
        let data = [&[version][..], key].concat();
        self.send(0xD8, 0x00, id, &data).unwrap();
    }

    fn make_domain(&mut self, name: &[u8], privileges: [u8; 3]) {
        let data = fields(&[DOMAIN_PACKAGE, DOMAIN_MODULE, name, &privileges, &[], &[]]);
        assert_eq!(self.send(0xE6, 0x0C, 0x00, &data), Ok(vec![0]));
    }

    /// INSTALL \[for load\] and LOAD, up to the answer to the last block or the first refusal.
    fn load(&mut self, target: &[u8], hash: &[u8], signatures: &[u8]) -> Result<Vec<u8>, u16> {
        let install = fields(&[PACKAGE, target, hash, &[], &[]]);
        self.send(0xE6, 0x02, 0x00, &install)?;
        self.blocks(signatures)
    }

    fn blocks(&mut self, signatures: &[u8]) -> Result<Vec<u8>, u16> {
        let file = [signatures, &object(0xC4, &load_file())].concat();
        let mut blocks = (0..).zip(file.chunks(200)).peekable();
        let mut answer = Err(0);
        while let Some((number, block)) = blocks.next() {
            let last = if blocks.peek().is_none() { 0x80 } else { 0 };
            answer = Ok(self.send(0xE8, last, number, block)?);
        }
        answer
    }
}

fn load_file() -> Vec<u8> {
    echo_cap().load_file(false).unwrap()
}

fn signature_block(signer: &[u8], signature: &[u8]) -> Vec<u8> {
    let content = [object(0x4F, signer), object(0xC3, signature)].concat();
    object(0xE2, &content)
}

#[test]
fn a_domain_s_signature_is_verified_with_every_kind_of_key() {
    for signer in Signer::all() {
        let reader = Reader::new(&CardConfig::default());
        let mut issuer = Host::enter(&reader, ISSUER);
        issuer.make_domain(DOMAIN, [0xC0, 0, 0]);
        let mut domain = Host::enter(&reader, DOMAIN);
        domain.put_key(0x73, 0x01, &signer.key_data());
        let mut issuer = Host::enter(&reader, ISSUER);
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let digest = hash.digest(&[&load_file()]);
            let right = signature_block(DOMAIN, &signer.sign(&digest));
            let wrong = signature_block(DOMAIN, &signer.sign(&[1; 20]));
            let strange = signature_block(&[0xF0, 0, 0, 0, 9], &signer.sign(&digest));
            let not_its = signature_block(ISSUER, &signer.sign(&digest));
            assert_eq!(issuer.load(DOMAIN, &digest, &wrong), Err(0x6982));
            assert_eq!(issuer.load(DOMAIN, &digest, &strange), Err(0x6A88));
            assert_eq!(issuer.load(DOMAIN, &digest, &not_its), Err(0x6985));
            // No signature, no hash, a hash of something else, something that is no signature.
            assert_eq!(issuer.load(DOMAIN, &digest, &[]), Err(0x6982));
            assert_eq!(issuer.load(DOMAIN, &[], &right), Err(0x6A80));
            let other = hash.digest(&[&[1]]);
            assert_eq!(issuer.load(DOMAIN, &other, &right), Err(0x6A80));
            assert_eq!(
                issuer.load(DOMAIN, &digest, &object(0xE2, &[])),
                Err(0x6A80)
            );
            assert_eq!(
                issuer.load(DOMAIN, &digest, &object(0xE1, &[])),
                Err(0x6A80)
            );
            assert_eq!(issuer.load(DOMAIN, &digest, &right), Ok(vec![0]));
            let delete = object(0x4F, PACKAGE);
            assert_eq!(issuer.send(0xE4, 0, 0, &delete), Ok(vec![0]));
            // For the issuer's own domain nobody has to sign, but a signature is looked at.
            assert_eq!(issuer.load(&[], &digest, &wrong), Err(0x6982));
            assert_eq!(issuer.load(&[], &[], &[]), Ok(vec![0]));
            assert_eq!(issuer.send(0xE4, 0, 0, &delete), Ok(vec![0]));
        }
    }
}

#[test]
fn a_mandated_signature_is_needed_for_everything() {
    let [_, signer, second, _] = Signer::all();
    let reader = Reader::new(&CardConfig::default());
    let mut issuer = Host::enter(&reader, ISSUER);
    issuer.make_domain(DOMAIN, [0xC1, 0, 0]);
    issuer.make_domain(OTHER, [0xC0, 0, 0]);
    Host::enter(&reader, DOMAIN).put_key(0x73, 0x01, &signer.key_data());
    Host::enter(&reader, OTHER).put_key(0x73, 0x02, &second.key_data());
    let digest = Hash::Sha256.digest(&[&load_file()]);
    let mandated = signature_block(DOMAIN, &signer.sign(&digest));
    let own = signature_block(OTHER, &second.sign(&digest));
    let mut issuer = Host::enter(&reader, ISSUER);
    assert_eq!(issuer.load(&[], &digest, &[]), Err(0x6982));
    assert_eq!(issuer.load(&[], &digest, &own), Err(0x6982));
    // Both, where the domain that gets it verifies too.
    assert_eq!(issuer.load(OTHER, &digest, &own), Err(0x6982));
    assert_eq!(issuer.load(OTHER, &digest, &mandated), Err(0x6982));
    let both = [&mandated[..], &own].concat();
    assert_eq!(issuer.load(OTHER, &digest, &both), Ok(vec![0]));
    issuer.send(0xE4, 0, 0, &object(0x4F, PACKAGE)).unwrap();
    assert_eq!(issuer.load(&[], &digest, &mandated), Ok(vec![0]));
}

/// The receipt of an answer must be one over its counter, no unique data, and these names.
fn check_receipt(answer: &[u8], receipt_key: &Signer, counter: u16, names: &[&[u8]]) {
    let confirmation = [&[2][..], &counter.to_be_bytes(), &[0]].concat();
    let receipt = receipt_key.sign(&[&confirmation[..], &fields(names)].concat());
    let content = [&fields(&[&receipt])[..], &confirmation].concat();
    assert_eq!(answer, fields(&[&content]), "{names:02X?}");
}

/// A card with a domain that may manage content under tokens of this key.
fn delegated(token: &Signer, receipt: &Signer) -> Reader {
    let reader = Reader::new(&CardConfig::default());
    let mut issuer = Host::enter(&reader, ISSUER);
    issuer.make_domain(DOMAIN, [0xA0, 0, 0]);
    issuer.make_domain(OTHER, [0x80, 0, 0]);
    // No token verifies before there is a key.
    let mut domain = Host::enter(&reader, DOMAIN);
    let load = fields(&[PACKAGE, &[], &[], &[]]);
    let forged = [&load[..], &fields(&[&[1; 8]])].concat();
    assert_eq!(domain.send(0xE6, 0x02, 0, &forged), Err(0x6985));
    let mut issuer = Host::enter(&reader, ISSUER);
    issuer.put_key(0x70, 0x01, &token.key_data());
    issuer.put_key(0x71, 0x01, &receipt.key_data());
    reader
}

/// P1 of an INSTALL, its data without the token, and what its receipt is over.
type Operation<'a> = (u8, Vec<u8>, &'a [&'a [u8]]);

#[test]
fn every_operation_of_delegated_management_has_its_token_and_receipt() {
    let receipts = [Signer::Des([0x33; 16]), Signer::Aes([0x44; 16])];
    for (number, token) in Signer::all().iter().enumerate() {
        let receipt = &receipts[number % 2];
        let reader = delegated(token, receipt);
        let mut domain = Host::enter(&reader, DOMAIN);
        // With a token over something else, and without one: refused, and nothing has happened.
        let ask = |domain: &mut Host, p1: u8, data: &[u8]| {
            let with = |token: &[u8]| [data, &fields(&[token])].concat();
            let wrong = token.sign(&token_data(p1, 1, data));
            assert_eq!(domain.send(0xE6, p1, 0, &with(&wrong)), Err(0x6982));
            assert_eq!(domain.send(0xE6, p1, 0, &with(&[])), Err(0x6985));
            let right = token.sign(&token_data(p1, 0, data));
            domain.send(0xE6, p1, 0, &with(&right)).unwrap()
        };
        let digest = Hash::Sha256.digest(&[&load_file()]);
        let load = fields(&[PACKAGE, &[], &digest, &[]]);
        assert_eq!(ask(&mut domain, 0x02, &load), [0]);
        let answer = domain.blocks(&[]).unwrap();
        check_receipt(&answer, receipt, 1, &[PACKAGE, DOMAIN]);
        let operations: [Operation; 5] = [
            (
                0x04,
                fields(&[PACKAGE, FIRST, FIRST, &[0], &[0xC9, 0]]),
                &[PACKAGE, FIRST],
            ),
            (
                0x08,
                fields(&[&[], &[], FIRST, &[0], &[]]),
                &[PACKAGE, FIRST],
            ),
            (
                0x0C,
                fields(&[PACKAGE, SECOND, SECOND, &[0], &[]]),
                &[PACKAGE, SECOND],
            ),
            (
                0x40,
                fields(&[&[], &[], SECOND, &[0x04], &[]]),
                &[&[], SECOND, &[], &[0x04], &[]],
            ),
            (
                0x10,
                fields(&[OTHER, &[], FIRST, &[], &[]]),
                &[DOMAIN, FIRST, OTHER],
            ),
        ];
        for (counter, (p1, data, names)) in (2..).zip(operations) {
            let answer = ask(&mut domain, p1, &data);
            check_receipt(&answer, receipt, counter, names);
        }

        // What it has given away is not its own to delete any more; the rest is.
        let delete = |domain: &mut Host, name: &[u8], p2: u8| {
            let data = object(0x4F, name);
            assert_eq!(domain.send(0xE4, 0, p2, &data), Err(0x6985));
            let wrong = object(0x9E, &token.sign(&token_data(1, p2, &data)));
            let right = object(0x9E, &token.sign(&token_data(0, p2, &data)));
            let with = |token: &[u8]| [&data[..], token].concat();
            assert_eq!(domain.send(0xE4, 0, p2, &with(&wrong)), Err(0x6982));
            domain.send(0xE4, 0, p2, &with(&right))
        };
        assert_eq!(delete(&mut domain, FIRST, 0), Err(0x6985));
        let answer = delete(&mut domain, SECOND, 0).unwrap();
        check_receipt(&answer, receipt, 7, &[SECOND]);
        let mut issuer = Host::enter(&reader, ISSUER);
        assert_eq!(
            issuer.send(0xE4, 0, 0, &object(0x4F, FIRST)),
            Ok(vec![0]),
            "the issuer needs no token and gets no receipt"
        );
        let counted = issuer.0.send(&[0x80, 0xCA, 0x00, 0xC2, 0x00]).unwrap();
        assert_eq!(counted.data, [0xC2, 2, 0, 7]);
    }
}

#[test]
fn load_install_and_make_selectable_in_one() {
    let reader = Reader::new(&CardConfig::default());
    let mut issuer = Host::enter(&reader, ISSUER);
    let begin = fields(&[PACKAGE, &[], &[], &[], &[]]);
    let end = fields(&[&[], FIRST, FIRST, &[0], &[0xC9, 0], &[]]);
    // It does not end before it has begun, nor before its last block.
    assert_eq!(issuer.send(0xE6, 0x0E, 0x03, &end), Err(0x6985));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x01, &begin), Ok(vec![0]));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x03, &end), Err(0x6985));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x02, &end), Err(0x6A86));
    // A module that is not there: the load file goes too.
    let strange = fields(&[&[], &[0xF0, 0, 0, 0, 9], &[], &[0], &[], &[]]);
    assert_eq!(issuer.send(0xE6, 0x0E, 0x01, &begin), Ok(vec![0]));
    assert_eq!(issuer.blocks(&[]), Ok(vec![0]));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x03, &strange), Err(0x6A88));
    let content = issuer.0.content().unwrap();
    assert!(content.load_files.is_empty());
    // Another command in between, and it is forgotten.
    assert_eq!(issuer.send(0xE6, 0x0E, 0x01, &begin), Ok(vec![0]));
    assert_eq!(issuer.blocks(&[]), Ok(vec![0]));
    issuer.0.info().unwrap();
    assert_eq!(issuer.send(0xE6, 0x0E, 0x03, &end), Err(0x6985));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x01, &begin), Ok(vec![0]));
    assert_eq!(issuer.blocks(&[]), Ok(vec![0]));
    assert_eq!(issuer.send(0xE6, 0x0E, 0x03, &end), Ok(vec![0]));
    let content = issuer.0.content().unwrap();
    assert_eq!(content.load_files.len(), 1);
    assert_eq!(
        content.application(&aid(FIRST)).unwrap().state(),
        "SELECTABLE"
    );
}

#[test]
fn a_delegated_combined_process_loads_nothing_without_its_token() {
    let (token, receipt) = (Signer::Aes([7; 16]), Signer::Aes([8; 16]));
    let reader = delegated(&token, &receipt);
    let mut domain = Host::enter(&reader, DOMAIN);
    let begin = fields(&[PACKAGE, &[], &[], &[]]);
    let end = fields(&[PACKAGE, FIRST, FIRST, &[0], &[0xC9, 0]]);
    let data = [token_data(0x0E, 0x01, &begin), token_data(0x0E, 0x03, &end)].concat();
    for (signed, expected) in [(&end, Err(0x6982)), (&data, Ok(()))] {
        assert_eq!(
            domain.send(0xE6, 0x0E, 0x01, &[&begin[..], &[0]].concat()),
            Ok(vec![0])
        );
        assert_eq!(domain.blocks(&[]), Ok(vec![0]));
        let ended = [&end[..], &fields(&[&token.sign(signed)])].concat();
        let answer = domain.send(0xE6, 0x0E, 0x03, &ended);
        assert_eq!(answer.as_ref().map(|_| ()).map_err(|sw| *sw), expected);
        match answer {
            Ok(answer) => check_receipt(&answer, &receipt, 1, &[PACKAGE, FIRST, DOMAIN]),
            Err(_) => assert!(domain.0.content().unwrap().load_files.is_empty()),
        }
    }
}
