//! The serial transports against card and reader chip as state machines: on a line without time, where damage is
//! injected by seed, and over real pseudo-terminals.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod application;
mod phoenix;
mod pn532;
mod quiet_line;
#[cfg(target_os = "linux")]
mod terminal;
