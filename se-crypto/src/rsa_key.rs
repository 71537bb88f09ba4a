use std::fmt;

use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use zeroize::Zeroizing;

use crate::rsa_padding::{digest_info, pad_type_1};
use crate::{CryptoError, Drbg, Hash};

/// The modulus lengths taken, in bits.
const BITS: std::ops::RangeInclusive<usize> = 512..=4096;

/// An RSA private key. Zeroized when dropped.
///
/// Padding and blinding: signatures use block type 01 of PKCS#1 v1.5; the private operation is not
/// blinded, its result is checked against the public key where that is known.
#[derive(Clone)]
pub struct RsaKey {
    private: Private,
    length: usize,
}

#[derive(Clone)]
enum Private {
    /// With primes and public exponent.
    Full(Box<RsaPrivateKey>),
    /// The modulus and the private exponent alone, as a Java Card `RSAPrivateKey` holds them: the
    /// private operation is then the public one with the other exponent.
    Exponent(Box<rsa::RsaPublicKey>),
}

/// An RSA public key.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    key: rsa::RsaPublicKey,
    length: usize,
}

/// The private parts of a key in the form of the Chinese remainder theorem, big-endian, each half as
/// long as the modulus. Zeroized when dropped.
#[derive(Clone)]
pub struct RsaCrt {
    /// The first prime.
    pub p: Zeroizing<Vec<u8>>,
    /// The second prime.
    pub q: Zeroizing<Vec<u8>>,
    /// d mod (p − 1).
    pub dp: Zeroizing<Vec<u8>>,
    /// d mod (q − 1).
    pub dq: Zeroizing<Vec<u8>>,
    /// The inverse of q mod p.
    pub qinv: Zeroizing<Vec<u8>>,
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(bytes)
}

/// Big-endian, zeros in front up to `length` bytes. `value` has no more than `length` bytes.
fn bytes(value: &BoxedUint, length: usize) -> Zeroizing<Vec<u8>> {
    let full = Zeroizing::new(value.to_be_bytes());
    let significant = full
        .get(full.len().saturating_sub(length)..)
        .unwrap_or(&full);
    let mut out = Zeroizing::new(vec![0; length - significant.len()]);
    out.extend_from_slice(significant);
    out
}

fn check_size(n: &BoxedUint) -> Result<usize, CryptoError> {
    let bits = n.bits_vartime() as usize;
    if BITS.contains(&bits) {
        Ok(bits.div_ceil(8))
    } else {
        Err(CryptoError::RsaKey("the modulus has 512 to 4096 bits"))
    }
}

impl RsaKey {
    /// The public exponent of generated keys where none is asked for, 65537, big-endian.
    pub const EXPONENT: [u8; 3] = [1, 0, 1];

    /// Generates a key of `bits` bits (512 to 4096, a multiple of 16) with public exponent 65537.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] for another size.
    pub fn generate(drbg: &mut Drbg, bits: usize) -> Result<Self, CryptoError> {
        Self::generate_with_exponent(drbg, bits, &Self::EXPONENT)
    }

    /// Generates a key with this public exponent: odd, from 3 to 2⁶⁴ − 1, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] for another size or exponent.
    pub fn generate_with_exponent(
        drbg: &mut Drbg,
        bits: usize,
        exponent: &[u8],
    ) -> Result<Self, CryptoError> {
        let exponent = exponent
            .iter()
            .try_fold(0u64, |value, byte| {
                value.checked_mul(256)?.checked_add((*byte).into())
            })
            .filter(|value| *value >= 3 && value % 2 == 1)
            .ok_or(CryptoError::RsaKey("an odd exponent of at least 3"))?;
        if !BITS.contains(&bits) || !bits.is_multiple_of(16) {
            return Err(CryptoError::RsaKey(
                "a size of 512 to 4096 bits, a multiple of 16",
            ));
        }
        RsaPrivateKey::new_with_exp_unchecked(drbg, bits, BoxedUint::from(exponent))
            .map(Self::full)
            .map_err(|_| CryptoError::RsaKey("key generation failed"))
    }

    /// The key of a modulus, a public and a private exponent, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] where they do not belong together.
    pub fn from_exponents(n: &[u8], e: &[u8], d: &[u8]) -> Result<Self, CryptoError> {
        let n = number(n);
        check_size(&n)?;
        RsaPrivateKey::from_components(n, number(e), number(d), Vec::new())
            .map(Self::full)
            .map_err(|_| CryptoError::RsaKey("modulus and exponents do not belong together"))
    }

