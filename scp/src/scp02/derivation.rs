//! Session keys, cryptograms and the pseudo-random challenge (GPCS 2.3.1 §E.4.1 to §E.4.3).

use se_crypto::zeroize::Zeroizing;
use se_crypto::{CryptoError, DesKey};

use crate::scp02::Parameters;
use crate::scp03::KeyError;
use crate::{BlockCipher, KeyName, KeyOperations};

/// The derivation constants (GPCS 2.3.1 §E.4.1).
const S_MAC: [u8; 2] = [0x01, 0x01];
const S_ENC: [u8; 2] = [0x01, 0x82];
const S_DEK: [u8; 2] = [0x01, 0x81];
const S_RMAC: [u8; 2] = [0x01, 0x02];

/// The keys of one session.
#[derive(Clone, Debug)]
pub(crate) struct SessionKeys {
    pub(crate) enc: DesKey,
    pub(crate) mac: DesKey,
    pub(crate) dek: DesKey,
    pub(crate) r_mac: DesKey,
}

impl SessionKeys {
    /// Derives them from three keys, or all from the first where the channel has one base key.
    pub(crate) fn derive<K: KeyOperations + ?Sized>(
        keys: &K,
        parameters: Parameters,
        counter: [u8; 2],
    ) -> Result<Self, KeyError> {
        let session = |name: KeyName, constant: [u8; 2]| {
            let mut data = Zeroizing::new([0; 16]);
            let fixed = constant.into_iter().chain(counter);
            for (to, from) in data.iter_mut().zip(fixed) {
                *to = from;
            }
            keys.encrypt_chained(name, BlockCipher::TripleDes, data.as_mut_slice())?;
            DesKey::new(data.as_slice()).map_err(|cause| KeyError::Length {
                name: name.name(),
                cause,
            })
        };
        let (mac, dek) = if parameters.has_three_keys() {
            (KeyName::Mac, KeyName::Dek)
        } else {
            (KeyName::Enc, KeyName::Enc)
        };
        Ok(Self {
            enc: session(KeyName::Enc, S_ENC)?,
            mac: session(mac, S_MAC)?,
            dek: session(dek, S_DEK)?,
            r_mac: session(mac, S_RMAC)?,
        })
    }

    /// A cryptogram: the last block of triple DES in CBC mode over both challenges, padded.
    fn cryptogram(&self, parts: &[&[u8]]) -> Result<[u8; 8], CryptoError> {
        let mut data = pad(&parts.concat());
        self.enc.encrypt_cbc(&[0; 8], &mut data)?;
        Ok(data.last_chunk::<8>().copied().unwrap_or_default())
    }

    /// The card's proof.
    pub(crate) fn card_cryptogram(
        &self,
        host: &[u8],
        counter: [u8; 2],
        card: &[u8],
    ) -> Result<[u8; 8], CryptoError> {
        self.cryptogram(&[host, &counter, card])
    }

    /// The host's proof.
    pub(crate) fn host_cryptogram(
        &self,
        host: &[u8],
        counter: [u8; 2],
        card: &[u8],
    ) -> Result<[u8; 8], CryptoError> {
        self.cryptogram(&[&counter, card, host])
    }

    /// The pseudo-random card challenge: the first six bytes of a MAC over the AID of the application that
    /// opens the session.
    pub(crate) fn card_challenge(&self, aid: &[u8]) -> Result<[u8; 6], CryptoError> {
        let [a, b, c, d, e, f, _, _] = self.mac.retail_mac(&[0; 8], &pad(aid))?;
        Ok([a, b, c, d, e, f])
    }
}

/// Padding method 2 of ISO/IEC 9797-1: `80`, then zeros up to whole blocks.
pub(crate) fn pad(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);
    padded
}
