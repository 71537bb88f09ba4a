//! Command APDUs.

use core::fmt;

/// Whether lengths take one byte or, after a marker, two (ISO 7816-4 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lengths {
    /// Up to 255 bytes of data and 256 expected.
    #[default]
    Short,
    /// Up to 65535 bytes of data and 65536 expected.
    Extended,
}

impl Lengths {
    /// The greatest Lc in bytes.
    #[must_use]
    pub const fn max_data(self) -> usize {
        match self {
            Self::Short => 0xFF,
            Self::Extended => 0xFFFF,
        }
    }

    /// The greatest Le in bytes, the one that is encoded as zero.
    #[must_use]
    pub const fn max_expected(self) -> usize {
        self.max_data() + 1
    }
}

/// A command APDU of any of the four cases (ISO 7816-4 §5.1).
///
/// ```
/// use apdu_spec::Command;
///
/// let command = Command::parse(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B])?;
/// assert_eq!((command.ins, command.data, command.le), (0xA4, &[0x00, 0x1B][..], None));
///
/// let mut bytes = [0; 16];
/// let read = Command::new(0x00, 0xB0, 0, 0).with_le(256);
/// assert_eq!(read.encode(&mut bytes)?, &[0x00, 0xB0, 0, 0, 0x00]);
/// # Ok::<(), apdu_spec::CommandError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// The class byte.
    pub cla: u8,
    /// The instruction byte.
    pub ins: u8,
    /// The first parameter byte.
    pub p1: u8,
    /// The second parameter byte.
    pub p2: u8,
    /// The command data; empty in cases 1 and 2.
    pub data: &'a [u8],
    /// How many response bytes are expected at most, Le: 1 to 256 or 65536; none in cases 1 and 3.
    pub le: Option<usize>,
    /// How the lengths are encoded. Case 1 has none, and is short.
    pub lengths: Lengths,
}

/// Bytes that are no command, or a command that cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// Fewer than the four bytes of the header.
    NoHeader {
        /// How many bytes there are.
        length: usize,
    },
    /// The length field at byte 4 is cut off.
    NoLength {
        /// How many bytes there are.
        length: usize,
    },
    /// An extended Lc of zero.
    ZeroLc,
    /// The data do not end where Lc says, nor is the rest an Le.
    WrongLc {
        /// What Lc says.
        lc: usize,
        /// How many bytes follow Lc.
        found: usize,
    },
    /// More data than the lengths can tell.
    DataTooLong {
        /// How many bytes of data there are.
        length: usize,
        /// The most there may be.
        max: usize,
    },
    /// An Le of zero, or a greater one than the lengths can tell.
    LeOutOfRange {
        /// The Le.
        le: usize,
        /// The greatest Le there may be.
        max: usize,
    },
    /// The output is too small.
    NoRoom {
        /// How many bytes are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoHeader { length } => {
                write!(
                    f,
                    "a command starts with CLA INS P1 P2, here are {length} of these 4 bytes"
                )
            }
            Self::NoLength { length } => write!(
                f,
                "byte 4 is 00, so two bytes of extended length must follow, but the command ends after {length} bytes"
            ),
            Self::ZeroLc => f.write_str("an extended Lc of 0000: a command without data has no Lc"),
            Self::WrongLc { lc, found } => write!(
                f,
                "Lc announces {lc} bytes of data, {found} bytes follow: they should be {lc}, or {lc} and an Le"
            ),
            Self::DataTooLong { length, max } => {
                write!(
                    f,
                    "{length} bytes of data, at most {max} fit this kind of length"
                )
            }
            Self::LeOutOfRange { le, max } => write!(f, "Le is {le}, it should be 1 to {max}"),
            Self::NoRoom { needed, found } => {
                write!(
                    f,
                    "the command takes {needed} bytes, there is room for {found}"
                )
            }
        }
    }
}

impl core::error::Error for CommandError {}

