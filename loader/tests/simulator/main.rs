//! The loader against the simulator: a real card manager, a real virtual machine, no reader.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod agreement;
mod card;
mod content;
mod delegation;
mod domains;
mod echo_cap;
mod flash;
mod keys;
mod management;
mod power;
mod receipts;
mod recipe;
mod resume;
mod script;
mod trace;