    /// The key of a modulus and a private exponent, big-endian, the public exponent unknown.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] where the modulus is even or has another size than 512 to 4096 bits, or
    /// the exponent is zero or not below the modulus.
    pub fn from_private_exponent(n: &[u8], d: &[u8]) -> Result<Self, CryptoError> {
        let (n, d) = (number(n), number(d));
        let length = check_size(&n)?;
        let odd = |value: &BoxedUint| bytes(value, length).last().is_some_and(|low| low & 1 == 1);
        // A private exponent is odd, because the order it is inverse in is even.
        if !odd(&n) || d >= n || !odd(&d) {
            return Err(CryptoError::RsaKey(
                "an odd modulus and an odd exponent below it",
            ));
        }
        Ok(Self {
            private: Private::Exponent(Box::new(rsa::RsaPublicKey::new_unchecked(n, d))),
            length,
        })
    }

    /// The key of two primes and their exponents, big-endian; the public exponent follows from them.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] where the components do not belong together.
    pub fn from_crt(crt: &RsaCrt) -> Result<Self, CryptoError> {
        let refuse = || CryptoError::RsaKey("the primes and exponents do not belong together");
        let (p, q) = (number(&crt.p), number(&crt.q));
        // e is the inverse of dp mod p − 1: it is far below p.
        let order = p.wrapping_sub(BoxedUint::one());
        let order = Option::from(order.to_nz()).ok_or_else(refuse)?;
        let e = BoxedUint::from_be_slice(&crt.dp, p.bits_precision()).map_err(|_| refuse())?;
        let e: BoxedUint = Option::from(e.invert_mod(&order)).ok_or_else(refuse)?;
        let e = number(&e.to_be_bytes_trimmed_vartime());
        let key = RsaPrivateKey::from_p_q(p, q, e)
            .map(Self::full)
            .map_err(|_| refuse())?;
        check_size(key.n())?;
        let made = key.crt().ok_or_else(refuse)?;
        let same = |a: &[u8], b: &[u8]| number(a) == number(b);
        if same(&made.dp, &crt.dp) && same(&made.dq, &crt.dq) && same(&made.qinv, &crt.qinv) {
            Ok(key)
        } else {
            Err(refuse())
        }
    }

    fn full(key: RsaPrivateKey) -> Self {
        Self {
            length: key.size(),
            private: Private::Full(Box::new(key)),
        }
    }

    fn n(&self) -> &BoxedUint {
        match &self.private {
            Private::Full(key) => key.n().as_ref(),
            Private::Exponent(key) => key.n().as_ref(),
        }
    }

    /// The length of the modulus in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        bytes(self.n(), self.length).to_vec()
    }

    /// The public key; `None` where only modulus and private exponent are known.
    #[must_use]
    pub fn public_key(&self) -> Option<RsaPublicKey> {
        match &self.private {
            Private::Full(key) => Some(RsaPublicKey {
                key: key.to_public_key(),
                length: self.length,
            }),
            Private::Exponent(_) => None,
        }
    }

    /// The private exponent, big-endian, as long as the modulus.
    #[must_use]
    pub fn private_exponent(&self) -> Zeroizing<Vec<u8>> {
        match &self.private {
            Private::Full(key) => bytes(key.d(), self.length),
            Private::Exponent(key) => bytes(key.e(), self.length),
        }
    }

    /// The private parts by the Chinese remainder theorem; `None` where the primes are unknown.
    #[must_use]
    pub fn crt(&self) -> Option<RsaCrt> {
        let Private::Full(key) = &self.private else {
            return None;
        };
        let half = self.length / 2;
        let [p, q] = key.primes() else { return None };
        Some(RsaCrt {
            p: bytes(p, half),
            q: bytes(q, half),
            dp: bytes(key.dp()?, half),
            dq: bytes(key.dq()?, half),
            qinv: bytes(&key.crt_coefficient()?, half),
        })
    }

    /// The raw private operation (RSASP1, RSADP: RFC 8017 §5.1.2, §5.2.1) on a number as long as the
    /// modulus.
    ///
    /// # Errors
    /// [`CryptoError::RsaLength`] for another length, [`CryptoError::RsaRange`] where the number is not
    /// below the modulus.
    pub fn private_operation(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let input = operand(input, self.n(), self.length)?;
        let output = match &self.private {
            Private::Full(key) => rsa_decrypt_and_check(key.as_ref(), None::<&mut Drbg>, &input),
            Private::Exponent(key) => rsa_encrypt(key.as_ref(), &input),
        }
        .map_err(|_| CryptoError::RsaRange)?;
        Ok(bytes(&output, self.length))
    }

    /// Signs `data`, 1 byte to the modulus length minus 11, as they are: block type 01 padding, then the
    /// private operation. For a signature that others verify, `data` is a `DigestInfo`.
    ///
    /// # Errors
    /// [`CryptoError::RsaLength`] for data too long or empty.
    pub fn sign_padded(&self, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let block = pad_type_1(data, self.length)?;
        self.private_operation(&block).map(|out| out.to_vec())
    }

    /// Signs a digest made with `hash`: RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1).
    ///
    /// # Errors
    /// [`CryptoError::RsaLength`] where the digest has another length than the hash gives, or the key
    /// is too short for it.
    pub fn sign_digest(&self, hash: Hash, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        check_digest(hash, digest)?;
        self.sign_padded(&digest_info(hash, digest))
    }
}

