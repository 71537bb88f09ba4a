use std::fmt;

use aes::cipher::KeyInit;
use des::{Des, TdesEde3};
use zeroize::Zeroizing;

use crate::{CryptoError, block};

/// A DES or triple DES key (NIST SP 800-67) in encrypt-decrypt-encrypt order. Parity bits are
/// ignored. Zeroized when dropped.
#[derive(Clone)]
pub struct DesKey {
    triple: TdesEde3,
    first: Des,
    length: usize,
}

impl DesKey {
    /// The block length in bytes.
    pub const BLOCK: usize = 8;

    /// The key of these 8 bytes (single DES), 16 (two keys) or 24 (three keys).
    ///
    /// # Errors
    /// [`CryptoError::KeyLength`] for another length.
    pub fn new(key: &[u8]) -> Result<Self, CryptoError> {
        let refuse = || CryptoError::KeyLength {
            algorithm: "DES",
            expected: "8, 16 or 24 bytes",
            length: key.len(),
        };
        let (second, third) = match key.len() {
            8 => (0..8, 0..8),
            16 => (8..16, 0..8),
            24 => (8..16, 16..24),
            _ => return Err(refuse()),
        };
        let mut all = Zeroizing::new([0; 24]);
        for (to, from) in all.chunks_exact_mut(8).zip([0..8, second, third]) {
            to.copy_from_slice(key.get(from).ok_or_else(refuse)?);
        }
        let first = all.get(..8).ok_or_else(refuse)?;
        Ok(Self {
            triple: TdesEde3::new_from_slice(all.as_slice()).map_err(|_| refuse())?,
            first: Des::new_from_slice(first).map_err(|_| refuse())?,
            length: key.len(),
        })
    }

    /// Encrypts whole blocks in place, each on its own (ECB).
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `data` are not whole blocks.
    pub fn encrypt_ecb(&self, data: &mut [u8]) -> Result<(), CryptoError> {
        block::encrypt_ecb(&self.triple, data)
    }

    /// Decrypts whole blocks in place, each on its own (ECB).
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `data` are not whole blocks.
    pub fn decrypt_ecb(&self, data: &mut [u8]) -> Result<(), CryptoError> {
        block::decrypt_ecb(&self.triple, data)
    }

    /// Encrypts whole blocks in place, chained from `iv` (CBC), without padding.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] or [`CryptoError::IvLength`]; `data` are then untouched.
    pub fn encrypt_cbc(&self, iv: &[u8], data: &mut [u8]) -> Result<(), CryptoError> {
        block::encrypt_cbc(&self.triple, iv, data)
    }

    /// Decrypts whole blocks in place, chained from `iv` (CBC), without padding.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] or [`CryptoError::IvLength`]; `data` are then untouched.
    pub fn decrypt_cbc(&self, iv: &[u8], data: &mut [u8]) -> Result<(), CryptoError> {
        block::decrypt_cbc(&self.triple, iv, data)
    }

    /// Encrypts one block with single DES under the first 8 bytes of the key.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `data` are not whole blocks.
    pub fn encrypt_ecb_single(&self, data: &mut [u8]) -> Result<(), CryptoError> {
        block::encrypt_ecb(&self.first, data)
    }

    /// The *retail MAC* (ISO/IEC 9797-1 MAC algorithm 3) over padded data: single DES in CBC mode
    /// from `iv` under the first key, the last block under the whole key.
    ///
    /// # Errors
    /// [`CryptoError::BlockLength`] where `padded` are not one or more whole blocks,
    /// [`CryptoError::IvLength`].
    pub fn retail_mac(&self, iv: &[u8], padded: &[u8]) -> Result<[u8; 8], CryptoError> {
        let (head, last) = padded
            .split_last_chunk::<8>()
            .ok_or(CryptoError::BlockLength {
                block: Self::BLOCK,
                length: padded.len(),
            })?;
        let mut chain = head.to_vec();
        block::encrypt_cbc(&self.first, iv, &mut chain)?;
        let mut mac = *last;
        let iv = chain.last_chunk::<8>().map_or(iv, |block| block.as_slice());
        self.encrypt_cbc(iv, &mut mac)?;
        Ok(mac)
    }
}

impl fmt::Debug for DesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DesKey({} bytes, redacted)", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> DesKey {
        DesKey::new(&hex::decode(text).unwrap()).unwrap()
    }

    /// NIST SP 800-67 revision 1, appendix B.1.
    #[test]
    fn sp_800_67() {
        let key = key("0123456789abcdef23456789abcdef01456789abcdef0123");
        let mut data = b"The qufck brown fox jump".to_vec();
        key.encrypt_ecb(&mut data).unwrap();
        assert_eq!(
            hex::encode(&data),
            "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900"
        );
        key.decrypt_ecb(&mut data).unwrap();
        assert_eq!(data, b"The qufck brown fox jump");
    }

    /// FIPS 81, table C1 (CBC) for single DES, which is triple DES with three equal keys.
    #[test]
    fn fips_81_cbc() {
        let key = key("0123456789abcdef");
        let iv = hex::decode("1234567890abcdef").unwrap();
        let mut data = b"Now is the time for all ".to_vec();
        key.encrypt_cbc(&iv, &mut data).unwrap();
        assert_eq!(
            hex::encode(&data),
            "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"
        );
        key.decrypt_cbc(&iv, &mut data).unwrap();
        assert_eq!(data, b"Now is the time for all ");
    }

    /// ICAO Doc 9303-11 appendix D.3 (basic access control, worked example): `M_IFD` and `M_IC`.
    #[test]
    fn icao_9303_retail_mac() {
        let key = key("7962D9ECE03D1ACD4C76089DCE131543");
        let mut data =
            hex::decode("72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2")
                .unwrap();
        data.extend_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0]);
        let mac = key.retail_mac(&[0; 8], &data).unwrap();
        assert_eq!(hex::encode_upper(mac), "5F1448EEA8AD90A7");
    }

    #[test]
    fn wrong_lengths_are_told() {
        assert!(DesKey::new(&[0; 9]).is_err());
        assert!(key("0123456789abcdef").retail_mac(&[0; 8], &[]).is_err());
        assert!(
            key("0123456789abcdef")
                .retail_mac(&[0; 8], &[0; 9])
                .is_err()
        );
        assert!(
            key("0123456789abcdef")
                .retail_mac(&[0; 7], &[0; 8])
                .is_err()
        );
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?}", key("0123456789abcdef")),
            "DesKey(8 bytes, redacted)"
        );
    }
}
