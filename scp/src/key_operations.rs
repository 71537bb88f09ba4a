//! What a host does with static keys, so that they may lie where nobody can read them.

use std::fmt::Debug;

use se_crypto::zeroize::Zeroizing;
use se_crypto::{AesKey, DesKey};

use crate::scp02;
use crate::scp03::{KeyError, StaticKeys};

/// Which key of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyName {
    /// Key-ENC.
    Enc,
    /// Key-MAC.
    Mac,
    /// Key-DEK.
    Dek,
}

impl KeyName {
    /// All three, in the order of key identifiers.
    pub const ALL: [Self; 3] = [Self::Enc, Self::Mac, Self::Dek];

    /// `ENC`, `MAC` or `DEK`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enc => "ENC",
            Self::Mac => "MAC",
            Self::Dek => "DEK",
        }
    }
}

/// A block cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockCipher {
    /// AES.
    Aes,
    /// Triple DES.
    TripleDes,
}

impl BlockCipher {
    /// Its block length in bytes.
    #[must_use]
    pub fn block(self) -> usize {
        match self {
            Self::Aes => 16,
            Self::TripleDes => DesKey::BLOCK,
        }
    }
}

/// The static keys of a security domain, by what can be done with them: session keys follow from these operations, and
/// so does whatever is encrypted inside of commands. [`StaticKeys`] are at hand; a hardware token has others, which
/// never leave it.
pub trait KeyOperations: Debug + Send + Sync {
    /// The length of each key in bytes.
    fn length(&self) -> usize;

    /// AES-CMAC (NIST SP 800-38B).
    ///
    /// # Errors
    /// [`KeyError`].
    fn cmac(&self, key: KeyName, data: &[u8]) -> Result<[u8; 16], KeyError>;

    /// Encrypts whole blocks in place, each by itself (ECB).
    ///
    /// # Errors
    /// [`KeyError`].
    fn encrypt_blocks(
        &self,
        key: KeyName,
        cipher: BlockCipher,
        blocks: &mut [u8],
    ) -> Result<(), KeyError>;

    /// Encrypts whole blocks in place, chained from a vector of zeros (CBC).
    ///
    /// # Errors
    /// [`KeyError`].
    fn encrypt_chained(
        &self,
        key: KeyName,
        cipher: BlockCipher,
        data: &mut [u8],
    ) -> Result<(), KeyError> {
        let mut last = Zeroizing::new(vec![0; cipher.block()]);
        for block in data.chunks_mut(cipher.block()) {
            for (byte, before) in block.iter_mut().zip(last.iter()) {
                *byte ^= before;
            }
            self.encrypt_blocks(key, cipher, block)?;
            last.copy_from_slice(block);
        }
        Ok(())
    }
}

impl StaticKeys {
    fn named(&self, key: KeyName) -> &[u8] {
        match key {
            KeyName::Enc => self.enc(),
            KeyName::Mac => self.mac(),
            KeyName::Dek => self.dek(),
        }
    }
}

impl KeyOperations for StaticKeys {
    fn length(&self) -> usize {
        Self::length(self)
    }

    fn cmac(&self, key: KeyName, data: &[u8]) -> Result<[u8; 16], KeyError> {
        let key = AesKey::new(self.named(key)).map_err(|cause| refuse(key, cause))?;
        Ok(key.cmac(&[data]))
    }

    fn encrypt_blocks(
        &self,
        key: KeyName,
        cipher: BlockCipher,
        blocks: &mut [u8],
    ) -> Result<(), KeyError> {
        let bytes = self.named(key);
        match cipher {
            BlockCipher::Aes => AesKey::new(bytes).and_then(|key| key.encrypt_ecb(blocks)),
            BlockCipher::TripleDes => DesKey::new(bytes).and_then(|key| key.encrypt_ecb(blocks)),
        }
        .map_err(|cause| refuse(key, cause))
    }
}

impl KeyOperations for scp02::StaticKeys {
    fn length(&self) -> usize {
        self.enc().len()
    }

    fn cmac(&self, key: KeyName, _: &[u8]) -> Result<[u8; 16], KeyError> {
        Err(not_aes(key))
    }

    fn encrypt_blocks(
        &self,
        key: KeyName,
        cipher: BlockCipher,
        blocks: &mut [u8],
    ) -> Result<(), KeyError> {
        let bytes = match key {
            KeyName::Enc => self.enc(),
            KeyName::Mac => self.mac(),
            KeyName::Dek => self.dek(),
        };
        match cipher {
            BlockCipher::Aes => return Err(not_aes(key)),
            BlockCipher::TripleDes => DesKey::new(bytes).and_then(|key| key.encrypt_ecb(blocks)),
        }
        .map_err(|cause| refuse(key, cause))
    }
}

fn not_aes(key: KeyName) -> KeyError {
    KeyError::Token {
        name: key.name(),
        reason: "a triple DES key is none of AES",
    }
}

fn refuse(key: KeyName, cause: se_crypto::CryptoError) -> KeyError {
    KeyError::Length {
        name: key.name(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chaining_is_that_of_the_ciphers_themselves() {
        let keys = StaticKeys::new(&[1; 16], &[2; 16], &[3; 16]).unwrap();
        let data: Vec<u8> = (0..48).collect();
        let mut chained = data.clone();
        keys.encrypt_chained(KeyName::Dek, BlockCipher::Aes, &mut chained)
            .unwrap();
        let mut expected = data.clone();
        keys.encrypt_sensitive(&mut expected).unwrap();
        assert_eq!(chained, expected);
        let mut chained = data.clone();
        keys.encrypt_chained(KeyName::Enc, BlockCipher::TripleDes, &mut chained)
            .unwrap();
        let mut expected = data;
        let key = DesKey::new(&[1; 16]).unwrap();
        key.encrypt_cbc(&[0; 8], &mut expected).unwrap();
        assert_eq!(chained, expected);
        assert!(
            keys.encrypt_chained(KeyName::Enc, BlockCipher::Aes, &mut [0; 15])
                .is_err()
        );
    }
}
