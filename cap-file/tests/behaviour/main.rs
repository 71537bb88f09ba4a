//! Behaviour of the crate, on a small package that the tests put together themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod compatibility;
mod findings;
mod formats;
mod hostile;
mod newer_formats;
mod sample;
