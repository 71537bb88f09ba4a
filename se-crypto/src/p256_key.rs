use std::fmt;

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::{CryptoError, Drbg};

/// A private key on P-256 (FIPS 186-5, `secp256r1`). Zeroized when dropped.
#[derive(Clone)]
pub struct P256Key(SecretKey);

impl P256Key {
    /// Draws a new key.
    #[must_use]
    pub fn generate(drbg: &mut Drbg) -> Self {
        loop {
            let mut secret = Zeroizing::new([0; 32]);
            drbg.fill(secret.as_mut_slice());
            // Refused with a probability of 2^-32 (zero, or not below the order): draw again.
            if let Ok(key) = Self::from_secret(secret.as_slice()) {
                return key;
            }
        }
    }

    /// The key of this private scalar, 32 bytes, big-endian.
    ///
    /// # Errors
    /// [`CryptoError::P256`] where it is zero, not below the group order, or of another length.
    pub fn from_secret(secret: &[u8]) -> Result<Self, CryptoError> {
        if secret.len() != 32 {
            return Err(CryptoError::P256("private scalar of 32 bytes"));
        }
        SecretKey::from_slice(secret)
            .map(Self)
            .map_err(|_| CryptoError::P256("private scalar"))
    }

    /// The private scalar, 32 bytes, big-endian.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public point, uncompressed: `04`, x, y (SEC 1 §2.3.3).
    #[must_use]
    pub fn public(&self) -> [u8; 65] {
        let mut out = [0; 65];
        out.copy_from_slice(&self.0.public_key().to_sec1_bytes());
        out
    }

    /// Signs a digest with ECDSA, deterministic as in RFC 6979 (with SHA-256): r, then s, 32 bytes each.
    ///
    /// # Errors
    /// [`CryptoError::P256`] for a digest shorter than 16 bytes.
    pub fn sign_digest(&self, digest: &[u8]) -> Result<[u8; 64], CryptoError> {
        self.sign(digest)
            .map(|signature| signature.to_bytes().into())
    }

    /// Signs a digest as [`P256Key::sign_digest`] does, in the DER form of X.509 (`ECDSA-Sig-Value`),
    /// which is what Java Card's signatures look like.
    ///
    /// # Errors
    /// [`CryptoError::P256`] for a digest shorter than 16 bytes.
    pub fn sign_digest_der(&self, digest: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.sign(digest)
            .map(|signature| signature.to_der().as_bytes().to_vec())
    }

    fn sign(&self, digest: &[u8]) -> Result<Signature, CryptoError> {
        SigningKey::from(&self.0)
            .sign_prehash(digest)
            .map_err(|_| CryptoError::P256("digest to sign"))
    }

    /// The x coordinate of the shared point with `peer` (ECKA-EG, SP 800-56A §5.7.1.2).
    ///
    /// # Errors
    /// [`CryptoError::P256`] where `peer` is not the SEC 1 form of a point on the curve.
    pub fn agree(&self, peer: &[u8]) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
        let peer = PublicKey::from_sec1_bytes(peer).map_err(|_| CryptoError::P256("point"))?;
        let shared = self.0.diffie_hellman(&peer);
        Ok(Zeroizing::new((*shared.raw_secret_bytes()).into()))
    }
}

/// Checks an ECDSA signature (r, s: 64 bytes; or DER) of a digest by a SEC 1 public point.
///
/// # Errors
/// [`CryptoError::P256`] where `public` is no point, [`CryptoError::Signature`] where the signature
/// is malformed or does not verify.
pub fn verify_p256(public: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let key = VerifyingKey::from_sec1_bytes(public).map_err(|_| CryptoError::P256("point"))?;
    let signature = if signature.len() == 64 {
        Signature::from_slice(signature)
    } else {
        Signature::from_der(signature)
    }
    .map_err(|_| CryptoError::Signature)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| CryptoError::Signature)
}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P256Key(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    /// RFC 6979 §A.2.5: P-256, SHA-256, message "sample".
    #[test]
    fn rfc_6979() {
        let secret =
            hex::decode("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
                .unwrap();
        let key = P256Key::from_secret(&secret).unwrap();
        assert_eq!(
            hex::encode_upper(key.public()),
            "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6\
             7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
        );
        let digest = sha256(b"sample");
        let signature = key.sign_digest(&digest).unwrap();
        assert_eq!(
            hex::encode_upper(signature),
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
             F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        );
        verify_p256(&key.public(), &digest, &signature).unwrap();
        verify_p256(
            &key.public(),
            &digest,
            &key.sign_digest_der(&digest).unwrap(),
        )
        .unwrap();
        assert_eq!(
            verify_p256(&key.public(), &sha256(b"other"), &signature),
            Err(CryptoError::Signature)
        );
    }

    /// RFC 5903 §8.1: 256-bit random ECP group.
    #[test]
    fn rfc_5903() {
        let initiator = P256Key::from_secret(
            &hex::decode("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433")
                .unwrap(),
        )
        .unwrap();
        let responder = P256Key::from_secret(
            &hex::decode("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53")
                .unwrap(),
        )
        .unwrap();
        let shared = "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE";
        for (own, peer) in [(&initiator, &responder), (&responder, &initiator)] {
            assert_eq!(
                hex::encode_upper(own.agree(&peer.public()).unwrap()),
                shared
            );
        }
        assert_eq!(initiator.agree(&[4; 65]), Err(CryptoError::P256("point")));
    }

    #[test]
    fn generated_keys_follow_the_seed() {
        let draw = |seed| P256Key::generate(&mut Drbg::from_seed(seed)).public();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(P256Key::from_secret(&[0; 32]).is_err());
        assert!(P256Key::from_secret(&[1; 31]).is_err());
        assert_eq!(
            format!("{:?}", P256Key::generate(&mut Drbg::from_seed(1))),
            "P256Key(redacted)"
        );
    }
}
