use std::fmt;

use aes::cipher::KeyInit;
use aes::{Aes128, Aes192, Aes256};
use cmac::digest::InnerInit;
use cmac::{Cmac, Mac};

use crate::{CryptoError, block};

/// An AES key of 128, 192 or 256 bits (FIPS 197), its schedule made. Zeroized when dropped.
#[derive(Clone)]
pub struct AesKey(Schedule);

#[derive(Clone)]
enum Schedule {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// Runs one expression with the schedule of whichever length.
macro_rules! with_cipher {
    ($key:expr, $cipher:ident => $body:expr) => {
        match &$key.0 {
            Schedule::Aes128($cipher) => $body,
            Schedule::Aes192($cipher) => $body,
            Schedule::Aes256($cipher) => $body,
        }
    };
}

impl AesKey {
    /// The block length in bytes.
    pub const BLOCK: usize = 16;

    /// The key of these 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`] for another length.
    pub fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let refuse = |_| CryptoError::KeyLength {
            algorithm: "AES",
            expected: "16, 24 or 32 bytes",
            length: key.len(),
        };
        Ok(Self(match key.len() {
            24 => Schedule::Aes192(Aes192::new_from_slice(key).map_err(refuse)?),
            32 => Schedule::Aes256(Aes256::new_from_slice(key).map_err(refuse)?),
            _ => Schedule::Aes128(Aes128::new_from_slice(key).map_err(refuse)?),
        }))
    }

    /// Encrypts whole blocks in place, each on its own (ECB).
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `data` are not whole blocks.
    pub fn encrypt_ecb(&self, data: &mut [u8]) -> Result<(), CryptoError> {
        with_cipher!(self, cipher => block::encrypt_ecb(cipher, data))
    }

    /// Decrypts whole blocks in place, each on its own (ECB).
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `data` are not whole blocks.
    pub fn decrypt_ecb(&self, data: &mut [u8]) -> Result<(), CryptoError> {
        with_cipher!(self, cipher => block::decrypt_ecb(cipher, data))
    }

    /// Encrypts whole blocks in place, chained from `iv` (CBC), without padding.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] or [`CryptoError::IvLength`]; `data` are then untouched.
    pub fn encrypt_cbc(&self, iv: &[u8], data: &mut [u8]) -> Result<(), CryptoError> {
        with_cipher!(self, cipher => block::encrypt_cbc(cipher, iv, data))
    }

    /// Decrypts whole blocks in place, chained from `iv` (CBC), without padding.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] or [`CryptoError::IvLength`]; `data` are then untouched.
    pub fn decrypt_cbc(&self, iv: &[u8], data: &mut [u8]) -> Result<(), CryptoError> {
        with_cipher!(self, cipher => block::decrypt_cbc(cipher, iv, data))
    }

    /// Encrypts or decrypts in counter mode (NIST SP 800-38A §6.5): adds the key stream that begins
    /// with `counter`, from its byte `position` on.
    pub fn apply_ctr(&self, counter: &[u8; 16], position: u64, data: &mut [u8]) {
        with_cipher!(self, cipher => block::apply_ctr(cipher, counter, true, position, data));
    }

    /// The same with a counter of four bytes, as GCM has it.
    pub(crate) fn apply_ctr32(&self, counter: &[u8; 16], position: u64, data: &mut [u8]) {
        with_cipher!(self, cipher => block::apply_ctr(cipher, counter, false, position, data));
    }

