//! The commands that are used (UM0701-02 chapter 7), and their answers. All begin with D4, all answers with D5.

use crate::iso14443::{Attributes, AttributesError};

/// The content of a frame to the chip.
pub type Command = Vec<u8>;

const TO_CHIP: u8 = 0xD4;
/// The gate failed: the status of `InCommunicateThru` where nothing came (§7.1).
pub const GATE_FAILED: u8 = 0x01;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// ISO 14443 type A, at 106 kbit/s.
    A,
    /// ISO 14443 type B, at 106 kbit/s.
    B,
}

/// A card in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Of type A: SAK, and the identifier.
    A {
        /// Select acknowledge: bit 6 tells that the card speaks ISO 14443-4.
        sak: u8,
        /// The identifier: 4, 7 or 10 bytes.
        identifier: Vec<u8>,
    },
    /// Of type B, activated by the chip (ATTRIB).
    B {
        /// The identifier (PUPI).
        identifier: Vec<u8>,
        /// What it told.
        attributes: Attributes,
    },
}

/// `GetFirmwareVersion` (§7.2.2).
#[must_use]
pub fn firmware() -> Command {
    vec![TO_CHIP, 0x02]
}

/// `Diagnose`, communication line test (§7.2.1): the chip answers with the same bytes.
#[must_use]
pub fn diagnose(bytes: &[u8]) -> Command {
    [&[TO_CHIP, 0x00, 0x00][..], bytes].concat()
}

/// `SAMConfiguration`, normal mode (§7.2.10); the first command after the chip was woken.
#[must_use]
pub fn wake() -> Command {
    vec![TO_CHIP, 0x14, 0x01, 0x00, 0x01]
}

/// `SetParameters` (§7.2.9): the chip sends no RATS by itself.
#[must_use]
pub fn parameters() -> Command {
    vec![TO_CHIP, 0x12, 0x00]
}

/// `RFConfiguration`, the field (§7.3.1, item 1).
#[must_use]
pub fn field(on: bool) -> Command {
    vec![TO_CHIP, 0x32, 0x01, u8::from(on)]
}

/// `RFConfiguration`, how long to wait for an answer (item 2), in the code of [`timeout_code`].
#[must_use]
pub fn timeouts(code: u8) -> Command {
    vec![TO_CHIP, 0x32, 0x02, 0x00, 0x0B, code]
}

/// `RFConfiguration`, how often to look for a card (item 5): once more.
#[must_use]
pub fn retries() -> Command {
    vec![TO_CHIP, 0x32, 0x05, 0x00, 0x01, 0x01]
}

/// `SetSerialBaudRate` (§7.2.8); `None` for a rate that the chip has not.
#[must_use]
pub fn rate(baud: u32) -> Option<Command> {
    let code = [
        9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_288_000,
    ]
    .into_iter()
    .zip(0..)
    .find_map(|(rate, code)| (rate == baud).then_some(code))?;
    Some(vec![TO_CHIP, 0x10, code])
}

/// `WriteRegister` (§7.2.5).
#[must_use]
pub fn register(address: u16, value: u8) -> Command {
    let [high, low] = address.to_be_bytes();
    vec![TO_CHIP, 0x08, high, low, value]
}

/// `InListPassiveTarget` (§7.3.5), for one card.
#[must_use]
pub fn find(target: Target) -> Command {
    match target {
        Target::A => vec![TO_CHIP, 0x4A, 0x01, 0x00],
        // Application family 00: every card.
        Target::B => vec![TO_CHIP, 0x4A, 0x01, 0x03, 0x00],
    }
}

/// The answer to it, without D5 and 4B; `None` where there is no card.
///
/// # Errors
/// [`AttributesError`] where it is cut short.
pub fn find_answer(target: Target, answer: &[u8]) -> Result<Option<Found>, AttributesError> {
    let (count, rest) = answer.split_first().unwrap_or((&0, &[]));
    if *count == 0 {
        return Ok(None);
    }
    // The number of the card comes first.
    let rest = rest.get(1..).unwrap_or_default();
    match target {
        Target::A => {
            let &[_, _, sak, length, ref identifier @ ..] = rest else {
                return Ok(None);
            };
            let identifier = identifier.get(..usize::from(length)).unwrap_or(identifier);
            Ok(Some(Found::A {
                sak,
                identifier: identifier.to_vec(),
            }))
        }
        Target::B => {
            let (atqb, rest) = rest.split_at_checked(12).unwrap_or((rest, &[]));
            let attrib = rest.get(1..).unwrap_or_default();
            let attributes = Attributes::of_b(atqb, attrib)?;
            let identifier = atqb.get(1..5).unwrap_or_default().to_vec();
            Ok(Some(Found::B {
                identifier,
                attributes,
            }))
        }
    }
}

/// `InCommunicateThru` (§7.3.9): these bytes to the card, with check bytes.
#[must_use]
pub fn communicate(bytes: &[u8]) -> Command {
    [&[TO_CHIP, 0x42][..], bytes].concat()
}

/// The answer to it, without D5 and 43: status, and what the card said.
#[must_use]
pub fn communicated(answer: &[u8]) -> Option<(u8, &[u8])> {
    let (status, bytes) = answer.split_first()?;
    // Bits 7 and 8 tell of more, and of node addresses.
    Some((status & 0x3F, bytes))
}

/// `InRelease` (§7.3.11) of all cards.
#[must_use]
pub fn release() -> Command {
    vec![TO_CHIP, 0x52, 0x00]
}

/// The code of the shortest time that is as long as this, and how long that is, in microseconds: 100 µs, and each next
/// one twice as long, up to 3.28 s (table 17).
#[must_use]
pub fn timeout_code(microseconds: u64) -> (u8, u64) {
    let mut time = 100;
    for code in 1..0x10 {
        if time >= microseconds {
            return (code, time);
        }
        time *= 2;
    }
    (0x10, time)
}
