//! What the platform traits are on the card.

/// The table that binds each method of the platform traits to calls of the Java Card API, itself
/// written in Card Rust.
pub(crate) const CARD: &str = include_str!("bindings/card.rs");

/// The name of that text among the sources.
pub(crate) const FILE: &str = "bindings.rs";

/// The methods of the integers that are more than an instruction, as functions of Card Rust.
pub(crate) const INTEGERS: &str = include_str!("bindings/integers.rs");
