use std::fmt;

use se_crypto::DesKey;
use se_crypto::zeroize::Zeroizing;

use crate::scp03::{DEFAULT_TEST_KEY, KeyError};

/// The static keys of a security domain: triple DES with two keys, 16 bytes each (GPCS 2.3.1 §E.4.1). Zeroized
/// when dropped, redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct StaticKeys {
    enc: Zeroizing<[u8; 16]>,
    mac: Zeroizing<[u8; 16]>,
    dek: Zeroizing<[u8; 16]>,
}

impl StaticKeys {
    /// The ENC, MAC and DEK keys, 16 bytes each.
    ///
    /// # Errors
    /// [`KeyError::Length`] for another length.
    pub fn new(enc: &[u8], mac: &[u8], dek: &[u8]) -> Result<Self, KeyError> {
        let key = |name, bytes: &[u8]| {
            <[u8; 16]>::try_from(bytes)
                .map(Zeroizing::new)
                .map_err(|_| KeyError::Length {
                    name,
                    cause: se_crypto::CryptoError::KeyLength {
                        algorithm: "triple DES",
                        expected: "16 bytes",
                        length: bytes.len(),
                    },
                })
        };
        Ok(Self {
            enc: key("ENC", enc)?,
            mac: key("MAC", mac)?,
            dek: key("DEK", dek)?,
        })
    }

    /// [`DEFAULT_TEST_KEY`] three times.
    #[must_use]
    pub fn test_keys() -> Self {
        let key = Zeroizing::new(DEFAULT_TEST_KEY);
        Self {
            enc: key.clone(),
            mac: key.clone(),
            dek: key,
        }
    }

    /// The ENC key.
    #[must_use]
    pub fn enc(&self) -> &[u8] {
        self.enc.as_slice()
    }

    /// The MAC key.
    #[must_use]
    pub fn mac(&self) -> &[u8] {
        self.mac.as_slice()
    }

    /// The DEK key.
    #[must_use]
    pub fn dek(&self) -> &[u8] {
        self.dek.as_slice()
    }
}

impl fmt::Debug for StaticKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticKeys(triple DES, redacted)")
    }
}

/// The key check value of a triple DES key: the first three bytes of eight zeros encrypted with it (GPCS 2.3.1
/// §B.5).
///
/// # Errors
/// [`KeyError::Length`] where it is no DES key.
pub fn key_check_value(key: &[u8]) -> Result<[u8; 3], KeyError> {
    let mut block = [0; 8];
    DesKey::new(key)
        .and_then(|key| key.encrypt_ecb(&mut block))
        .map_err(|cause| KeyError::Length { name: "DES", cause })?;
    let [a, b, c, ..] = block;
    Ok([a, b, c])
}
