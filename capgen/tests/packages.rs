//! Packages of more than one applet, library packages, and applets that use each other: the crates of
//! `examples`, on this machine and as CAP files on the simulated card.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "packages/applets.rs"]
mod applets;
#[path = "packages/budgets.rs"]
mod budgets;
#[path = "packages/card.rs"]
mod card;
#[path = "packages/extended.rs"]
mod extended;
#[path = "packages/libraries.rs"]
mod libraries;
#[path = "packages/refused.rs"]
mod refused;
#[path = "packages/shared.rs"]
mod shared;
#[path = "packages/targets.rs"]
mod targets;
#[path = "packages/token.rs"]
mod token;
#[path = "packages/transactions.rs"]
mod transactions;
#[path = "packages/vault.rs"]
mod vault;
#[path = "shared/within.rs"]
mod within;
#[path = "shared/words.rs"]
mod words;
