//! Small applets by which the compiler is measured: a walk through TLV data, base64, SHA-256 in software
//! (with 16-bit halves, and with `u32`), sorting, a file of records. They are tested on the host like any applet; `capgen` compiles them for its
//! benchmark and compares the card's answers with the host's.

#![no_std]
#![allow(
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::manual_swap,
    clippy::needless_range_loop,
    reason = "Card Rust converts with `as` and loops over ranges"
)]

mod base64;
mod log;
mod records;
mod sha256;
mod sha256_words;
mod sort;
mod tlv_walk;

pub use base64::Base64;
pub use log::Log;
pub use records::Records;
pub use sha256::Sha256;
pub use sha256_words::Sha256Words;
pub use sort::Sort;
pub use tlv_walk::TlvWalk;
