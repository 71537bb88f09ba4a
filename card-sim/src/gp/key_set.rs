//! Key sets of security domains, as they are kept in a card image.

use std::fmt;

use scp::{CardKeySet, CardKeys, scp02, scp03};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// One key set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub(super) struct KeySet(pub(super) CardKeySet);

/// The form in an image. An image holds every secret of its card, and is as secret.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    sequence_counter: u32,
    triple_des: bool,
    enc: Vec<u8>,
    mac: Vec<u8>,
    dek: Vec<u8>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        for key in [&mut self.enc, &mut self.mac, &mut self.dek] {
            drop(Zeroizing::new(std::mem::take(key)));
        }
    }
}

impl From<KeySet> for Stored {
    fn from(KeySet(set): KeySet) -> Self {
        let (triple_des, [enc, mac, dek]) = match &set.keys {
            CardKeys::TripleDes(keys) => (true, [keys.enc(), keys.mac(), keys.dek()]),
            CardKeys::Aes(keys) => (false, [keys.enc(), keys.mac(), keys.dek()]),
        };
        Self {
            version: set.version,
            sequence_counter: set.sequence_counter,
            triple_des,
            enc: enc.to_vec(),
            mac: mac.to_vec(),
            dek: dek.to_vec(),
        }
    }
}

impl TryFrom<Stored> for KeySet {
    type Error = scp::scp03::KeyError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let (enc, mac, dek) = (&stored.enc, &stored.mac, &stored.dek);
        let keys = if stored.triple_des {
            CardKeys::TripleDes(scp02::StaticKeys::new(enc, mac, dek)?)
        } else {
            CardKeys::Aes(scp03::StaticKeys::new(enc, mac, dek)?)
        };
        Ok(Self(CardKeySet {
            version: stored.version,
            keys,
            sequence_counter: stored.sequence_counter,
        }))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({:02X}, {:?})", self.0.version, self.0.keys)
    }
}
