use std::fmt;

use se_crypto::AesKey;
use se_crypto::zeroize::Zeroizing;

use crate::scp03::KeyError;

/// The published test key that development cards are delivered with, for ENC, MAC and DEK alike. Whoever
/// reads this knows it: it protects nothing.
pub const DEFAULT_TEST_KEY: [u8; 16] = [
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
];

/// The static keys of a security domain: AES of 128, 192 or 256 bits, all three alike (Amendment D §4.1).
/// Zeroized when dropped, redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct StaticKeys {
    enc: Zeroizing<Vec<u8>>,
    mac: Zeroizing<Vec<u8>>,
    dek: Zeroizing<Vec<u8>>,
}

impl StaticKeys {
    /// Key-ENC, Key-MAC and Key-DEK, each of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Length`] for another length, [`KeyError::Mixed`] where the lengths differ.
    pub fn new(enc: &[u8], mac: &[u8], dek: &[u8]) -> Result<Self, KeyError> {
        for (name, key) in [("ENC", enc), ("MAC", mac), ("DEK", dek)] {
            AesKey::new(key).map_err(|cause| KeyError::Length { name, cause })?;
        }
        if enc.len() != mac.len() || mac.len() != dek.len() {
            return Err(KeyError::Mixed {
                enc: enc.len(),
                mac: mac.len(),
                dek: dek.len(),
            });
        }
        Ok(Self {
            enc: Zeroizing::new(enc.to_vec()),
            mac: Zeroizing::new(mac.to_vec()),
            dek: Zeroizing::new(dek.to_vec()),
        })
    }

    /// [`DEFAULT_TEST_KEY`] three times.
    #[must_use]
    pub fn test_keys() -> Self {
        let key = Zeroizing::new(DEFAULT_TEST_KEY.to_vec());
        Self {
            enc: key.clone(),
            mac: key.clone(),
            dek: key,
        }
    }

    /// Key-ENC, from which the session encryption key and pseudo-random challenges are derived.
    #[must_use]
    pub fn enc(&self) -> &[u8] {
        &self.enc
    }

    /// Key-MAC, from which the session MAC keys are derived.
    #[must_use]
    pub fn mac(&self) -> &[u8] {
        &self.mac
    }

    /// Key-DEK, which encrypts keys and other sensitive data inside of commands.
    #[must_use]
    pub fn dek(&self) -> &[u8] {
        &self.dek
    }

    /// The length of each key in bytes: 16, 24 or 32.
    #[must_use]
    pub fn length(&self) -> usize {
        self.enc.len()
    }

    /// Whether all of these are the published test key, so that anyone may open a session.
    #[must_use]
    pub fn are_test_keys(&self) -> bool {
        [&self.enc, &self.mac, &self.dek]
            .into_iter()
            .all(|key| key.as_slice() == DEFAULT_TEST_KEY)
    }

    /// The key check values of ENC, MAC and DEK.
    ///
    /// # Errors
    /// None for keys made by [`StaticKeys::new`].
    pub fn check_values(&self) -> Result<[[u8; 3]; 3], KeyError> {
        Ok([
            key_check_value(&self.enc)?,
            key_check_value(&self.mac)?,
            key_check_value(&self.dek)?,
        ])
    }

    /// Encrypts sensitive data (keys in PUT KEY) in place with Key-DEK: AES-CBC from a zero vector, without
    /// padding (Amendment D §6.2.8).
    ///
    /// # Errors
    /// [`KeyError::Length`] where the data are not whole blocks of 16 bytes.
    pub fn encrypt_sensitive(&self, data: &mut [u8]) -> Result<(), KeyError> {
        AesKey::new(&self.dek)
            .and_then(|key| key.encrypt_cbc(&[0; 16], data))
            .map_err(|cause| KeyError::Length { name: "DEK", cause })
    }

    /// Undoes [`StaticKeys::encrypt_sensitive`].
    ///
    /// # Errors
    /// [`KeyError::Length`] where the data are not whole blocks of 16 bytes.
    pub fn decrypt_sensitive(&self, data: &mut [u8]) -> Result<(), KeyError> {
        AesKey::new(&self.dek)
            .and_then(|key| key.decrypt_cbc(&[0; 16], data))
            .map_err(|cause| KeyError::Length { name: "DEK", cause })
    }
}

impl fmt::Debug for StaticKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticKeys(AES-{}, redacted)", self.length() * 8)
    }
}

/// The key check value of an AES key: the first three bytes of sixteen `01` encrypted with it (GPCS 2.3.1
/// §B.5).
///
/// # Errors
/// [`KeyError::Length`] where it is no AES key.
pub fn key_check_value(key: &[u8]) -> Result<[u8; 3], KeyError> {
    let mut block = [1; 16];
    AesKey::new(key)
        .and_then(|key| key.encrypt_ecb(&mut block))
        .map_err(|cause| KeyError::Length { name: "AES", cause })?;
    let [a, b, c, ..] = block;
    Ok([a, b, c])
}

/// A challenge: 8 bytes in S8 mode, 16 in S16 mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(Vec<u8>);

impl Challenge {
    /// The challenge of these bytes. Draw them anew for each session.
    ///
    /// # Errors
    /// [`KeyError::Challenge`] for another length than 8 or 16.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        if matches!(bytes.len(), 8 | 16) {
            Ok(Self(bytes.to_vec()))
        } else {
            Err(KeyError::Challenge(bytes.len()))
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// osmocom/pysim, `tests/unittests/test_globalplatform.py`, `SCP03_KCV_Test`.
    #[test]
    fn check_values() {
        let key = |first: u8| (first..first + 16).collect::<Vec<u8>>();
        let keys = StaticKeys::new(&key(0x00), &key(0x10), &key(0x20)).unwrap();
        assert_eq!(
            keys.check_values().unwrap().map(hex::encode_upper),
            ["C35280", "013808", "840DE5"]
        );
    }

    #[test]
    fn odd_keys_are_refused_without_showing_them() {
        let error = StaticKeys::new(&[7; 16], &[7; 15], &[7; 16]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MAC key: AES key of 15 bytes; it takes 16, 24 or 32 bytes"
        );
        assert!(matches!(
            StaticKeys::new(&[7; 16], &[7; 24], &[7; 16]),
            Err(KeyError::Mixed { mac: 24, .. })
        ));
        assert_eq!(Challenge::new(&[0; 9]), Err(KeyError::Challenge(9)));
        assert_eq!(
            format!("{:?}", StaticKeys::test_keys()),
            "StaticKeys(AES-128, redacted)"
        );
    }

    #[test]
    fn sensitive_data_come_back() {
        let keys = StaticKeys::test_keys();
        assert!(keys.are_test_keys());
        let mut data = [5; 32];
        keys.encrypt_sensitive(&mut data).unwrap();
        assert_ne!(data, [5; 32]);
        keys.decrypt_sensitive(&mut data).unwrap();
        assert_eq!(data, [5; 32]);
        assert!(keys.encrypt_sensitive(&mut [0; 15]).is_err());
    }
}
