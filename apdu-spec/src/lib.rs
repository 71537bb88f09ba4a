//! ISO 7816-4 APDUs, BER-TLV, AIDs, status words, and the command tables of Tenkoku's applets.
//!
//! Everything here is data or a codec over borrowed bytes: no allocation, no I/O. The applet takes
//! its constants from here, the documentation, the explanations and the conformance coverage are
//! drawn from the same tables.
#![no_std]

mod aid;
mod command;
pub mod jpki;
mod response;
mod status;
pub mod tlv;

pub use aid::{Aid, AidError};
pub use command::{Command, CommandError, Lengths};
pub use response::{Response, ResponseError};
pub use status::{Meaning, StatusWord};
