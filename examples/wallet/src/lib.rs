//! Two applets in one package: a purse, and loyalty points. They share code and constants, which the package
//! holds once.
#![no_std]

mod decimal;
mod loyalty;
mod purse;

pub use loyalty::Loyalty;
pub use purse::Purse;

use platform::Package;

/// The package of both.
pub const PACKAGE: Package = Package {
    aid: &[0xF0, 0x54, 0x4B, 0x57, 0x41],
    major: 1,
    minor: 0,
};
