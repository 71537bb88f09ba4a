#![doc = include_str!("../README.md")]

pub mod aid;
pub mod api;
pub mod card;
pub mod channels;
pub mod class_byte;
pub mod cost;
pub mod coverage;
pub mod fault;
pub mod gp;
pub mod image;
pub mod profile;
pub mod quirk;
pub mod registry;
pub mod runtime;
pub mod secure_channel;
#[cfg(unix)]
pub mod serial;
pub mod session;
pub mod tear;
mod transmission;
pub mod vm;
pub mod vpcd;
pub mod work;

pub use aid::Aid;
pub use card::{Card, CardConfig, CardStatistics, CommandUsage};
pub use fault::{Cause, Fault, Place};
pub use profile::Profile;
pub use quirk::Quirk;
pub use transmission::{Transmission, UnknownTransmission};

/// The examples of docs/simulator.md compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/simulator.md")]
struct Documentation;
