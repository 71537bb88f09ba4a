//! Application identifiers, held inline so that a whole card can be copied without allocating.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An application identifier: 5 to 16 bytes (ISO 7816-4 §8.2.1.2).
///
/// The five-byte minimum is the registry's rule; [`Aid::new`] checks it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Aid {
    bytes: [u8; 16],
    length: u8,
}

impl Aid {
    /// An AID from its bytes, or `None` unless there are 5 to 16 of them.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < 5 {
            return None;
        }
        let mut buffer = [0; 16];
        buffer.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self {
            bytes: buffer,
            length: u8::try_from(bytes.len()).ok()?,
        })
    }

    /// The bytes of the AID (5 to 16).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&[])
    }

    /// Whether the AID begins with `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.as_bytes().starts_with(prefix)
    }
}

impl fmt::Display for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aid({self})")
    }
}
