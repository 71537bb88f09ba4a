//! Two applets in one package: a purse, and loyalty points. What they share of `ledger` the package holds once,
//! or imports it.
#![no_std]

mod loyalty;
mod points;
mod purse;

pub use loyalty::Loyalty;
pub use points::Points;
pub use purse::Purse;

use platform::{Apdu, Package, Platform, Result};

/// The package of both.
pub const PACKAGE: Package = Package {
    aid: &[0xF0, 0x54, 0x4B, 0x57, 0x41],
    major: 1,
    minor: 0,
};

/// What INS 60 answers.
const NAME: &[u8] = b"wallet";

fn name<P: Platform>(apdu: &mut P::Apdu) -> Result {
    apdu.buffer()[..NAME.len()].copy_from_slice(NAME);
    apdu.send(NAME.len())
}
