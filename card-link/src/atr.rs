//! The answer to reset (ISO 7816-3 §8).

mod words;

use crate::edc::{Edc, lrc};
use crate::timing::Rate;

pub use words::Words;

/// How levels on the line stand for bits (§8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// High is one, the least significant bit comes first; TS is 3B.
    Direct,
    /// Low is one, the most significant bit comes first; TS is 3F.
    Inverse,
}

impl Convention {
    /// A byte as a UART reads or writes it, from or to what it means.
    #[must_use]
    pub const fn convert(self, byte: u8) -> u8 {
        match self {
            Self::Direct => byte,
            Self::Inverse => !byte.reverse_bits(),
        }
    }
}

/// The interface bytes that one Y announces: TAi, TBi, TCi, TDi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// i, from 1.
    pub index: u8,
    /// The protocol T of TD(i−1); none for the first group.
    pub protocol: Option<u8>,
    /// TAi.
    pub ta: Option<u8>,
    /// TBi.
    pub tb: Option<u8>,
    /// TCi.
    pub tc: Option<u8>,
    /// TDi.
    pub td: Option<u8>,
}

/// An answer to reset, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atr {
    bytes: Vec<u8>,
    convention: Convention,
    groups: Vec<Group>,
    historical: Vec<u8>,
    check: Option<u8>,
}

/// The mode that TA2 fixes (§8.3): no PPS is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecificMode {
    /// The protocol.
    pub protocol: u8,
    /// F and D are those that the reader knows, not those of TA1.
    pub implicit: bool,
    /// The card cannot change to negotiable mode on a warm reset.
    pub fixed: bool,
}

/// Bytes that are no answer to reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AtrError {
    /// TS is neither 3B nor 3F.
    #[error("an answer to reset starts with 3B or 3F, this with {0:02X}")]
    Start(u8),
    /// It ends before it should.
    #[error("the answer to reset ends after {0} bytes, before it is complete")]
    Short(usize),
    /// It goes on longer than it should.
    #[error("the answer to reset is complete after {expected} bytes, here are {found}")]
    Long {
        /// Where it is complete.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// It announces more than 32 bytes behind TS.
    #[error("the answer to reset announces more than the 33 bytes that it may have")]
    TooLong,
    /// TCK is wrong.
    #[error(
        "the check byte of the answer to reset is wrong: with it, the bytes sum up to {0:02X} instead of 00"
    )]
    Check(u8),
    /// TA1 or TA2 ask for a rate that the standard keeps for later.
    #[error("the answer to reset asks for a rate that the standard does not know (TA1 = {0:02X})")]
    Rate(u8),
}

/// The most bytes of an answer to reset, TS included (§8.2.1).
pub const MAX_LENGTH: usize = 33;

