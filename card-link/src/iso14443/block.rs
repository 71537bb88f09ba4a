//! Blocks (ISO 14443-4 §7.1), without their check bytes. There are neither card identifiers nor node addresses: one
//! card is spoken to, as number 0.

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// The information field.
    pub information: Vec<u8>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Carries information.
    I {
        /// The block number.
        number: bool,
        /// More of the same follows.
        more: bool,
    },
    /// Acknowledges.
    Ack(bool),
    /// Complains.
    Nak(bool),
    /// Asks for more time, and grants it: the multiplier is the information.
    Time,
    /// Ends it.
    Deselect,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::I { number, more } => 0x02 | u8::from(number) | u8::from(more) << 4,
            Self::Ack(number) => 0xA2 | u8::from(number),
            Self::Nak(number) => 0xB2 | u8::from(number),
            Self::Time => 0xF2,
            Self::Deselect => 0xC2,
        }
    }
}

impl Block {
    /// A block without information.
    #[must_use]
    pub const fn bare(kind: Kind) -> Self {
        Self {
            kind,
            information: Vec::new(),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&[self.kind.code()][..], &self.information].concat()
    }

    /// Reads a block; `None` where it is none, or one for a card with another number.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&code, rest) = bytes.split_first()?;
        // With a card identifier, which may be 0 where the card was told so.
        let rest = if code & 0x08 == 0 {
            rest
        } else {
            let (&identifier, rest) = rest.split_first()?;
            (identifier & 0x0F == 0).then_some(rest)?
        };
        let number = code & 0x01 != 0;
        let kind = match code & 0xF6 {
            0x02 => Kind::I {
                number,
                more: false,
            },
            0x12 => Kind::I { number, more: true },
            0xA2 if rest.is_empty() => Kind::Ack(number),
            0xB2 if rest.is_empty() => Kind::Nak(number),
            0xF2 if !number && rest.len() == 1 => Kind::Time,
            0xC2 if !number && rest.is_empty() => Kind::Deselect,
            _ => return None,
        };
        Some(Self {
            kind,
            information: rest.to_vec(),
        })
    }
}
