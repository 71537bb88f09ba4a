//! Keys, cryptograms and challenges, derived (Amendment D §4.1.5, §6.2.1, §6.2.2).

use se_crypto::AesKey;
use se_crypto::CryptoError;
use se_crypto::zeroize::Zeroizing;

use crate::scp03::StaticKeys;

/// What is derived: the derivation constant (Amendment D §4.1.5, table 4-1).
#[derive(Clone, Copy)]
enum Purpose {
    CardCryptogram = 0x00,
    HostCryptogram = 0x01,
    CardChallenge = 0x02,
    SessionEnc = 0x04,
    SessionMac = 0x06,
    SessionRMac = 0x07,
}

/// The key derivation of NIST SP 800-108 in counter mode with CMAC, its input laid out as in §4.1.5:
/// eleven zeros, the constant, a zero, the length in bits, the counter, the context.
fn derive(key: &AesKey, purpose: Purpose, length: usize, context: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    // At most a key of 32 bytes: 256 bits, two counts.
    let [high, low] = u16::try_from(length * 8).unwrap_or(u16::MAX).to_be_bytes();
    let context = context.concat();
    let mut out = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(16)));
    for counter in 1..=u8::try_from(length.div_ceil(16)).unwrap_or(u8::MAX) {
        let fixed = [purpose as u8, 0, high, low, counter];
        out.extend_from_slice(&key.cmac(&[&[0; 11], &fixed, &context]));
    }
    out.truncate(length);
    out
}

/// The keys of one session.
#[derive(Clone, Debug)]
pub(crate) struct SessionKeys {
    pub(crate) enc: AesKey,
    pub(crate) mac: AesKey,
    pub(crate) r_mac: AesKey,
}

impl SessionKeys {
    pub(crate) fn derive(
        keys: &StaticKeys,
        host_challenge: &[u8],
        card_challenge: &[u8],
    ) -> Result<Self, CryptoError> {
        let context = [host_challenge, card_challenge];
        let (enc, mac) = (AesKey::new(keys.enc())?, AesKey::new(keys.mac())?);
        let session = |key, purpose| AesKey::new(&derive(key, purpose, keys.length(), &context));
        Ok(Self {
            enc: session(&enc, Purpose::SessionEnc)?,
            mac: session(&mac, Purpose::SessionMac)?,
            r_mac: session(&mac, Purpose::SessionRMac)?,
        })
    }

    /// The card's proof, as long as the challenges.
    pub(crate) fn card_cryptogram(&self, host: &[u8], card: &[u8]) -> Zeroizing<Vec<u8>> {
        derive(
            &self.mac,
            Purpose::CardCryptogram,
            card.len(),
            &[host, card],
        )
    }

    /// The host's proof, as long as the challenges.
    pub(crate) fn host_cryptogram(&self, host: &[u8], card: &[u8]) -> Zeroizing<Vec<u8>> {
        derive(
            &self.mac,
            Purpose::HostCryptogram,
            card.len(),
            &[host, card],
        )
    }
}

/// The pseudo-random card challenge (§6.2.2.1) from the sequence counter and the AID of the application
/// that opens the session.
pub(crate) fn card_challenge(
    keys: &StaticKeys,
    counter: [u8; 3],
    aid: &[u8],
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let key = AesKey::new(keys.enc())?;
    Ok(derive(&key, Purpose::CardChallenge, length, &[&counter, aid]).to_vec())
}
