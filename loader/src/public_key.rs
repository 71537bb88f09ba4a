//! Public keys that a card is given to verify tokens and load files with, and that a host verifies receipts with.

use se_crypto::{EcPublicKey, Hash, NamedCurve, RsaPublicKey, pss_verify};

use crate::tlv;

/// RSA keys up to this length, in bytes, sign with scheme 1, longer ones with scheme 2 (GPCS 2.3.1 §B.3).
pub(crate) const SCHEME_1: usize = 128;

/// A curve that cards have preloaded, by its key parameter reference (GPCS 2.3.1 table B-2).
#[derive(Debug, PartialEq, Eq)]
pub struct CardCurve {
    /// Its name.
    pub name: &'static str,
    /// Its object identifier in certificates and key files.
    pub object_identifier: &'static str,
    reference: u8,
    parameters: NamedCurve,
}

impl CardCurve {
    /// Those of table B-2 that key files name.
    pub const ALL: [Self; 6] = [
        Self::new("P-256", "1.2.840.10045.3.1.7", 0, NamedCurve::P256),
        Self::new("P-384", "1.3.132.0.34", 1, NamedCurve::P384),
        Self::new("P-521", "1.3.132.0.35", 2, NamedCurve::P521),
        Self::new(
            "brainpoolP256r1",
            "1.3.36.3.3.2.8.1.1.7",
            3,
            NamedCurve::BRAINPOOL_P256R1,
        ),
        Self::new(
            "brainpoolP384r1",
            "1.3.36.3.3.2.8.1.1.11",
            5,
            NamedCurve::BRAINPOOL_P384R1,
        ),
        Self::new(
            "brainpoolP512r1",
            "1.3.36.3.3.2.8.1.1.13",
            7,
            NamedCurve::BRAINPOOL_P512R1,
        ),
    ];

    const fn new(
        name: &'static str,
        object_identifier: &'static str,
        reference: u8,
        parameters: NamedCurve,
    ) -> Self {
        Self {
            name,
            object_identifier,
            reference,
            parameters,
        }
    }
}

static CURVES: [CardCurve; 6] = CardCurve::ALL;

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// A point of a curve.
    Ec {
        /// The curve.
        curve: &'static CardCurve,
        /// The point, uncompressed: `04`, x, y.
        point: Vec<u8>,
    },
}

impl PublicKey {
    /// The key of this point, `04`, x, y, on the curve with this object identifier; `None` where there is none such.
    #[must_use]
    pub fn ec(object_identifier: &str, point: &[u8]) -> Option<Self> {
        let curve = CURVES
            .iter()
            .find(|curve| curve.object_identifier == object_identifier)?;
        EcPublicKey::new(curve.parameters.curve().ok()?, point).ok()?;
        Some(Self::Ec {
            curve,
            point: point.to_vec(),
        })
    }

    /// What it is, for a person: `RSA 2048`, `EC P-256`.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.length() * 8),
            Self::Ec { curve, .. } => format!("EC {}", curve.name),
        }
    }

    /// Whether `signature` over `data` is one of this key: RSASSA-PKCS1-v1_5 with SHA-1 up to 1024 bits, RSASSA-PSS with
    /// SHA-256 above (§B.3), ECDSA with the hash of table B-3 and r and s one after the other (§B.4.3).
    #[must_use]
    pub fn verifies(&self, data: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) if key.length() <= SCHEME_1 => {
                let digest = Hash::Sha1.digest(&[data]);
                key.verify_digest(Hash::Sha1, &digest, signature).is_ok()
            }
            Self::Rsa(key) => {
                let digest = Hash::Sha256.digest(&[data]);
                key.public_operation(signature)
                    .is_ok_and(|encoded| pss_verify(Hash::Sha256, &digest, &encoded))
            }
            Self::Ec { curve, point } => {
                let hash = match curve.parameters.order.len() / 2 {
                    64.. => Hash::Sha512,
                    48.. => Hash::Sha384,
                    _ => Hash::Sha256,
                };
                let key = curve.parameters.curve();
                key.and_then(|curve| EcPublicKey::new(curve, point))
                    .and_then(|key| key.verify_digest_plain(&hash.digest(&[data]), signature))
                    .is_ok()
            }
        }
    }

    /// The key as PUT KEY carries it, without check value: there is none for public keys (tables 11-73 and 11-75).
    pub(crate) fn key_data(&self) -> Vec<u8> {
        let mut data = match self {
            Self::Rsa(key) => [
                tlv::object(0xA1, &key.modulus()),
                tlv::object(0xA0, &key.exponent()),
            ]
            .concat(),
            Self::Ec { curve, point } => [
                tlv::object(0xB0, point),
                tlv::object(0xF0, &[curve.reference]),
            ]
            .concat(),
        };
        data.push(0x00);
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use se_crypto::{Drbg, EcKey, RsaKey};

    #[test]
    fn every_curve_verifies_with_its_own_hash() {
        let mut random = Drbg::from_seed(61);
        for curve in &CURVES {
            let key = EcKey::generate(curve.parameters.curve().unwrap(), &mut random).unwrap();
            let public = PublicKey::ec(curve.object_identifier, &key.public().unwrap()).unwrap();
            let hash = match curve.name {
                "P-256" | "brainpoolP256r1" => Hash::Sha256,
                "P-384" | "brainpoolP384r1" => Hash::Sha384,
                _ => Hash::Sha512,
            };
            let signature = key
                .sign_digest_plain(hash, &hash.digest(&[b"data"]))
                .unwrap();
            assert!(public.verifies(b"data", &signature), "{}", curve.name);
            assert!(!public.verifies(b"date", &signature), "{}", curve.name);
            let data = public.key_data();
            assert_eq!(data[0], 0xB0);
            assert!(data.ends_with(&[0xF0, 1, curve.reference, 0]));
        }
        assert!(PublicKey::ec("1.2.840.10045.3.1.7", &[4; 65]).is_none());
        assert!(PublicKey::ec("1.2.3", &[4; 65]).is_none());
    }

    /// GPCS 2.3.1 table 11-75: the modulus before the exponent, lengths as BER-TLV has them.
    #[test]
    fn rsa_keys_in_put_key() {
        let mut random = Drbg::from_seed(62);
        let key = RsaKey::generate(&mut random, 1024).unwrap();
        let public = PublicKey::Rsa(key.public_key().unwrap());
        let data = public.key_data();
        assert_eq!(data[..3], [0xA1, 0x81, 0x80]);
        assert_eq!(data[3 + 128..], [0xA0, 3, 1, 0, 1, 0]);
        assert_eq!(public.kind(), "RSA 1024");
    }
}
