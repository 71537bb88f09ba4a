//! ISO 7816-4 APDUs.
#![no_std]
/// A status word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusWord(pub u16);
