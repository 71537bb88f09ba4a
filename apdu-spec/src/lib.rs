//! ISO 7816-4 APDUs, BER-TLV, AIDs, status words, and the command tables of Tenkoku's applets.
//!
//! Everything here is data or a codec over borrowed bytes: no allocation, no I/O. The applet takes
//! its constants from here, the documentation, the explanations and the conformance coverage are
//! drawn from the same tables. Clauses of ISO 7816-4 are those of the 2005 edition.
#![no_std]

mod aid;
mod command;
pub mod explain;
pub mod gp;
pub mod jpki;
pub mod markdown;
mod response;
mod status;
pub mod table;
pub mod tlv;

pub use aid::{Aid, AidError};
pub use command::{Command, CommandError, Lengths};
pub use response::{Response, ResponseError};
pub use status::{Meaning, StatusWord};
