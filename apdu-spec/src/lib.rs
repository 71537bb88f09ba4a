//! ISO 7816-4 APDUs, BER-TLV, AIDs, status words, and the command tables of Tenkoku's applets.
//!
//! Everything here is data or a codec over borrowed bytes: no allocation, no I/O. The applet takes
//! its constants from here, the documentation, the explanations and the conformance coverage are
//! drawn from the same tables.
#![no_std]

mod aid;
pub mod jpki;
mod status;

pub use aid::{Aid, AidError};
pub use status::{Meaning, StatusWord};
