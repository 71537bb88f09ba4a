//! The card as a whole, with CAP files assembled here: instructions, memory, transactions, tears,
//! the firewall, images, hostile files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a failed unwrap is a failed test"
)]

mod api;
mod assembler;
mod channels;
mod content;
mod crypto;
mod defensive;
mod extended;
mod firewall;
mod hostile;
mod image;
mod instructions;
mod memory;
mod profiles;
mod security;
mod support;
mod transmission;
mod utilities;
