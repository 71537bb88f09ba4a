//! Key sets of security domains, as they are kept in a card image.

use std::fmt;

use scp::scp03::{CardKeySet, StaticKeys};
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
        Self {
            version: set.version,
            sequence_counter: set.sequence_counter,
            enc: set.keys.enc().to_vec(),
            mac: set.keys.mac().to_vec(),
            dek: set.keys.dek().to_vec(),
        }
    }
}

impl TryFrom<Stored> for KeySet {
    type Error = scp::scp03::KeyError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let keys = StaticKeys::new(&stored.enc, &stored.mac, &stored.dek)?;
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