impl Atr {
    /// Takes a whole answer to reset apart. Bytes are as they are meant, not as a UART sees them: TS is 3B or 3F.
    ///
    /// ```
    /// use card_link::atr::Atr;
    ///
    /// let atr = Atr::parse(&[0x3B, 0x80, 0x01, 0x81])?;
    /// assert_eq!(atr.protocols(), [1]);
    /// # Ok::<(), card_link::atr::AtrError>(())
    /// ```
    ///
    /// # Errors
    /// [`AtrError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AtrError> {
        let (atr, length) = Self::prefix(bytes)?.ok_or(AtrError::Short(bytes.len()))?;
        if length != bytes.len() {
            return Err(AtrError::Long {
                expected: length,
                found: bytes.len(),
            });
        }
        Ok(atr)
    }

    /// The answer to reset at the start of these bytes and its length; `None` while more bytes must come.
    ///
    /// # Errors
    /// [`AtrError`] as soon as it can be none.
    pub fn prefix(bytes: &[u8]) -> Result<Option<(Self, usize)>, AtrError> {
        let mut input = bytes.iter().copied();
        let mut next = || input.next();
        let convention = match next() {
            Some(0x3B) => Convention::Direct,
            Some(0x3F) => Convention::Inverse,
            Some(other) => return Err(AtrError::Start(other)),
            None => return Ok(None),
        };
        let Some(format) = next() else {
            return Ok(None);
        };
        let mut groups = Vec::new();
        let mut length = 2;
        let (mut present, mut protocol) = (format >> 4, None);
        let mut checked = false;
        for index in 1.. {
            let mut interface = [None; 4];
            for (bit, byte) in interface.iter_mut().enumerate() {
                if present & 1 << bit != 0 {
                    length += 1;
                    if length > MAX_LENGTH {
                        return Err(AtrError::TooLong);
                    }
                    let Some(value) = next() else {
                        return Ok(None);
                    };
                    *byte = Some(value);
                }
            }
            let [ta, tb, tc, td] = interface;
            groups.push(Group {
                index,
                protocol,
                ta,
                tb,
                tc,
                td,
            });
            let Some(td) = td else { break };
            (present, protocol) = (td >> 4, Some(td & 0x0F));
            // Only T=0 on the whole line: no check byte (§8.2.5).
            checked |= td & 0x0F != 0;
        }
        let count = usize::from(format & 0x0F);
        length += count + usize::from(checked);
        if length > MAX_LENGTH {
            return Err(AtrError::TooLong);
        }
        let Some(whole) = bytes.get(..length) else {
            return Ok(None);
        };
        let sum = lrc(whole.get(1..).unwrap_or_default());
        if checked && sum != 0 {
            return Err(AtrError::Check(sum));
        }
        let end = length - usize::from(checked);
        let atr = Self {
            bytes: whole.to_vec(),
            convention,
            groups,
            historical: whole.get(end - count..end).unwrap_or_default().to_vec(),
            check: whole.last().copied().filter(|_| checked),
        };
        Ok(Some((atr, length)))
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How bits stand on the line.
    #[must_use]
    pub const fn convention(&self) -> Convention {
        self.convention
    }

    /// The interface bytes.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The historical bytes (ISO 7816-4 §12.1.1).
    #[must_use]
    pub fn historical(&self) -> &[u8] {
        &self.historical
    }

    /// TCK, where there is one.
    #[must_use]
    pub const fn check(&self) -> Option<u8> {
        self.check
    }

    fn group(&self, index: u8) -> Option<&Group> {
        self.groups.iter().find(|group| group.index == index)
    }

    /// TA1, or what holds without it.
    #[must_use]
    pub fn ta1(&self) -> u8 {
        self.group(1).and_then(|group| group.ta).unwrap_or(0x11)
    }

    /// The fastest rate that the card offers.
    ///
    /// # Errors
    /// [`AtrError::Rate`] where TA1 is reserved.
    pub fn rate(&self) -> Result<Rate, AtrError> {
        Rate::decode(self.ta1()).ok_or(AtrError::Rate(self.ta1()))
    }

    /// N of TC1: the extra guard time, 255 for the shortest.
    #[must_use]
    pub fn extra_guard(&self) -> u8 {
        self.group(1).and_then(|group| group.tc).unwrap_or(0)
    }

    /// The protocols that are offered, the first one first; T=0 where none is named (§8.2.3).
    #[must_use]
    pub fn protocols(&self) -> Vec<u8> {
        let mut protocols: Vec<u8> = Vec::new();
        for protocol in self.groups.iter().filter_map(|group| group.protocol) {
            // T=15 is no protocol: it qualifies global interface bytes.
            if protocol != 15 && !protocols.contains(&protocol) {
                protocols.push(protocol);
            }
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        protocols
    }

    /// The mode that TA2 fixes; none: the card is in negotiable mode.
    #[must_use]
    pub fn specific_mode(&self) -> Option<SpecificMode> {
        let ta2 = self.group(2)?.ta?;
        Some(SpecificMode {
            protocol: ta2 & 0x0F,
            implicit: ta2 & 0x10 != 0,
            fixed: ta2 & 0x80 != 0,
        })
    }

    /// The rate that holds right after the reset: of TA1 in specific mode, else Fd and Dd.
    ///
    /// # Errors
    /// [`AtrError::Rate`].
    pub fn initial_rate(&self) -> Result<Rate, AtrError> {
        match self.specific_mode() {
            Some(mode) if !mode.implicit => self.rate(),
            _ => Ok(Rate::default()),
        }
    }

    /// The waiting time integer WI of T=0 (TC2, §10.2); 10 without it. Zero is reserved, and taken as 10.
    #[must_use]
    pub fn waiting_integer(&self) -> u8 {
        let tc2 = self.group(2).and_then(|group| group.tc);
        tc2.filter(|&wi| wi != 0).unwrap_or(10)
    }

    /// The first specific interface byte of a protocol: in a group behind the second that names it (§8.2.3).
    fn specific(&self, protocol: u8, byte: impl Fn(&Group) -> Option<u8>) -> Option<u8> {
        self.groups
            .iter()
            .filter(|group| group.index > 2 && group.protocol == Some(protocol))
            .find_map(byte)
    }

    /// The most bytes of information that the card takes in a block of T=1, IFSC (§11.4.2): 1 to 254, 32 without
    /// the byte or where it is reserved.
    #[must_use]
    pub fn ifsc(&self) -> u8 {
        let byte = self.specific(1, |group| group.ta);
        byte.filter(|size| (1..=254).contains(size)).unwrap_or(32)
    }

    /// The block waiting time integer of T=1 (§11.4.3): 0 to 9; 4 without the byte.
    #[must_use]
    pub fn bwi(&self) -> u8 {
        self.specific(1, |group| group.tb)
            .map_or(4, |byte| byte >> 4)
    }

    /// The character waiting time integer of T=1 (§11.4.3); 13 without the byte.
    #[must_use]
    pub fn cwi(&self) -> u8 {
        self.specific(1, |group| group.tb)
            .map_or(13, |byte| byte & 0x0F)
    }

    /// The error detection code of T=1 (§11.4.4).
    #[must_use]
    pub fn edc(&self) -> Edc {
        match self.specific(1, |group| group.tc) {
            Some(byte) if byte & 1 == 1 => Edc::Crc,
            _ => Edc::Lrc,
        }
    }

    /// Clock stop and supply classes (first TA for T=15, §8.3), as they stand there.
    #[must_use]
    pub fn supply(&self) -> Option<u8> {
        self.specific(15, |group| group.ta)
    }

    /// The rate that extra guard time counts in: Fi/Di of TA1 where T=15 is named; none: the rate in use (§8.3).
    #[must_use]
    pub fn guard_reference(&self) -> Option<Rate> {
        self.groups
            .iter()
            .any(|group| group.protocol == Some(15))
            .then(|| self.rate().ok())
            .flatten()
    }
}
