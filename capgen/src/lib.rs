//! The Card Rust compiler.
pub mod ir;
