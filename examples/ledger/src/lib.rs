//! A library package: code that the applets of other packages share on the card.
#![no_std]
#![allow(
    clippy::cast_possible_truncation,
    clippy::needless_range_loop,
    reason = "Card Rust converts with `as` and loops over ranges"
)]

mod account;
mod checksum;
pub mod decimal;
mod log;

pub use account::Account;
pub use checksum::{SEED, checksum};
pub use log::{Direction, Log};

/// An amount in whole and hundredths. Takes a tuple back, which no method of the card gives: where it is called, its
/// code is put in place.
pub fn parts(amount: u16) -> (u16, u8) {
    (amount / 100, (amount % 100) as u8)
}
