//! The commands of `tenkoku`, and what stands behind them: a personaliser for the JPKI applet, the
//! holder's side of it, and a test certification authority.

#[macro_use]
mod say;

pub mod agreement;
pub mod aid;
pub mod arguments;
pub mod command;
mod confirm;
pub mod connection;
mod coverage;
mod debugger;
pub mod delegation;
mod estimate;
pub mod failure;
mod files;
pub mod installation;
mod interrupt;
mod journals;
pub mod jpki;
mod known;
mod output;
mod progress;
mod public_key;
mod recipe;
pub mod road;
mod script;
mod secret;
pub mod simulator;
mod source;
mod token_key;
