//! Watching a program run, one bytecode at a time.

use super::heap::Heap;
use super::program::{Class, Program};
use super::stepwise::Word;
use crate::work::Work;
use cap_file::Instruction;
use cap_file::component::CodeOffset;
use std::sync::{Arc, Mutex, PoisonError};

/// The machine just before an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Slot of the package whose code runs: that of its load file.
    pub slot: u8,
    /// Place of the method's header in the Method component.
    pub method: CodeOffset,
    /// Place of the instruction there.
    pub offset: CodeOffset,
    /// The instruction.
    pub instruction: &'a Instruction,
    /// Operand stack, its top last.
    pub stack: &'a [Word],
    /// Local variables, arguments first.
    pub locals: &'a [Word],
    /// Frames on the stack, this one included.
    pub depth: usize,
    /// The card's memory.
    pub heap: &'a Heap,
    /// Linked code.
    pub program: &'a Program,
}

impl Step<'_> {
    /// The class of an object on the stack or in a local variable.
    #[must_use]
    pub fn class_of(&self, word: Word) -> Option<&Class> {
        self.program
            .class(self.heap.object(word.value.cast_unsigned()).class)
    }
}

/// Something that watches. It sees every bytecode that a card executes, and changes nothing.
pub trait Observer {
    /// An instruction is about to be executed.
    fn step(&mut self, step: &Step<'_>);

    /// A method of the API is about to do work that takes long on a card.
    fn work(&mut self, _work: &Work) {}
}

impl Observer for Vec<Box<dyn Observer + Send>> {
    fn step(&mut self, step: &Step<'_>) {
        for observer in self {
            observer.step(step);
        }
    }

    fn work(&mut self, work: &Work) {
        for observer in self {
            observer.work(work);
        }
    }
}

impl<T: Observer> Observer for Arc<Mutex<T>> {
    fn step(&mut self, step: &Step<'_>) {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .step(step);
    }

    fn work(&mut self, work: &Work) {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .work(work);
    }
}
