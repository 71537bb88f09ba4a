//! The virtual machine: memory, linked code and its interpreter.

mod flow;
pub mod heap;
pub mod interpreter;
pub mod link;
pub mod op;
pub mod program;
mod translate;
pub mod trap;

pub use heap::{Heap, HeapConfig, Kind, Object};
pub use interpreter::{Limits, Stack, Vm};
pub use op::Op;
pub use program::Program;
pub use trap::{Throwable, Trap};
