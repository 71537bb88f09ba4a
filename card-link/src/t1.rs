//! T=1: half-duplex transmission of blocks (ISO 7816-3 §11).

mod block;
mod card;
mod host;

pub use block::{Block, BlockError, BlockReader, Fault, MAX_INFORMATION, Pcb, Supervisory};
pub use card::{Card, Reaction};
pub use host::{Host, Step, T1Error};

/// What came from the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// As many bytes as a block announces.
    Block(&'a [u8]),
    /// Bytes that broke off, or were damaged in a way that the line sees.
    Garbled,
    /// Nothing within the block waiting time.
    Silence,
}
