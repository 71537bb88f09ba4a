//! The virtual machine: memory, linked code and its interpreter.

pub mod bytecode;
mod flow;
pub mod heap;
pub mod interpreter;
pub mod link;
pub mod observer;
pub mod op;
pub mod program;
pub mod stepwise;
mod translate;
pub mod trap;
pub mod types;

pub use heap::{Heap, HeapConfig, Kind, Object, Remains};
pub use interpreter::{Limits, Stack, Vm};
pub use observer::{Observer, Step};
pub use op::Op;
pub use program::Program;
pub use stepwise::{Word, WordTag};
pub use trap::{Throwable, Trap};
