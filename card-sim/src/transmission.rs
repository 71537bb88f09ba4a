//! How the card and its reader talk: what of it applets see. The rules of T=0 are [`card_link::t0::Tpdus`].

use std::str::FromStr;

/// Transmission protocol and medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transmission {
    /// T=0 over contacts: bytes.
    T0,
    /// T=1 over contacts: blocks.
    #[default]
    T1,
    /// ISO 14443-4 over a type A interface.
    ContactlessA,
    /// ISO 14443-4 over a type B interface.
    ContactlessB,
}

/// A name of no transmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected t0, t1, contactless-a or contactless-b")]
pub struct UnknownTransmission;

impl FromStr for Transmission {
    type Err = UnknownTransmission;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "t0" => Self::T0,
            "t1" => Self::T1,
            "contactless-a" => Self::ContactlessA,
            "contactless-b" => Self::ContactlessB,
            _ => return Err(UnknownTransmission),
        })
    }
}

impl std::fmt::Display for Transmission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::T0 => "t0",
            Self::T1 => "t1",
            Self::ContactlessA => "contactless-a",
            Self::ContactlessB => "contactless-b",
        })
    }
}

impl Transmission {
    /// What `APDU.getProtocol` gives: `PROTOCOL_MEDIA_*` or `PROTOCOL_T*`.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::T0 => 0x00,
            Self::T1 => 0x01,
            Self::ContactlessA => 0x81,
            Self::ContactlessB => 0x91,
        }
    }

    /// Whether there are no contacts.
    #[must_use]
    pub const fn is_contactless(self) -> bool {
        matches!(self, Self::ContactlessA | Self::ContactlessB)
    }

    /// What `APDU.getInBlockSize` gives: 1 for T=0, else the information field of a block.
    #[must_use]
    pub const fn in_block_size(self) -> u16 {
        match self {
            Self::T0 => 1,
            _ => 254,
        }
    }

    /// What `APDU.getOutBlockSize` gives: for T=0 a response with its status bytes.
    #[must_use]
    pub const fn out_block_size(self) -> u16 {
        match self {
            Self::T0 => 258,
            _ => 254,
        }
    }

    /// The answer to reset with these historical bytes (ISO 7816-3 §8.2), or for contactless cards
    /// the one that readers make up (PC/SC part 3 §3.1.3.2.3.1).
    #[must_use]
    pub fn answer_to_reset(self, historical: &[u8]) -> Vec<u8> {
        let historical = historical.get(..15).unwrap_or(historical);
        let count = u8::try_from(historical.len()).unwrap_or(0);
        let mut atr = match self {
            // Without TD1 it is T=0, and there is no check byte.
            Self::T0 => return [&[0x3B, count], historical].concat(),
            Self::T1 => vec![0x3B, 0x80 | count, 0x01],
            Self::ContactlessA | Self::ContactlessB => vec![0x3B, 0x80 | count, 0x80, 0x01],
        };
        atr.extend(historical);
        let check = atr.iter().skip(1).fold(0, |check, byte| check ^ byte);
        atr.push(check);
        atr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_reset_tell_the_protocol() {
        let atr = |transmission: Transmission| transmission.answer_to_reset(&[0x65, 0x66]);
        assert_eq!(atr(Transmission::T0), [0x3B, 2, 0x65, 0x66]);
        assert_eq!(atr(Transmission::T1), [0x3B, 0x82, 1, 0x65, 0x66, 0x80]);
        assert_eq!(
            atr(Transmission::ContactlessA),
            [0x3B, 0x82, 0x80, 1, 0x65, 0x66, 0]
        );
        for name in ["t0", "t1", "contactless-a", "contactless-b"] {
            assert_eq!(name.parse::<Transmission>().unwrap().to_string(), name);
        }
        assert!("t2".parse::<Transmission>().is_err());
    }
}