impl RsaPublicKey {
    /// The key of a modulus and a public exponent, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::RsaKey`] for a modulus that is even or has another size than 512 to 4096 bits, or
    /// an exponent that is even, below 3 or above 2^33.
    pub fn new(n: &[u8], e: &[u8]) -> Result<Self, CryptoError> {
        let n = number(n);
        let length = check_size(&n)?;
        rsa::RsaPublicKey::new_with_size_limits(n, number(e), BITS)
            .map(|key| Self { key, length })
            .map_err(|_| CryptoError::RsaKey("modulus or public exponent out of range"))
    }

    /// The length of the modulus in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        self.key.n().as_ref().to_be_bytes_trimmed_vartime().to_vec()
    }

    /// The public exponent, big-endian, without leading zeros.
    #[must_use]
    pub fn exponent(&self) -> Vec<u8> {
        self.key.e().to_be_bytes_trimmed_vartime().to_vec()
    }

    /// The raw public operation (RSAVP1, RSAEP: RFC 8017 §5.1.1, §5.2.2) on a number as long as the
    /// modulus.
    ///
    /// # Errors
    /// [`CryptoError::RsaLength`] for another length, [`CryptoError::RsaRange`] where the number is not
    /// below the modulus.
    pub fn public_operation(&self, input: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let input = operand(input, self.key.n().as_ref(), self.length)?;
        let output = rsa_encrypt(&self.key, &input).map_err(|_| CryptoError::RsaRange)?;
        Ok(bytes(&output, self.length).to_vec())
    }

    /// Checks a signature over `data` as [`RsaKey::sign_padded`] makes it.
    ///
    /// # Errors
    /// [`CryptoError::Signature`] where it does not verify.
    pub fn verify_padded(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let block = pad_type_1(data, self.length).map_err(|_| CryptoError::Signature)?;
        match self.public_operation(signature) {
            Ok(opened) if opened == block => Ok(()),
            _ => Err(CryptoError::Signature),
        }
    }

    /// Checks an RSASSA-PKCS1-v1_5 signature of a digest (RFC 8017 §8.2.2).
    ///
    /// # Errors
    /// [`CryptoError::Signature`] where it does not verify.
    pub fn verify_digest(
        &self,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        check_digest(hash, digest).map_err(|_| CryptoError::Signature)?;
        self.verify_padded(&digest_info(hash, digest), signature)
    }
}

fn check_digest(hash: Hash, digest: &[u8]) -> Result<(), CryptoError> {
    if digest.len() == hash.length() {
        return Ok(());
    }
    Err(CryptoError::RsaLength {
        min: hash.length(),
        max: hash.length(),
        length: digest.len(),
    })
}

fn operand(input: &[u8], n: &BoxedUint, length: usize) -> Result<BoxedUint, CryptoError> {
    let refuse = |_| CryptoError::RsaLength {
        min: length,
        max: length,
        length: input.len(),
    };
    if input.len() != length {
        return Err(refuse(()));
    }
    let value = BoxedUint::from_be_slice(input, n.bits_precision()).map_err(|_| refuse(()))?;
    if value < *n {
        Ok(value)
    } else {
        Err(CryptoError::RsaRange)
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({} bits, redacted)", self.length * 8)
    }
}

