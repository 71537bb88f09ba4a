//! BER-TLV data objects (ISO 7816-4 §5.2.2, ISO 8825-1): definite lengths, tags of one to three
//! bytes.

use core::fmt;

mod reader;
mod writer;

pub use reader::{Object, Reader};
pub use writer::Writer;

/// A tag of one to three bytes, as the number that these bytes are in big-endian order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

impl Tag {
    /// Whether the value is itself made of data objects.
    #[must_use]
    pub const fn is_constructed(self) -> bool {
        self.first_byte() & 0x20 != 0
    }

    const fn first_byte(self) -> u8 {
        let [_, first, second, third] = self.0.to_be_bytes();
        match (first, second) {
            (0, 0) => third,
            (0, _) => second,
            _ => first,
        }
    }

    /// The length of the tag in bytes, where it is well-formed.
    const fn length(self) -> Option<usize> {
        match self.0.to_be_bytes() {
            [0, 0, 0, one] if one & 0x1F != 0x1F => Some(1),
            [0, 0, one, two] if one & 0x1F == 0x1F && two < 0x80 && two >= 0x1F => Some(2),
            [0, one, two, three] if one & 0x1F == 0x1F && two > 0x80 && three < 0x80 => Some(3),
            _ => None,
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// Bytes that are no data object, or a data object that cannot be written. Offsets count from the
/// start of what the [`Reader`] was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlvError {
    /// The bytes end within a tag or a length.
    Truncated {
        /// Where the bytes end.
        offset: usize,
    },
    /// A tag of more than three bytes, or one that is not in its shortest form.
    BadTag {
        /// Where the tag starts.
        offset: usize,
    },
    /// An indefinite length, or one of more than three bytes.
    BadLength {
        /// Where the length starts.
        offset: usize,
    },
    /// A value that is longer than what is there.
    ValueTooLong {
        /// Where the value starts.
        offset: usize,
        /// The length that the data object tells.
        length: usize,
        /// How many bytes there are.
        found: usize,
    },
    /// A tag that was to be written is no tag.
    NoTag(Tag),
    /// The output is too small.
    NoRoom,
}

impl fmt::Display for TlvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { offset } => {
                write!(f, "the data end within a tag or length, at byte {offset}")
            }
            Self::BadTag { offset } => {
                write!(
                    f,
                    "byte {offset} starts no tag of one to three bytes in its shortest form"
                )
            }
            Self::BadLength { offset } => {
                write!(
                    f,
                    "byte {offset} starts no definite length of up to three bytes"
                )
            }
            Self::ValueTooLong {
                offset,
                length,
                found,
            } => {
                write!(
                    f,
                    "the value at byte {offset} should have {length} bytes, {found} are left"
                )
            }
            Self::NoTag(tag) => write!(
                f,
                "{tag} is no tag of one to three bytes in its shortest form"
            ),
            Self::NoRoom => f.write_str("there is no room for the data object"),
        }
    }
}

impl core::error::Error for TlvError {}
