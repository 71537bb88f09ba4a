//! A simulated Java Card: virtual machine, runtime environment and GlobalPlatform card manager.

pub mod aid;
pub mod gp;
pub mod registry;
pub mod runtime;
pub mod secure_channel;

pub use aid::Aid;
