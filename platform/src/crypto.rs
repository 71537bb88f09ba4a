//! Keys that stay in the chip, and what they do; hash functions; random numbers.
//!
//! A key is not changed within a transaction: whether an abort gives the old one back is each card's own affair, and on
//! the host it is a panic.

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
    /// Fills `out` (`generateData`), which may be empty.
    fn fill(&mut self, out: &mut [u8]);
}

/// A hash function over a message that comes in parts (`javacard.security.MessageDigest`). A reset of the card forgets
/// what has come.
pub trait Digest {
    /// Takes a part of the message (`update`).
    fn update(&mut self, part: &[u8]);
    /// Takes the last part, writes the hash to the start of `out`, tells its length in bytes, and is ready for the next
    /// message (`doFinal`).
    fn finish(&mut self, part: &[u8], out: &mut [u8]) -> usize;
    /// Forgets what has come (`reset`).
    fn reset(&mut self);
}

/// An AES key (`javacard.security.AESKey`, `TYPE_AES`). It has no way out.
pub trait AesKey {
    /// Sets the key, which has the length that it was made with (`setKey`).
    fn set(&mut self, key: &[u8]);
    /// Whether it is set (`isInitialized`).
    fn is_set(&self) -> bool;
    /// Destroys it (`clearKey`).
    fn clear(&mut self);
}

/// AES in CBC mode without padding (NIST SP 800-38A §6.2; `javacardx.crypto.Cipher`,
/// `ALG_AES_BLOCK_128_CBC_NOPAD`): on whole blocks of 16 bytes, and in place. One block with a zero `iv` is the bare
/// block cipher.
pub trait AesCbc<K: AesKey> {
    /// Encrypts `data`; `iv` has 16 bytes.
    fn encrypt(&mut self, key: &K, iv: &[u8], data: &mut [u8]);
    /// Decrypts `data`; `iv` has 16 bytes.
    fn decrypt(&mut self, key: &K, iv: &[u8], data: &mut [u8]);
}

/// A key pair on the curve P-256 (SP 800-186 §3.2.1.3; `javacard.security.KeyPair`, `ALG_EC_FP`). The private key has no
/// way out.
pub trait EcKeyPair {
    /// Makes a new key pair in the chip (`genKeyPair`).
    fn generate(&mut self);
    /// Copies the public point, 65 bytes uncompressed (SEC 1 §2.3.3), to the start of `out` and tells its length
    /// (`ECPublicKey.getW`). Only after [`EcKeyPair::generate`].
    fn public(&self, out: &mut [u8]) -> usize;
    /// Destroys both keys (`Key.clearKey`).
    fn clear(&mut self);
}

/// ECDSA over SHA-256 (FIPS 186-5 §6.4; `javacard.security.Signature`, `ALG_ECDSA_SHA_256`, Java Card 3.0.1).
pub trait EcdsaSigner<K: EcKeyPair> {
    /// Signs the message, writes the signature in DER (at most 72 bytes) to the start of `out`, and tells its length.
    /// Only with a generated key.
    fn sign(&mut self, key: &K, message: &[u8], out: &mut [u8]) -> usize;
}
