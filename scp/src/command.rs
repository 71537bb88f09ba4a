use std::fmt;

/// A command APDU taken apart (ISO 7816-3 §12.1.3): all four cases, short and extended.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The class byte.
    pub cla: u8,
    /// The instruction byte.
    pub ins: u8,
    /// The first parameter byte.
    pub p1: u8,
    /// The second parameter byte.
    pub p2: u8,
    /// The command data, 0 to 65535 bytes.
    pub data: Vec<u8>,
    /// How many response bytes are expected, 1 to 65536; `None` for an absent Le.
    pub expected: Option<u32>,
    /// Whether the lengths are coded in extended form.
    pub extended: bool,
}

/// Bytes that are no command APDU, or a command that cannot be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Fewer than the four header bytes.
    #[error("a command has at least 4 bytes, this one {0}")]
    Short(usize),
    /// Lc, data and Le do not add up to the length of the command.
    #[error("the length fields do not fit the command's {0} bytes")]
    Lengths(usize),
    /// More data than the coding of lengths takes.
    #[error("{length} bytes of command data; this coding of lengths takes at most {max}")]
    TooLong {
        /// The bytes of data.
        length: usize,
        /// The most that fit.
        max: usize,
    },
}

impl Command {
    /// A command with short lengths.
    #[must_use]
    pub fn new(header: [u8; 4], data: &[u8], expected: Option<u32>) -> Self {
        let [cla, ins, p1, p2] = header;
        Self {
            cla,
            ins,
            p1,
            p2,
            data: data.to_vec(),
            expected,
            extended: false,
        }
    }

    /// Takes a command apart.
    ///
    /// # Errors
    /// [`CommandError::Short`], [`CommandError::Lengths`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        let (&[cla, ins, p1, p2], body) = bytes
            .split_first_chunk::<4>()
            .ok_or(CommandError::Short(bytes.len()))?;
        let refuse = CommandError::Lengths(bytes.len());
        let (data, expected, extended) = match body {
            [] => (&[][..], None, false),
            &[le] => (&[][..], Some(short(le)), false),
            [0, high, low] => (&[][..], Some(long([*high, *low])), true),
            [0, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, le) = rest.split_at_checked(length).ok_or(refuse)?;
                let expected = match *le {
                    [] => None,
                    [high, low] => Some(long([high, low])),
                    _ => return Err(refuse),
                };
                if data.is_empty() {
                    return Err(refuse);
                }
                (data, expected, true)
            }
            [length, rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(*length)).ok_or(refuse)?;
                let expected = match *le {
                    [] => None,
                    [le] => Some(short(le)),
                    _ => return Err(refuse),
                };
                (data, expected, false)
            }
        };
        // `[0, x]` is neither an Le nor an Lc.
        if body.len() == 2 && body.first() == Some(&0) {
            return Err(refuse);
        }
        Ok(Self {
            cla,
            ins,
            p1,
            p2,
            data: data.to_vec(),
            expected,
            extended,
        })
    }

    /// The most data that the coding of lengths takes: 255 or 65535 bytes.
    #[must_use]
    pub fn max_data(&self) -> usize {
        if self.extended { 0xFFFF } else { 0xFF }
    }

    /// The length of the data as it is coded in Lc: one byte, or three.
    pub(crate) fn coded_length(&self) -> Result<Vec<u8>, CommandError> {
        let too_long = CommandError::TooLong {
            length: self.data.len(),
            max: self.max_data(),
        };
        if self.extended {
            let length = u16::try_from(self.data.len()).map_err(|_| too_long)?;
            let [high, low] = length.to_be_bytes();
            Ok(vec![0, high, low])
        } else {
            let length = u8::try_from(self.data.len()).map_err(|_| too_long)?;
            Ok(vec![length])
        }
    }

    /// The command as it goes over the wire.
    ///
    /// # Errors
    /// [`CommandError::TooLong`] where the data do not fit the coding of lengths.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CommandError> {
        let mut bytes = vec![self.cla, self.ins, self.p1, self.p2];
        if !self.data.is_empty() {
            bytes.extend(self.coded_length()?);
            bytes.extend_from_slice(&self.data);
        }
        if let Some(expected) = self.expected {
            // 256 and 65536 are coded as zeros: the low bytes alone count.
            let [.., high, low] = expected.to_be_bytes();
            match (self.extended, self.data.is_empty()) {
                (false, _) => bytes.push(low),
                (true, true) => bytes.extend([0, high, low]),
                (true, false) => bytes.extend([high, low]),
            }
        }
        Ok(bytes)
    }
}

fn short(le: u8) -> u32 {
    if le == 0 { 256 } else { u32::from(le) }
}

fn long(le: [u8; 2]) -> u32 {
    match u16::from_be_bytes(le) {
        0 => 65536,
        le => u32::from(le),
    }
}

/// Shows the header and the lengths; data may be secret.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cla, ins, p1, p2, ..
        } = self;
        write!(
            f,
            "Command({cla:02X} {ins:02X} {p1:02X} {p2:02X}, {} bytes, Le {:?})",
            self.data.len(),
            self.expected
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_case_comes_back() {
        for (text, data, expected) in [
            ("80F22002", 0, None),
            ("80CA006600", 0, Some(256)),
            ("80CA00667F", 0, Some(127)),
            ("80F22002024F00", 2, None),
            ("80F22002024F0000", 2, Some(256)),
            ("80CA0066000000", 0, Some(65536)),
            ("80F220020000024F00", 2, None),
            ("80F220020000024F000100", 2, Some(256)),
        ] {
            let bytes = hex::decode(text).unwrap();
            let command = Command::parse(&bytes).unwrap();
            assert_eq!(command.data.len(), data, "{text}");
            assert_eq!(command.expected, expected, "{text}");
            assert_eq!(command.to_bytes().unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        assert_eq!(Command::parse(&[0; 3]), Err(CommandError::Short(3)));
        for text in [
            "80F220020000",
            "80F22002024F",
            "80F22002024F000000",
            "80F2200200000000",
            "80F220020000024F",
            "80F220020000024F0000",
        ] {
            let bytes = hex::decode(text).unwrap();
            assert_eq!(
                Command::parse(&bytes),
                Err(CommandError::Lengths(bytes.len())),
                "{text}"
            );
        }
        let command = Command::new([0; 4], &[0; 256], None);
        assert!(command.to_bytes().is_err());
    }

    proptest! {
        #[test]
        fn what_parses_is_what_was_written(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(command) = Command::parse(&bytes) {
                prop_assert_eq!(command.to_bytes().unwrap(), bytes);
            }
        }
    }
}
