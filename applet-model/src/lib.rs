//! Tenkoku's applets, in Card Rust: rustc compiles them for tests, `capgen` compiles the same
//! source for the card.
//!
//! An applet is generic over its [`platform::Platform`]; it allocates only in
//! [`platform::Applet::install`], and it answers with status words through `Result` and `?`.
#![no_std]
// Card Rust converts with `as` and loops over ranges.
#![allow(clippy::cast_lossless, clippy::needless_range_loop)]

pub mod jpki;

pub use jpki::Jpki;