impl<'a> Command<'a> {
    /// A case 1 command.
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self {
            cla,
            ins,
            p1,
            p2,
            data: &[],
            le: None,
            lengths: Lengths::Short,
        }
    }

    /// The command with these data.
    #[must_use]
    pub const fn with_data(self, data: &'a [u8]) -> Self {
        Self { data, ..self }
    }

    /// The command with this Le, 1 to 256, or to 65536 with extended lengths.
    #[must_use]
    pub const fn with_le(self, le: usize) -> Self {
        Self {
            le: Some(le),
            ..self
        }
    }

    /// The command with this kind of lengths.
    #[must_use]
    pub const fn with_lengths(self, lengths: Lengths) -> Self {
        Self { lengths, ..self }
    }

    /// Reads a command.
    ///
    /// # Errors
    /// [`CommandError`] where the bytes are none of the seven encodings: header alone, with Le, with
    /// Lc and data, with both; the latter three short or extended.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CommandError> {
        let &[cla, ins, p1, p2, ref body @ ..] = bytes else {
            return Err(CommandError::NoHeader {
                length: bytes.len(),
            });
        };
        let header = Self::new(cla, ins, p1, p2);
        match *body {
            [] => Ok(header),
            [le] => Ok(header.with_le(short_le(le))),
            [0, high, low] => Ok(header
                .with_lengths(Lengths::Extended)
                .with_le(extended_le(high, low))),
            [0, _] => Err(CommandError::NoLength {
                length: bytes.len(),
            }),
            [0, 0, 0, ..] => Err(CommandError::ZeroLc),
            [0, high, low, ref rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([high, low]));
                let header = header.with_lengths(Lengths::Extended);
                match rest.split_at_checked(lc) {
                    Some((data, &[])) => Ok(header.with_data(data)),
                    Some((data, &[high, low])) => {
                        Ok(header.with_data(data).with_le(extended_le(high, low)))
                    }
                    _ => Err(CommandError::WrongLc {
                        lc,
                        found: rest.len(),
                    }),
                }
            }
            [lc, ref rest @ ..] => {
                let lc = usize::from(lc);
                match rest.split_at_checked(lc) {
                    Some((data, &[])) => Ok(header.with_data(data)),
                    Some((data, &[le])) => Ok(header.with_data(data).with_le(short_le(le))),
                    _ => Err(CommandError::WrongLc {
                        lc,
                        found: rest.len(),
                    }),
                }
            }
        }
    }

    /// The length of the encoded command in bytes.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        let (lc, le) = match self.lengths {
            Lengths::Short => (1, 1),
            // Only the first length field has the marker.
            Lengths::Extended => (3, if self.data.is_empty() { 3 } else { 2 }),
        };
        4 + if self.data.is_empty() {
            0
        } else {
            lc + self.data.len()
        } + if self.le.is_some() { le } else { 0 }
    }

    /// Writes the command to the start of `out` and gives that part of `out`.
    ///
    /// # Errors
    /// [`CommandError`] where data or Le are out of the range of [`Command::lengths`], or `out` is too
    /// small.
    pub fn encode<'b>(&self, out: &'b mut [u8]) -> Result<&'b [u8], CommandError> {
        let extended = self.lengths == Lengths::Extended;
        let max = self.lengths.max_data();
        if self.data.len() > max {
            return Err(CommandError::DataTooLong {
                length: self.data.len(),
                max,
            });
        }
        let max = self.lengths.max_expected();
        if let Some(le) = self.le.filter(|le| !(1..=max).contains(le)) {
            return Err(CommandError::LeOutOfRange { le, max });
        }
        let needed = self.encoded_len();
        let found = out.len();
        let out = out
            .get_mut(..needed)
            .ok_or(CommandError::NoRoom { needed, found })?;
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            if let Some(place) = out.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
            at += bytes.len();
        };
        put(&[self.cla, self.ins, self.p1, self.p2]);
        let put_length = |length: usize, first: bool, put: &mut dyn FnMut(&[u8])| {
            let [.., high, low] = length.to_be_bytes();
            match (extended, first) {
                (false, _) => put(&[low]),
                (true, true) => put(&[0, high, low]),
                (true, false) => put(&[high, low]),
            }
        };
        if !self.data.is_empty() {
            put_length(self.data.len(), true, &mut put);
            put(self.data);
        }
        if let Some(le) = self.le {
            put_length(le, self.data.is_empty(), &mut put);
        }
        Ok(out)
    }
}

impl fmt::Debug for Command<'_> {
    /// Tells the length of the data, not the data: they may be a PIN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cla, ins, p1, p2, ..
        } = self;
        write!(
            f,
            "Command({cla:02X}{ins:02X}{p1:02X}{p2:02X}, {} bytes of data, Le {:?})",
            self.data.len(),
            self.le
        )
    }
}

