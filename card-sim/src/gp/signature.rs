//! Signatures and MACs of tokens, receipts and load file data blocks (GPCS 2.3.1 §B.1 to §B.4, §C.1).

use se_crypto::{AesKey, DesKey, Hash, RsaPublicKey, equal, pss_verify};

use super::elliptic;
use super::keys::{Key, kind};

/// RSA keys up to this length, in bytes, sign with scheme 1, longer ones with scheme 2 (GPCS 2.3.1 §B.3).
const SCHEME_1: usize = 128;

/// Whether `signature` over `data` is one of this key.
pub(super) fn verifies(key: &Key, data: &[u8], signature: &[u8]) -> bool {
    match key.first().map(|part| part.kind) {
        Some(kind::DES | kind::AES) => mac(key, data).is_some_and(|mac| equal(&mac, signature)),
        Some(kind::RSA_MODULUS | kind::RSA_EXPONENT) => {
            rsa_verifies(key, data, signature).unwrap_or(false)
        }
        Some(kind::EC_PUBLIC) => {
            elliptic::public_key(&key.parts()).is_some_and(|(public, hash)| {
                let digest = hash.digest(&[data]);
                public.verify_digest_plain(&digest, signature).is_ok()
            })
        }
        _ => false,
    }
}

fn rsa_verifies(key: &Key, data: &[u8], signature: &[u8]) -> Option<bool> {
    let modulus = key.component(kind::RSA_MODULUS)?;
    let public = RsaPublicKey::new(modulus, key.component(kind::RSA_EXPONENT)?).ok()?;
    if public.length() <= SCHEME_1 {
        // RSASSA-PKCS1-v1_5 with SHA-1.
        let digest = Hash::Sha1.digest(&[data]);
        return Some(public.verify_digest(Hash::Sha1, &digest, signature).is_ok());
    }
    // RSASSA-PSS with SHA-256 and a salt as long.
    let digest = Hash::Sha256.digest(&[data]);
    let encoded = public.public_operation(signature).ok()?;
    Some(pss_verify(Hash::Sha256, &digest, &encoded))
}

/// The MAC of a symmetric key: with DES single DES with a final triple DES (§B.1.2.2), 8 bytes; with AES a CMAC
/// (§B.2.2), 16 bytes.
pub(super) fn mac(key: &Key, data: &[u8]) -> Option<Vec<u8>> {
    let part = key.first()?;
    match part.kind {
        kind::DES => {
            let mut padded = data.to_vec();
            padded.push(0x80);
            padded.resize(padded.len().next_multiple_of(DesKey::BLOCK), 0);
            let key = DesKey::new(&part.value).ok()?;
            Some(key.retail_mac(&[0; DesKey::BLOCK], &padded).ok()?.to_vec())
        }
        kind::AES => Some(AesKey::new(&part.value).ok()?.cmac(&[data]).to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Component;
    use super::*;
    use se_crypto::{Drbg, EcKey, NamedCurve, P256Key, RsaKey, pss_encode};

    fn key(parts: &[(u8, &[u8])]) -> Key {
        let component = |(kind, value): &(u8, &[u8])| Component {
            kind: *kind,
            value: value.to_vec(),
        };
        Key {
            version: DAP,
            id: 1,
            components: parts.iter().map(component).collect(),
        }
    }

    const DAP: u8 = 0x73;

    #[test]
    fn every_scheme_verifies_what_was_signed_and_nothing_else() {
        let data = b"a load file data block hash";
        let mut random = Drbg::from_seed(8);
        let mut cases = Vec::new();
        for (kind, length) in [
            (kind::DES, 16),
            (kind::DES, 24),
            (kind::AES, 16),
            (kind::AES, 32),
        ] {
            let key = key(&[(kind, &(0..length).collect::<Vec<u8>>())]);
            let signature = mac(&key, data).unwrap();
            assert_eq!(signature.len(), if kind == kind::DES { 8 } else { 16 });
            cases.push((key, signature));
        }
        for bits in [1024, 2048] {
            let private = RsaKey::generate(&mut random, bits).unwrap();
            let public = private.public_key().unwrap();
            let key = key(&[
                (kind::RSA_MODULUS, &public.modulus()),
                (kind::RSA_EXPONENT, &public.exponent()),
            ]);
            let signature = if bits == 1024 {
                let digest = Hash::Sha1.digest(&[data]);
                private.sign_digest(Hash::Sha1, &digest).unwrap()
            } else {
                let digest = Hash::Sha256.digest(&[data]);
                let encoded = pss_encode(Hash::Sha256, &digest, &[9; 32], 256).unwrap();
                private.private_operation(&encoded).unwrap().to_vec()
            };
            cases.push((key, signature));
        }
        let private = P256Key::generate(&mut random);
        let digest = Hash::Sha256.digest(&[data]);
        let signature = private.sign_digest(&digest).unwrap().to_vec();
        cases.push((key(&[(kind::EC_PUBLIC, &private.public())]), signature));
        // Every curve by its reference, and one by its parameters.
        for (reference, named, hash) in [
            (0, NamedCurve::P256, Hash::Sha256),
            (1, NamedCurve::P384, Hash::Sha384),
            (2, NamedCurve::P521, Hash::Sha512),
            (3, NamedCurve::BRAINPOOL_P256R1, Hash::Sha256),
            (5, NamedCurve::BRAINPOOL_P384R1, Hash::Sha384),
            (7, NamedCurve::BRAINPOOL_P512R1, Hash::Sha512),
            (0xFF, NamedCurve::SECP256K1, Hash::Sha256),
        ] {
            let private = EcKey::generate(named.curve().unwrap(), &mut random).unwrap();
            let public = private.public().unwrap();
            let signature = private
                .sign_digest_plain(hash, &hash.digest(&[data]))
                .unwrap();
            let [p, a, b, g, n] = named.parameters();
            let by_parameters = [(0xB2, &p), (0xB3, &a), (0xB4, &b), (0xB5, &g), (0xB6, &n)];
            let mut parts: Vec<(u8, &[u8])> = vec![(kind::EC_PUBLIC, &public)];
            let reference = [reference];
            if reference == [0xFF] {
                parts.extend(
                    by_parameters
                        .iter()
                        .map(|(kind, value)| (*kind, value.as_slice())),
                );
                parts.push((0xB7, &[1]));
            } else {
                parts.push((kind::EC_CURVE, &reference));
            }
            cases.push((key(&parts), signature));
        }
        for (key, signature) in cases {
            assert!(verifies(&key, data, &signature), "{key:?}");
            assert!(!verifies(&key, b"another hash", &signature), "{key:?}");
            for place in [0, signature.len() - 1] {
                let mut changed = signature.clone();
                changed[place] ^= 1;
                assert!(!verifies(&key, data, &changed), "{key:?}");
            }
            assert!(!verifies(&key, data, &[]), "{key:?}");
        }
        assert!(!verifies(&key(&[]), data, &[]));
        assert!(!verifies(&key(&[(0x90, &[1; 20])]), data, &[]));
    }
}
