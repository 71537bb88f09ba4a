//! Blocks (§11.3).

use crate::edc::Edc;

/// The most bytes of information in a block.
pub const MAX_INFORMATION: usize = 254;

/// What an R-block complains about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it acknowledges.
    None,
    /// Error detection code or parity.
    Edc,
    /// Anything else.
    Other,
}

/// The kinds of S-block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervisory {
    /// Start anew.
    Resynch,
    /// The size of information fields.
    Ifs,
    /// Give up a chain.
    Abort,
    /// More time.
    Wtx,
}

/// A protocol control byte (§11.3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pcb {
    /// I-block: information.
    I {
        /// N(S), 0 or 1.
        sequence: u8,
        /// M: the information goes on in the next block.
        more: bool,
    },
    /// R-block: N(R) is the I-block that is expected.
    R {
        /// N(R), 0 or 1.
        expected: u8,
        /// What was wrong.
        fault: Fault,
    },
    /// S-block.
    S {
        /// Its kind.
        kind: Supervisory,
        /// Whether it answers one.
        response: bool,
    },
}

impl Pcb {
    const fn encode(self) -> u8 {
        match self {
            Self::I { sequence, more } => (sequence & 1) << 6 | (more as u8) << 5,
            Self::R { expected, fault } => {
                0x80 | (expected & 1) << 4
                    | match fault {
                        Fault::None => 0,
                        Fault::Edc => 1,
                        Fault::Other => 2,
                    }
            }
            Self::S { kind, response } => {
                0xC0 | (response as u8) << 5
                    | match kind {
                        Supervisory::Resynch => 0,
                        Supervisory::Ifs => 1,
                        Supervisory::Abort => 2,
                        Supervisory::Wtx => 3,
                    }
            }
        }
    }

    const fn decode(byte: u8) -> Option<Self> {
        Some(match byte >> 6 {
            0 | 1 if byte & 0x1F == 0 => Self::I {
                sequence: byte >> 6,
                more: byte & 0x20 != 0,
            },
            2 => Self::R {
                expected: byte >> 4 & 1,
                fault: match byte & 0x2F {
                    0 => Fault::None,
                    1 => Fault::Edc,
                    2 => Fault::Other,
                    _ => return None,
                },
            },
            3 => Self::S {
                response: byte & 0x20 != 0,
                kind: match byte & 0x1F {
                    0 => Supervisory::Resynch,
                    1 => Supervisory::Ifs,
                    2 => Supervisory::Abort,
                    3 => Supervisory::Wtx,
                    _ => return None,
                },
            },
            _ => return None,
        })
    }
}

/// A block. The node address byte is always 0: one reader, one card (§11.3.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub pcb: Pcb,
    /// Its information field.
    pub information: Vec<u8>,
}

/// Bytes that are no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The error detection code is wrong.
    #[error("the error detection code of a block is wrong")]
    Edc,
    /// Anything else.
    #[error("a block that the standard does not know")]
    Form,
}

impl BlockError {
    /// What an R-block says of it.
    #[must_use]
    pub const fn fault(self) -> Fault {
        match self {
            Self::Edc => Fault::Edc,
            Self::Form => Fault::Other,
        }
    }
}

impl Block {
    /// A block without information.
    #[must_use]
    pub const fn bare(pcb: Pcb) -> Self {
        Self {
            pcb,
            information: Vec::new(),
        }
    }

    /// The bytes, error detection code included.
    #[must_use]
    pub fn encode(&self, edc: Edc) -> Vec<u8> {
        let information = self
            .information
            .get(..MAX_INFORMATION)
            .unwrap_or(&self.information);
        let length = u8::try_from(information.len()).unwrap_or(0);
        let mut bytes = vec![0x00, self.pcb.encode(), length];
        bytes.extend_from_slice(information);
        edc.append(&mut bytes);
        bytes
    }

    /// Reads a block.
    ///
    /// # Errors
    /// [`BlockError`].
    pub fn decode(bytes: &[u8], edc: Edc) -> Result<Self, BlockError> {
        let checked = edc.check(bytes).ok_or(BlockError::Edc)?;
        let [0x00, pcb, length, information @ ..] = checked else {
            return Err(BlockError::Form);
        };
        if usize::from(*length) != information.len() || information.len() > MAX_INFORMATION {
            return Err(BlockError::Form);
        }
        let pcb = Pcb::decode(*pcb).ok_or(BlockError::Form)?;
        let one = information.len() == 1;
        let right = match pcb {
            Pcb::I { .. } => true,
            Pcb::S {
                kind: Supervisory::Ifs | Supervisory::Wtx,
                ..
            } => one,
            Pcb::R { .. } | Pcb::S { .. } => information.is_empty(),
        };
        if !right {
            return Err(BlockError::Form);
        }
        Ok(Self {
            pcb,
            information: information.to_vec(),
        })
    }
}

/// Gathers the bytes of a block.
#[derive(Clone, Debug, Default)]
pub struct BlockReader {
    bytes: Vec<u8>,
}

impl BlockReader {
    /// How many bytes are needed at least before the block can be complete.
    #[must_use]
    pub fn missing(&self, edc: Edc) -> usize {
        let whole = match self.bytes.get(2) {
            Some(&length) => 3 + usize::from(length) + edc.length(),
            None => 3 + edc.length(),
        };
        whole.saturating_sub(self.bytes.len())
    }

    /// Takes a byte; gives all bytes when there are as many as the block announces.
    pub fn push(&mut self, byte: u8, edc: Edc) -> Option<Vec<u8>> {
        self.bytes.push(byte);
        (self.missing(edc) == 0).then(|| std::mem::take(&mut self.bytes))
    }

    /// Whether a block has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Forgets what came.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}