const fn short_le(byte: u8) -> usize {
    if byte == 0 { 256 } else { byte as usize }
}

const fn extended_le(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65536,
        le => le as usize,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;
    use std::vec;

    #[test]
    fn refuses_what_is_no_command() {
        let refused: [(&[u8], CommandError); 9] = [
            (&[], CommandError::NoHeader { length: 0 }),
            (&[0, 0xA4, 4], CommandError::NoHeader { length: 3 }),
            (&[0, 0xA4, 4, 0, 0, 1], CommandError::NoLength { length: 6 }),
            (
                &[0, 0xA4, 4, 0, 2, 1],
                CommandError::WrongLc { lc: 2, found: 1 },
            ),
            (
                &[0, 0xA4, 4, 0, 1, 1, 0, 0],
                CommandError::WrongLc { lc: 1, found: 3 },
            ),
            (&[0, 0xA4, 4, 0, 0, 0, 0, 1], CommandError::ZeroLc),
            (
                &[0, 0xA4, 4, 0, 0, 0, 2, 1],
                CommandError::WrongLc { lc: 2, found: 1 },
            ),
            (
                &[0, 0xA4, 4, 0, 0, 0, 1, 1, 0],
                CommandError::WrongLc { lc: 1, found: 2 },
            ),
            (
                &[0, 0xA4, 4, 0, 0, 0, 1, 1, 0, 0, 0],
                CommandError::WrongLc { lc: 1, found: 4 },
            ),
        ];
        for (bytes, error) in refused {
            assert_eq!(Command::parse(bytes), Err(error), "{bytes:02X?}");
            assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn tells_an_le_of_zero_as_the_greatest() {
        assert_eq!(Command::parse(&[0, 0xB0, 0, 0, 0]).unwrap().le, Some(256));
        assert_eq!(
            Command::parse(&[0, 0xB0, 0, 0, 0, 0, 0]).unwrap().le,
            Some(65536)
        );
        assert_eq!(
            Command::parse(&[0, 0xB0, 0, 0, 1, 9, 0]).unwrap().le,
            Some(256)
        );
    }

    #[test]
    fn does_not_write_out_of_range() {
        let mut out = [0; 300];
        let data = [1; 256];
        let command = Command::new(0, 0xD6, 0, 0);
        let too_long = command.with_data(&data);
        assert_eq!(
            too_long.encode(&mut out),
            Err(CommandError::DataTooLong {
                length: 256,
                max: 255
            })
        );
        assert_eq!(
            command.with_le(0).encode(&mut out),
            Err(CommandError::LeOutOfRange { le: 0, max: 256 })
        );
        assert_eq!(
            command.with_le(257).encode(&mut out),
            Err(CommandError::LeOutOfRange { le: 257, max: 256 })
        );
        assert_eq!(
            command.encode(&mut out[..3]),
            Err(CommandError::NoRoom {
                needed: 4,
                found: 3
            })
        );
    }

    #[test]
    fn debug_hides_the_data() {
        let command = Command::new(0, 0x20, 0, 0x80).with_data(b"1234");
        assert_eq!(
            std::format!("{command:?}"),
            "Command(00200080, 4 bytes of data, Le None)"
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..24)) {
            if let Ok(command) = Command::parse(&bytes) {
                let mut out = [0; 64];
                prop_assert_eq!(command.encode(&mut out).unwrap(), &bytes[..]);
            }
        }

        #[test]
        fn what_is_written_is_read_back(
            header in any::<[u8; 4]>(),
            data in prop::collection::vec(any::<u8>(), 0..700),
            le in prop::option::of(1..=65536_usize),
        ) {
            for lengths in [Lengths::Short, Lengths::Extended] {
                let [cla, ins, p1, p2] = header;
                let command = Command { data: &data, le, lengths, ..Command::new(cla, ins, p1, p2) };
                let mut out = vec![0; 1000];
                if let Ok(bytes) = command.encode(&mut out) {
                    let mut expected = command;
                    if data.is_empty() && le.is_none() {
                        expected.lengths = Lengths::Short; // case 1 has no lengths
                    }
                    prop_assert_eq!(Command::parse(bytes).unwrap(), expected);
                } else {
                    prop_assert!(lengths == Lengths::Short && (data.len() > 255 || le > Some(256)));
                }
            }
        }
    }
}
