//! Keys that stay in the chip, and what they do.

use crate::Result;

/// An RSA key pair with public exponent 65537 (`javacard.security.KeyPair`, `ALG_RSA_CRT`).
/// The private key has no way out.
pub trait RsaKeyPair {
    /// Makes a new key pair in the chip (`genKeyPair`).
    fn generate(&mut self);
    /// Copies the modulus, big-endian without leading zeros, to the start of `out` and tells its
    /// length in bytes (`RSAPublicKey.getModulus`). Only after [`RsaKeyPair::generate`].
    fn modulus(&self, out: &mut [u8]) -> usize;
    /// Copies the public exponent, big-endian without leading zeros, to the start of `out` and tells
    /// its length in bytes (`RSAPublicKey.getExponent`). Only after [`RsaKeyPair::generate`].
    fn exponent(&self, out: &mut [u8]) -> usize;
    /// Destroys both keys (`Key.clearKey`).
    fn clear(&mut self);
}

/// RSASSA-PKCS1-v1_5 over a prepared `DigestInfo` (PKCS#1 v2.2 §8.2.1 from step 2 of EMSA on):
/// block type 01 padding and the private key operation (`javacardx.crypto.Cipher`, `ALG_RSA_PKCS1`,
/// `MODE_ENCRYPT` with the private key).
pub trait RsaSigner<K: RsaKeyPair> {
    /// Signs the first `length` bytes of `buffer` (1 to modulus length minus 11), writes the
    /// signature over the start of `buffer`, and tells its length in bytes, that of the modulus.
    ///
    /// # Errors
    /// None for a generated key and a length in range.
    fn sign(&mut self, key: &K, buffer: &mut [u8], length: usize) -> Result<usize>;
}

/// A cryptographically secure random number generator (`RandomData`, `ALG_SECURE_RANDOM`).
pub trait Random {
    /// Fills `out` (`generateData`).
    fn fill(&mut self, out: &mut [u8]);
}
