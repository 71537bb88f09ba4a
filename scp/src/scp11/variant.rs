use std::fmt;
use std::str::FromStr;

/// Which of the three forms of SCP11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// Both ends prove themselves, with ephemeral keys of both.
    A,
    /// The card alone proves itself.
    B,
    /// Both ends prove themselves; the card gives its static key only, so that session keys can be made without it.
    C,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// The key identifier of the card's key for this variant (Amendment F, chapter on keys).
    #[must_use]
    pub fn key_identifier(self) -> u8 {
        match self {
            Self::A => 0x11,
            Self::B => 0x13,
            Self::C => 0x15,
        }
    }

    /// The variant that a card's key is for.
    #[must_use]
    pub fn of_key(identifier: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|variant| variant.key_identifier() == identifier)
    }

    /// Bits 1 and 2 of the parameter in tag 90.
    pub(crate) fn parameter(self) -> u8 {
        match self {
            Self::A => 0x01,
            Self::B => 0x00,
            Self::C => 0x03,
        }
    }

    /// Whether the host proves who it is, with a certificate and its static key.
    #[must_use]
    pub fn authenticates_host(self) -> bool {
        self != Self::B
    }
}

/// `11a`
impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "11a",
            Self::B => "11b",
            Self::C => "11c",
        })
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let name = lower.strip_prefix("scp").unwrap_or(&lower);
        Self::ALL
            .into_iter()
            .find(|variant| variant.to_string() == name)
            .ok_or_else(|| format!("{text:?} is none of 11a, 11b and 11c"))
    }
}

/// Which key of a security domain: its identifier and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyReference {
    /// The key identifier, 01 to 7F.
    pub identifier: u8,
    /// The key version number, 01 to 7F; 00 lets the card choose.
    pub version: u8,
}

impl KeyReference {
    /// The identifier that the key of an authority for hosts' certificates (CA-KLOC) usually has; 20 to 2F are others.
    pub const AUTHORITY: u8 = 0x10;

    /// The key with this identifier and this version.
    #[must_use]
    pub fn new(identifier: u8, version: u8) -> Self {
        Self {
            identifier,
            version,
        }
    }

    /// Whether the key of an authority may have this identifier.
    #[must_use]
    pub fn is_authority(self) -> bool {
        matches!(self.identifier, Self::AUTHORITY | 0x20..=0x2F)
    }
}

/// `11/03`: identifier and version.
impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}/{:02X}", self.identifier, self.version)
    }
}

impl FromStr for KeyReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let byte = |digits: &str| {
            let digits = digits.trim_start_matches("0x");
            u8::from_str_radix(digits, 16)
                .ok()
                .filter(|byte| *byte <= 0x7F)
        };
        text.split_once(['/', ':'])
            .and_then(|(identifier, version)| Some(Self::new(byte(identifier)?, byte(version)?)))
            .ok_or_else(|| {
                format!("{text:?} is no key: identifier and version as in 10/03, each 00 to 7F")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for variant in Variant::ALL {
            assert_eq!(variant.to_string().parse(), Ok(variant));
            assert_eq!(format!("SCP{variant}").parse(), Ok(variant));
            assert_eq!(Variant::of_key(variant.key_identifier()), Some(variant));
        }
        assert!("11d".parse::<Variant>().unwrap_err().contains("11c"));
        let key: KeyReference = "10:03".parse().unwrap();
        assert_eq!(key.to_string(), "10/03");
        assert!(key.is_authority());
        for text in ["", "10", "10/", "80/01", "xx/01"] {
            assert!(text.parse::<KeyReference>().is_err(), "{text}");
        }
    }
}
