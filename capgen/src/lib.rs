//! The Card Rust compiler: an applet's `no_std` Rust source to a Java Card CAP file.
pub mod codegen;
pub mod diagnostic;
pub mod driver;
pub mod ir;
pub mod java;
pub mod opt;
pub mod package;

mod bindings;
mod front;
pub mod source;
