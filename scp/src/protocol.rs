use std::fmt;
use std::str::FromStr;

use crate::scp03::SecurityLevel;
use crate::{scp02, scp03};

/// A secure channel protocol with its parameter `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// SCP02, triple DES keys.
    Scp02(scp02::Parameters),
    /// SCP03, AES keys.
    Scp03(scp03::Parameters),
}

/// A text that names no protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no secure channel protocol: `scp02:I` with I of 04, 05, 0A, 0B, each with or without the bits 10 (encrypted \
     chaining), 20 (R-MAC) and 40 (pseudo-random challenge), or `scp03:I` with I of 00, 10, 20, 30, 60, 70 and 01 added for S16"
)]
pub struct ProtocolError(String);

impl Protocol {
    /// Its number and its parameter `i`, as card recognition data tell them.
    #[must_use]
    pub fn number_and_parameter(self) -> (u8, u8) {
        match self {
            Self::Scp02(scp02::Parameters(i)) => (0x02, i),
            Self::Scp03(scp03::Parameters(i)) => (0x03, i),
        }
    }

    /// The protocol of this number and parameter `i`; `None` where there is none such.
    #[must_use]
    pub fn of(number: u8, i: u8) -> Option<Self> {
        match number {
            0x02 => Some(scp02::Parameters(i))
                .filter(|parameters| parameters.is_valid())
                .map(Self::Scp02),
            0x03 => Some(scp03::Parameters(i))
                .filter(|parameters| parameters.is_valid())
                .map(Self::Scp03),
            _ => None,
        }
    }

    /// Whether a session may have this security level.
    #[must_use]
    pub fn offers(self, level: SecurityLevel) -> bool {
        match self {
            Self::Scp02(parameters) => parameters.offers(level),
            Self::Scp03(parameters) => parameters.offers(level),
        }
    }

    /// Whether a session is opened by its first command with a C-MAC, rather than by INITIALIZE UPDATE.
    #[must_use]
    pub fn is_implicit(self) -> bool {
        matches!(self, Self::Scp02(parameters) if parameters.is_implicit())
    }

    /// Whether responses can be protected.
    #[must_use]
    pub fn has_r_mac(self) -> bool {
        self.offers(SecurityLevel::C_MAC_R_MAC)
    }

    /// The length of the host challenge and of the cryptograms in bytes.
    pub(crate) fn challenge_length(self) -> usize {
        match self {
            Self::Scp02(_) => 8,
            Self::Scp03(parameters) => parameters.length(),
        }
    }

    /// The most sessions that the sequence counter counts.
    pub(crate) fn last_counter(self) -> u32 {
        match self {
            Self::Scp02(_) => 0xFFFF,
            Self::Scp03(_) => 0x00FF_FFFF,
        }
    }
}

/// `scp03:70`
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, i) = self.number_and_parameter();
        write!(f, "scp{number:02}:{i:02X}")
    }
}

impl FromStr for Protocol {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let lower = text.to_ascii_lowercase();
        let short = lower.strip_prefix("scp").unwrap_or(&lower);
        let (number, i) = match short.split_once(':').unwrap_or((short, "")) {
            ("02", "") => (0x02, Some(scp02::Parameters::I55.0)),
            ("03", "") => (0x03, Some(scp03::Parameters::I70.0)),
            ("02", i) => (0x02, u8::from_str_radix(i, 16).ok()),
            ("03", i) => (0x03, u8::from_str_radix(i, 16).ok()),
            _ => (0, None),
        };
        i.and_then(|i| Self::of(number, i))
            .ok_or_else(|| ProtocolError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_what_it_is_called() {
        for name in ["scp02:15", "scp02:1A", "scp02:55", "scp03:00", "scp03:71"] {
            assert_eq!(name.parse::<Protocol>().unwrap().to_string(), name);
        }
        assert_eq!("02:15".parse(), "scp02:15".parse::<Protocol>());
        assert_eq!("SCP03".parse(), Ok(Protocol::Scp03(scp03::Parameters::I70)));
        assert_eq!("scp02".parse(), Ok(Protocol::Scp02(scp02::Parameters::I55)));
        for name in [
            "",
            "scp",
            "scp01:05",
            "scp02:00",
            "scp02:95",
            "scp03:40",
            "scp03:700",
            "scp03:x",
        ] {
            let error = name.parse::<Protocol>().unwrap_err();
            assert!(error.to_string().contains(name));
        }
    }
}
