//! ISO/IEC 14443-4: half-duplex transmission of blocks over the air, and how types A and B come to it. The check bytes of
//! frames (CRC_A, CRC_B) are the reader chip's.

mod activation;
mod block;
mod card;
mod host;

pub use activation::{
    Attributes, AttributesError, RATS, attributes_of_b, pps_request, pps_response, rats,
};
pub use block::{Block, Kind};
pub use card::{Card, Reaction};
pub use host::{Host, Iso14443Error, Step};

/// What came in answer to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A block, its check bytes right.
    Block(&'a [u8]),
    /// Something whose check bytes are wrong.
    Garbled,
    /// Nothing.
    Silence,
}

/// The answer to reset that PC/SC readers make up for a card (PC/SC part 3 §3.1.3.2.3.1).
#[must_use]
pub fn atr(historical: &[u8]) -> Vec<u8> {
    let historical = historical.get(..15).unwrap_or(historical);
    let count = u8::try_from(historical.len()).unwrap_or(0);
    let mut atr = vec![0x3B, 0x80 | count, 0x80, 0x01];
    atr.extend_from_slice(historical);
    atr.push(crate::edc::lrc(atr.get(1..).unwrap_or_default()));
    atr
}
