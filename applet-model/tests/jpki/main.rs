//! The JPKI applet on the host platform.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a test has no public interface"
)]

mod commands;
mod exhaustive;
mod machine;
mod oracle;
mod properties;
mod terminal;
