//! The commands of `tenkoku`, and what stands behind them: a personaliser for the JPKI applet, the
//! holder's side of it, and a test certification authority.

pub mod aid;
pub mod arguments;
pub mod command;
mod confirm;
pub mod connection;
pub mod failure;
mod files;
pub mod installation;
pub mod jpki;
mod output;
mod progress;
pub mod road;
mod secret;
pub mod simulator;
