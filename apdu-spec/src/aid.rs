//! Application identifiers.

use core::fmt;

/// An application identifier, 5 to 16 bytes (ISO 7816-4 §8.2.1.2): a registered provider's RID of
/// five bytes, and up to eleven bytes of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aid {
    // Bytes past `length` are zero, so that the derived comparisons hold.
    bytes: [u8; Aid::MAX_LENGTH],
    length: u8,
}

/// Bytes that are no AID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AidError {
    /// How many bytes there were.
    pub length: usize,
}

impl fmt::Display for AidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an AID has 5 to 16 bytes (ISO 7816-4 §8.2.1.2), these are {}",
            self.length
        )
    }
}

impl core::error::Error for AidError {}

impl Aid {
    /// The length of the shortest AID, a bare RID, in bytes.
    pub const MIN_LENGTH: usize = 5;
    /// The length of the longest AID in bytes.
    pub const MAX_LENGTH: usize = 16;

    /// Takes 5 to 16 bytes as an AID.
    ///
    /// # Errors
    /// [`AidError`] for any other number of bytes.
    pub const fn new(bytes: &[u8]) -> Result<Self, AidError> {
        if bytes.len() < Self::MIN_LENGTH || bytes.len() > Self::MAX_LENGTH {
            return Err(AidError {
                length: bytes.len(),
            });
        }
        let mut all = [0; Self::MAX_LENGTH];
        let mut length = 0_u8;
        while (length as usize) < bytes.len() {
            all[length as usize] = bytes[length as usize];
            length += 1;
        }
        Ok(Self { bytes: all, length })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or(&self.bytes)
    }

    /// The first five bytes, the registered application provider identifier.
    #[must_use]
    pub fn rid(&self) -> &[u8] {
        self.as_bytes().get(..Self::MIN_LENGTH).unwrap_or_default()
    }

    /// Whether `selector`, the data field of a SELECT, names this AID: all of it, or its beginning
    /// (ISO 7816-4 §8.2.1.2, selection by a truncated name). An empty selector names nothing.
    #[must_use]
    pub fn is_named_by(&self, selector: &[u8]) -> bool {
        !selector.is_empty() && self.as_bytes().starts_with(selector)
    }
}

impl TryFrom<&[u8]> for Aid {
    type Error = AidError;

    fn try_from(bytes: &[u8]) -> Result<Self, AidError> {
        Self::new(bytes)
    }
}

impl AsRef<[u8]> for Aid {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
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

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;
    use alloc::string::ToString;

    #[test]
    fn takes_five_to_sixteen_bytes() {
        for length in 0..=20_usize {
            let bytes = [7; 20];
            let aid = Aid::new(&bytes[..length]);
            assert_eq!(aid.is_ok(), (5..=16).contains(&length), "{length} bytes");
            if let Ok(aid) = aid {
                assert_eq!(aid.as_bytes(), &bytes[..length]);
            }
        }
    }

    #[test]
    fn is_named_by_itself_and_by_its_beginning() {
        let aid = Aid::new(&[0xD3, 0x92, 0xF0, 0, 0x26, 1]).unwrap();
        assert!(aid.is_named_by(aid.as_bytes()));
        assert!(aid.is_named_by(&[0xD3, 0x92, 0xF0, 0, 0x26]));
        assert!(!aid.is_named_by(&[]));
        assert!(!aid.is_named_by(&[0xD3, 0x92, 0xF1]));
        assert!(!aid.is_named_by(&[0xD3, 0x92, 0xF0, 0, 0x26, 1, 0]));
        assert_eq!(aid.to_string(), "D392F0002601");
        assert_eq!(aid.rid(), &[0xD3, 0x92, 0xF0, 0, 0x26]);
    }
}
