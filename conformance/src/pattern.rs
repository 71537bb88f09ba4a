//! Bytes and patterns of bytes, in text.

use apdu_spec::StatusWord;
use std::fmt;

/// Text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A word that is no part of a pattern.
    #[error(
        "`{word}` is neither hexadecimal bytes, nor `??`, nor one of them and `*` and a count, nor `..`"
    )]
    Word {
        /// The word.
        word: String,
    },
    /// `..` stands before other words.
    #[error("`..` stands for all that follows, so it is the last word")]
    RestNotLast,
    /// A pattern where bytes are wanted.
    #[error("bytes are wanted here, but `??` and `..` stand for any")]
    NotBytes,
    /// Text that is no status word.
    #[error("`{0}` is no status word: four hexadecimal digits, `x` for any")]
    Status(String),
}

/// Response data that are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPattern {
    /// One by one; `None` accepts any byte.
    bytes: Vec<Option<u8>>,
    /// Whether any more bytes may follow.
    open: bool,
}

impl DataPattern {
    /// No data.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            bytes: Vec::new(),
            open: false,
        }
    }

    /// Reads a pattern: words of hexadecimal digits, `??` for any byte, `A5*3` for three of them, and
    /// `..` at the end for any number of any bytes.
    ///
    /// # Errors
    /// [`PatternError`] for other words.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut pattern = Self::empty();
        for word in text.split_whitespace() {
            if pattern.open {
                return Err(PatternError::RestNotLast);
            }
            if word == ".." {
                pattern.open = true;
                continue;
            }
            let wrong = || PatternError::Word {
                word: word.to_owned(),
            };
            let (bytes, count) = match word.split_once('*') {
                Some((bytes, count)) => (bytes, count.parse().map_err(|_| wrong())?),
                None => (word, 1),
            };
            let bytes = if bytes == "??" {
                vec![None]
            } else {
                hex::decode(bytes)
                    .map_err(|_| wrong())?
                    .into_iter()
                    .map(Some)
                    .collect()
            };
            if bytes.is_empty() || count > MAX_COUNT {
                return Err(wrong());
            }
            pattern.bytes.extend(bytes.repeat(count));
        }
        Ok(pattern)
    }

    /// Whether the pattern accepts `data`.
    #[must_use]
    pub fn matches(&self, data: &[u8]) -> bool {
        let long_enough = if self.open {
            data.len() >= self.bytes.len()
        } else {
            data.len() == self.bytes.len()
        };
        long_enough
            && self
                .bytes
                .iter()
                .zip(data)
                .all(|(pattern, byte)| pattern.is_none_or(|pattern| pattern == *byte))
    }
}

/// No data needs more repetitions.
const MAX_COUNT: usize = 0x1_0000;

/// Reads bytes: a pattern without `??` and `..`.
///
/// # Errors
/// [`PatternError`] for other text.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>, PatternError> {
    let pattern = DataPattern::parse(text)?;
    if pattern.open {
        return Err(PatternError::NotBytes);
    }
    pattern
        .bytes
        .into_iter()
        .collect::<Option<Vec<u8>>>()
        .ok_or(PatternError::NotBytes)
}

impl fmt::Display for DataPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.bytes {
            match byte {
                Some(byte) => write!(f, "{byte:02X}")?,
                None => f.write_str("??")?,
            }
        }
        if self.open { f.write_str("..") } else { Ok(()) }
    }
}

/// Status words that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusPattern {
    value: u16,
    mask: u16,
}

impl StatusPattern {
    /// One status word.
    #[must_use]
    pub const fn exact(status: StatusWord) -> Self {
        Self {
            value: status.0,
            mask: 0xFFFF,
        }
    }

    /// Reads four hexadecimal digits; `x` accepts any digit.
    ///
    /// # Errors
    /// [`PatternError::Status`] for other text.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let wrong = || PatternError::Status(text.to_owned());
        if text.chars().count() != 4 {
            return Err(wrong());
        }
        text.chars()
            .try_fold(Self { value: 0, mask: 0 }, |Self { value, mask }, digit| {
                let (digit, digit_mask) = match digit {
                    'x' => (0, 0),
                    digit => (
                        digit
                            .to_digit(16)
                            .and_then(|digit| u16::try_from(digit).ok())
                            .ok_or_else(wrong)?,
                        0xF,
                    ),
                };
                Ok(Self {
                    value: value << 4 | digit,
                    mask: mask << 4 | digit_mask,
                })
            })
    }

    /// Whether the pattern accepts `status`.
    #[must_use]
    pub const fn matches(self, status: StatusWord) -> bool {
        status.0 & self.mask == self.value
    }

    /// A status word that the pattern accepts.
    #[must_use]
    pub const fn example(self) -> StatusWord {
        StatusWord(self.value)
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shift in [12, 8, 4, 0] {
            if self.mask >> shift & 0xF == 0 {
                f.write_str("x")?;
            } else {
                write!(f, "{:X}", self.value >> shift & 0xF)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_accept_what_they_say() {
        let pattern = DataPattern::parse("00A4 ?? 5A*2 ..").unwrap();
        assert_eq!(pattern.to_string(), "00A4??5A5A..");
        assert!(pattern.matches(&[0, 0xA4, 7, 0x5A, 0x5A]));
        assert!(pattern.matches(&[0, 0xA4, 7, 0x5A, 0x5A, 1]));
        assert!(!pattern.matches(&[0, 0xA4, 7, 0x5A]));
        assert!(!pattern.matches(&[0, 0xA4, 7, 0x5A, 0x5B]));
        assert!(DataPattern::empty().matches(&[]) && !DataPattern::empty().matches(&[0]));
        let status = StatusPattern::parse("63Cx").unwrap();
        assert!(status.matches(StatusWord(0x63C7)) && !status.matches(StatusWord(0x6300)));
        assert_eq!(status.to_string(), "63Cx");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["0", "0G", "*3", "00*", "00*x", "... 00", "?", "00*70000"] {
            assert!(
                matches!(DataPattern::parse(text), Err(PatternError::Word { .. })),
                "{text}"
            );
        }
        assert_eq!(DataPattern::parse(".. 00"), Err(PatternError::RestNotLast));
        assert_eq!(bytes("00 ??"), Err(PatternError::NotBytes));
        assert_eq!(bytes("00 .."), Err(PatternError::NotBytes));
        for text in ["900", "90000", "9G00", "é000"] {
            assert!(StatusPattern::parse(text).is_err(), "{text}");
        }
    }
}
