#![doc = include_str!("../README.md")]

pub mod api;
pub mod asm;
pub mod cap;
pub mod compatibility;
pub mod component;
pub mod cost;
pub mod dump;
pub mod error;
pub mod export_file;
pub mod info;
pub mod instruction;
pub mod java;
pub mod limits;
pub mod locate;
pub mod opcode;
pub mod verify;

pub use cap::CapFile;
pub use dump::dump;
pub use error::{ReadError, WriteError};
pub use export_file::ExportFile;
pub use info::{CapInfo, info};
pub use instruction::{Instruction, Instructions, Operands};
pub use opcode::Opcode;
pub use verify::{Exports, verify};