impl fmt::Debug for RsaCrt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaCrt(redacted)")
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaPublicKey")
            .field("modulus", &self.modulus())
            .field("exponent", &self.exponent())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sha1, sha256};

    fn key() -> RsaKey {
        RsaKey::generate(&mut Drbg::from_seed(1).stream("rsa"), 1024).unwrap()
    }

    #[test]
    fn generation_follows_the_seed() {
        assert_eq!(key().modulus(), key().modulus());
        assert_eq!(key().modulus().len(), 128);
        assert_eq!(key().public_key().unwrap().exponent(), [1, 0, 1]);
        for bits in [0, 504, 1020, 4112] {
            assert!(RsaKey::generate(&mut Drbg::from_seed(1), bits).is_err());
        }
        let small = RsaKey::generate(&mut Drbg::from_seed(2), 512).unwrap();
        assert_eq!(small.length(), 64);
    }

    #[test]
    fn every_form_of_a_key_signs_alike() {
        let key = key();
        let digest = sha256(b"document");
        let signature = key.sign_digest(Hash::Sha256, &digest).unwrap();
        let (n, d) = (key.modulus(), key.private_exponent());
        let crt = key.crt().unwrap();
        let public = key.public_key().unwrap();
        for other in [
            RsaKey::from_exponents(&n, &public.exponent(), &d).unwrap(),
            RsaKey::from_private_exponent(&n, &d).unwrap(),
            RsaKey::from_crt(&crt).unwrap(),
        ] {
            assert_eq!(other.modulus(), n);
            assert_eq!(other.sign_digest(Hash::Sha256, &digest).unwrap(), signature);
        }
        public
            .verify_digest(Hash::Sha256, &digest, &signature)
            .unwrap();
        for (hash, digest) in [
            (Hash::Sha256, sha256(b"forged").to_vec()),
            (Hash::Sha1, sha1(b"document").to_vec()),
            (Hash::Sha256, vec![]),
        ] {
            assert_eq!(
                public.verify_digest(hash, &digest, &signature),
                Err(CryptoError::Signature)
            );
        }
        assert_eq!(
            public.verify_digest(Hash::Sha256, &digest, &signature[1..]),
            Err(CryptoError::Signature)
        );
    }

    #[test]
    fn mixed_components_are_refused() {
        let (key, other) = (
            key(),
            RsaKey::generate(&mut Drbg::from_seed(9), 1024).unwrap(),
        );
        let mut crt = key.crt().unwrap();
        crt.dq = other.crt().unwrap().dq;
        assert!(RsaKey::from_crt(&crt).is_err());
        crt.p = crt.q.clone();
        assert!(RsaKey::from_crt(&crt).is_err());
        crt.p = Zeroizing::new(vec![]);
        assert!(RsaKey::from_crt(&crt).is_err());
        let d = other.private_exponent();
        assert!(RsaKey::from_exponents(&key.modulus(), &[1, 0, 1], &d).is_err());
        assert!(RsaKey::from_private_exponent(&key.modulus(), &[0]).is_err());
        assert!(RsaKey::from_private_exponent(&[], &[3]).is_err());
        assert!(RsaPublicKey::new(&key.modulus(), &[2]).is_err());
    }

    #[test]
    fn padding_takes_1_to_k_minus_11_bytes() {
        let key = key();
        let public = key.public_key().unwrap();
        for length in [1, 35, 117] {
            let data = vec![0xA5; length];
            let signature = key.sign_padded(&data).unwrap();
            public.verify_padded(&data, &signature).unwrap();
            assert!(
                public
                    .verify_padded(&vec![0xA6; length], &signature)
                    .is_err()
            );
        }
        for length in [0, 118, 4000] {
            assert_eq!(
                key.sign_padded(&vec![1; length]),
                Err(CryptoError::RsaLength {
                    min: 1,
                    max: 117,
                    length
                })
            );
        }
    }

    #[test]
    fn raw_operations_undo_each_other() {
        let key = key();
        let public = key.public_key().unwrap();
        let number = [&[0x00, 0x42][..], &[7; 126]].concat();
        let hidden = public.public_operation(&number).unwrap();
        assert_eq!(*key.private_operation(&hidden).unwrap(), number);
        assert_eq!(
            key.private_operation(&[0xFF; 128]).unwrap_err(),
            CryptoError::RsaRange
        );
        assert_eq!(
            key.private_operation(&[1; 127]).unwrap_err(),
            CryptoError::RsaLength {
                min: 128,
                max: 128,
                length: 127
            }
        );
    }

    #[test]
    fn debug_shows_no_private_part() {
        assert_eq!(format!("{:?}", key()), "RsaKey(1024 bits, redacted)");
        assert_eq!(format!("{:?}", key().crt().unwrap()), "RsaCrt(redacted)");
    }
}