    /// CMAC (NIST SP 800-38B) over the concatenation of `parts`.
    #[must_use]
    pub fn cmac(&self, parts: &[&[u8]]) -> [u8; 16] {
        fn run<M: Mac>(mut mac: M, parts: &[&[u8]]) -> [u8; 16] {
            for part in parts {
                mac.update(part);
            }
            let mut out = [0; 16];
            out.copy_from_slice(&mac.finalize().into_bytes());
            out
        }
        match &self.0 {
            Schedule::Aes128(c) => run(Cmac::inner_init(c.clone()), parts),
            Schedule::Aes192(c) => run(Cmac::inner_init(c.clone()), parts),
            Schedule::Aes256(c) => run(Cmac::inner_init(c.clone()), parts),
        }
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = match self.0 {
            Schedule::Aes128(_) => 128,
            Schedule::Aes192(_) => 192,
            Schedule::Aes256(_) => 256,
        };
        write!(f, "AesKey({bits} bits, redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = [
        "2b7e151628aed2a6abf7158809cf4f3c",
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    ];
    const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

    fn key(index: usize) -> AesKey {
        AesKey::new(&hex::decode(KEYS[index]).unwrap()).unwrap()
    }

    /// NIST SP 800-38A, appendix F.1 (ECB) and F.2 (CBC): the first two blocks.
    #[test]
    fn sp_800_38a() {
        let iv: Vec<u8> = (0..16).collect();
        for (index, ecb, cbc) in [
            (
                0,
                "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
            ),
            (
                1,
                "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef",
                "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a",
            ),
            (
                2,
                "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
            ),
        ] {
            let key = key(index);
            let mut data = hex::decode(PLAIN).unwrap();
            key.encrypt_ecb(&mut data).unwrap();
            assert_eq!(hex::encode(&data), ecb);
            key.decrypt_ecb(&mut data).unwrap();
            key.encrypt_cbc(&iv, &mut data).unwrap();
            assert_eq!(hex::encode(&data), cbc);
            key.decrypt_cbc(&iv, &mut data).unwrap();
            assert_eq!(hex::encode(&data), PLAIN);
        }
    }

    /// NIST SP 800-38A, appendix F.5: the first two blocks, in pieces.
    #[test]
    fn sp_800_38a_counter_mode() {
        let counter: Vec<u8> = (0xF0..=0xFF).collect();
        let counter: [u8; 16] = counter.try_into().unwrap();
        for (index, expected) in [
            (
                0,
                "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
            ),
            (
                1,
                "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94",
            ),
            (
                2,
                "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5",
            ),
        ] {
            let mut data = hex::decode(PLAIN).unwrap();
            let (first, second) = data.split_at_mut(5);
            key(index).apply_ctr(&counter, 0, first);
            key(index).apply_ctr(&counter, 5, second);
            assert_eq!(hex::encode(&data), expected);
        }
    }

    /// NIST SP 800-38B examples: the empty message and 20 bytes (updated values of 2016).
    #[test]
    fn sp_800_38b() {
        let message = hex::decode(PLAIN).unwrap();
        for (index, empty, twenty) in [
            (
                0,
                "bb1d6929e95937287fa37d129b756746",
                "7d85449ea6ea19c823a7bf78837dfade",
            ),
            (
                1,
                "d17ddf46adaacde531cac483de7a9367",
                "3d75c194ed96070444a9fa7ec740ecf8",
            ),
            (
                2,
                "028962f61b7bf89efc6b551f4667d983",
                "156727dc0878944a023c1fe03bad6d93",
            ),
        ] {
            assert_eq!(hex::encode(key(index).cmac(&[])), empty);
            assert_eq!(
                hex::encode(key(index).cmac(&[&message[..7], &message[7..20]])),
                twenty
            );
        }
    }

    #[test]
    fn wrong_lengths_are_told() {
        assert_eq!(
            AesKey::new(&[0; 20]).unwrap_err().to_string(),
            "AES key of 20 bytes; it takes 16, 24 or 32 bytes"
        );
        let error = key(0).encrypt_cbc(&[0; 16], &mut [0; 17]).unwrap_err();
        assert_eq!(
            error,
            CryptoError::BlockLength {
                block: 16,
                length: 17
            }
        );
        let error = key(0).decrypt_cbc(&[0; 8], &mut [0; 16]).unwrap_err();
        assert_eq!(
            error,
            CryptoError::IvLength {
                block: 16,
                length: 8
            }
        );
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", key(1)), "AesKey(192 bits, redacted)");
    }
}
