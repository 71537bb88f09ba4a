//! What the platform traits and the methods of integers are on the card.

pub(crate) mod integers;

/// The table that binds each method of the platform traits to calls of the Java Card API, itself
/// written in Card Rust.
pub(crate) const CARD: &str = include_str!("bindings/card.rs");

/// The name of that text among the sources.
pub(crate) const FILE: &str = "bindings.rs";
