//! Keys, cryptograms and challenges, derived (Amendment D §4.1.5, §6.2.1, §6.2.2).

use se_crypto::AesKey;
use se_crypto::zeroize::Zeroizing;

use crate::scp03::{KeyError, StaticKeys};
use crate::{KeyName, KeyOperations};

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
fn derive<E>(
    cmac: impl Fn(&[u8]) -> Result<[u8; 16], E>,
    purpose: Purpose,
    length: usize,
    context: &[&[u8]],
) -> Result<Zeroizing<Vec<u8>>, E> {
    // At most a key of 32 bytes: 256 bits, two counts.
    let [high, low] = u16::try_from(length * 8).unwrap_or(u16::MAX).to_be_bytes();
    let context = context.concat();
    let mut out = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(16)));
    for counter in 1..=u8::try_from(length.div_ceil(16)).unwrap_or(u8::MAX) {
        let fixed = [purpose as u8, 0, high, low, counter];
        out.extend_from_slice(&cmac(&[&[0; 11], &fixed[..], &context].concat())?);
    }
    out.truncate(length);
    Ok(out)
}

/// The keys of one session.
#[derive(Clone, Debug)]
pub(crate) struct SessionKeys {
    pub(crate) enc: AesKey,
    pub(crate) mac: AesKey,
    pub(crate) r_mac: AesKey,
}

impl SessionKeys {
    pub(crate) fn derive<K: KeyOperations + ?Sized>(
        keys: &K,
        host_challenge: &[u8],
        card_challenge: &[u8],
    ) -> Result<Self, KeyError> {
        let context = [host_challenge, card_challenge];
        let session = |name: KeyName, purpose| {
            let cmac = |data: &[u8]| keys.cmac(name, data);
            let key = derive(cmac, purpose, keys.length(), &context)?;
            AesKey::new(&key).map_err(|cause| KeyError::Length {
                name: name.name(),
                cause,
            })
        };
        Ok(Self {
            enc: session(KeyName::Enc, Purpose::SessionEnc)?,
            mac: session(KeyName::Mac, Purpose::SessionMac)?,
            r_mac: session(KeyName::Mac, Purpose::SessionRMac)?,
        })
    }

    fn cryptogram(&self, purpose: Purpose, host: &[u8], card: &[u8]) -> Zeroizing<Vec<u8>> {
        let cmac = |data: &[u8]| Ok::<_, std::convert::Infallible>(self.mac.cmac(&[data]));
        let Ok(cryptogram) = derive(cmac, purpose, card.len(), &[host, card]);
        cryptogram
    }

    /// The card's proof, as long as the challenges.
    pub(crate) fn card_cryptogram(&self, host: &[u8], card: &[u8]) -> Zeroizing<Vec<u8>> {
        self.cryptogram(Purpose::CardCryptogram, host, card)
    }

    /// The host's proof, as long as the challenges.
    pub(crate) fn host_cryptogram(&self, host: &[u8], card: &[u8]) -> Zeroizing<Vec<u8>> {
        self.cryptogram(Purpose::HostCryptogram, host, card)
    }
}

/// The pseudo-random card challenge (§6.2.2.1) from the sequence counter and the AID of the application
/// that opens the session.
pub(crate) fn card_challenge(
    keys: &StaticKeys,
    counter: [u8; 3],
    aid: &[u8],
    length: usize,
) -> Result<Vec<u8>, KeyError> {
    let cmac = |data: &[u8]| keys.cmac(KeyName::Enc, data);
    let challenge = derive(cmac, Purpose::CardChallenge, length, &[&counter, aid])?;
    Ok(challenge.to_vec())
}
