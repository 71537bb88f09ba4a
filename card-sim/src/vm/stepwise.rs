//! Defensive mode: bytecode executed as it stands in the CAP file, one instruction at a time, with
//! a type tag on every word of the stack and of the locals.
//!
//! Before an instruction uses a word, its type is checked; before it uses an object, that it has
//! the field, the method, the element type that the constant pool entry names; and stack and
//! locals stay within what the method header declares. Code that a verifier accepts never breaks
//! one of these rules (JCVM 3.0.5 §2.1.2, §7.5); code that does ends in [`Trap::BadCode`]. Where a package
//! carries no Descriptor component, the types of its own fields and arguments are known only as
//! far as instructions tell.
//!
//! Two things a verifier checks are not looked for here, since no memory is reached through
//! them: that constructors run before an object is used, and access rights (private, protected).
//!
//! The interpreter shares nothing with the translator behind fast mode, so each checks the other.

mod calls;
mod fields;
mod frame;
mod instructions;

use super::bytecode::{Block, Bytecode};
use super::heap::Context;
use super::program::{Body, Method, NO_CLASS, Program};
use super::trap::Trap;
use super::{Stack, Vm};
use crate::vm::observer::Step;
use cap_file::Instruction;
use cap_file::component::{CodeOffset, split_code_offset};

/// A word of the stack or of the locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its sixteen bits.
    pub value: i16,
    /// What they are.
    pub tag: WordTag,
}

/// What a word holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordTag {
    /// Nothing yet.
    Nothing,
    /// A `boolean`, `byte` or `short`.
    Short,
    /// A reference, 0 for null.
    Reference,
    /// The high half of an `int`; the low one is in the next word.
    IntHigh,
    /// The low half of an `int`.
    IntLow,
    /// What `jsr` leaves.
    ReturnAddress,
}

impl Word {
    /// A word that nothing was stored in.
    pub const NOTHING: Self = Self {
        value: 0,
        tag: WordTag::Nothing,
    };

    /// A short.
    #[must_use]
    pub const fn short(value: i16) -> Self {
        Self {
            value,
            tag: WordTag::Short,
        }
    }

    /// A reference.
    #[must_use]
    pub const fn reference(reference: u16) -> Self {
        Self {
            value: reference.cast_signed(),
            tag: WordTag::Reference,
        }
    }

    /// The two words of an int.
    #[must_use]
    pub const fn int(value: i32) -> [Self; 2] {
        let [a, b, c, d] = value.to_be_bytes();
        [
            Self {
                value: i16::from_be_bytes([a, b]),
                tag: WordTag::IntHigh,
            },
            Self {
                value: i16::from_be_bytes([c, d]),
                tag: WordTag::IntLow,
            },
        ]
    }
}

/// A frame: its locals lie from `base` on, its operand stack after them.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    method: &'a Method,
    package: &'a Bytecode,
    code: &'a Block,
    pc: u16,
    base: usize,
    locals: usize,
    depth: usize,
    max_stack: usize,
}

impl Frame<'_> {
    /// Where in the Method component it goes on.
    fn place(&self) -> CodeOffset {
        // A method does not leave its block.
        (self.method.header_offset & !0xFFFF) | CodeOffset::from(self.pc)
    }
}

/// What the interpreter works on beside the machine that it shares with fast mode.
#[derive(Debug)]
pub(super) struct Stepwise<'a> {
    words: Vec<Word>,
    frames: Vec<Frame<'a>>,
}

impl<'a> Stepwise<'a> {
    pub(super) fn new(stack: &mut Stack, stack_words: u16) -> Self {
        let mut words = std::mem::take(&mut stack.tagged);
        words.resize(usize::from(stack_words), Word::NOTHING);
        Self {
            words,
            frames: Vec::new(),
        }
    }

    /// Gives the memory back, for the next command.
    pub(super) fn give_back(self, stack: &mut Stack) {
        stack.tagged = self.words;
    }

    fn top(&self) -> Result<&Frame<'a>, Trap> {
        self.frames.last().ok_or(NO_FRAME)
    }

    fn top_mut(&mut self) -> Result<&mut Frame<'a>, Trap> {
        self.frames.last_mut().ok_or(NO_FRAME)
    }
}

const NO_FRAME: Trap = Trap::BadCode("no method runs");
const MISSING: Trap = Trap::BadCode("a constant pool entry of another kind, or none");

/// How an instruction ended.
enum Outcome {
    /// The one after it is next.
    Next,
    /// A branch was taken to this offset.
    Jump(u16),
    /// A method was entered; the frame below goes on after its call.
    Entered,
    /// The method returned these words.
    Returned([Word; 2], usize),
}

impl<'a> Vm<'a> {
    fn machine(&mut self) -> Result<&mut Stepwise<'a>, Trap> {
        self.stepwise.as_mut().ok_or(NO_FRAME)
    }

    /// Calls a method with bytecode and gives its result.
    pub(super) fn call_stepwise(
        &mut self,
        target: &'a Method,
        arguments: &[Word],
        context: Context,
        owner: u8,
    ) -> Result<i32, Trap> {
        let depth = self.machine()?.frames.len();
        // As in fast mode: behind all registers of the frame that waits.
        let base = self
            .machine()?
            .frames
            .last()
            .map_or(0, |frame| frame.base + usize::from(frame.method.registers));
        self.begin_frame(target, base, Some(arguments), context, owner)?;
        let result = self.run_stepwise(depth);
        if result.is_err() {
            while self.machine()?.frames.len() > depth {
                self.end_frame()?;
            }
        }
        result
    }

    /// Runs until no more than `depth` frames are left.
    fn run_stepwise(&mut self, depth: usize) -> Result<i32, Trap> {
        loop {
            let outcome = self.step();
            match outcome {
                Ok(Outcome::Next) => {
                    let frame = self.machine()?.top_mut()?;
                    frame.pc = frame.code.at(frame.pc).map_or(frame.pc, |at| at.next);
                }
                Ok(Outcome::Jump(target)) => self.machine()?.top_mut()?.pc = target,
                Ok(Outcome::Entered) => {}
                Ok(Outcome::Returned(words, count)) => {
                    self.end_frame()?;
                    if self.machine()?.frames.len() <= depth {
                        let [first, second] = words.map(|word| word.value);
                        return Ok(match count {
                            0 => 0,
                            1 => first.into(),
                            _ => i32::from(first) << 16 | i32::from(second.cast_unsigned()),
                        });
                    }
                    let returned = self.push_words(words.get(..count).unwrap_or(&[]));
                    if let Err(trap) = returned {
                        self.unwind(trap, depth)?;
                        continue;
                    }
                    let frame = self.machine()?.top_mut()?;
                    frame.pc = frame.code.at(frame.pc).map_or(frame.pc, |at| at.next);
                }
                Err(trap) => self.unwind(trap, depth)?,
            }
        }
    }

    /// Looks for a handler, ending frames down to `depth`.
    fn unwind(&mut self, trap: Trap, depth: usize) -> Result<(), Trap> {
        if let Ok(frame) = self.machine()?.top() {
            let place = (frame.method.slot, frame.method.header_offset, frame.place());
            self.session.thrown_at = Some(place);
        }
        let trap = self.to_object(trap);
        let Trap::Thrown(exception) = trap else {
            return Err(trap);
        };
        let class = self.heap.object(exception).class;
        let program: &'a Program = self.program;
        while self.machine()?.frames.len() > depth {
            let frame = self.machine()?.top_mut()?;
            let code = frame.code;
            let handler = code.handlers.iter().find(|handler| {
                (handler.start..handler.end).contains(&frame.pc)
                    && (handler.class == NO_CLASS || program.is_instance(class, handler.class))
            });
            if let Some(handler) = handler {
                frame.pc = handler.target;
                frame.depth = 0;
                return self.push(Word::reference(exception));
            }
            self.end_frame()?;
        }
        Err(trap)
    }

    fn step(&mut self) -> Result<Outcome, Trap> {
        self.meter.executed += 1;
        if self.meter.executed > self.meter.limit {
            return Err(Trap::StepBudget);
        }
        let machine = self.stepwise.as_ref().ok_or(NO_FRAME)?;
        let frame = *machine.top()?;
        let decoded = frame
            .code
            .at(frame.pc)
            .ok_or(Trap::BadCode("control reaches no instruction"))?;
        if let Some(observer) = self.observer.as_deref_mut() {
            let stack = frame.base + frame.locals;
            observer.step(&Step {
                slot: frame.method.slot,
                method: frame.method.header_offset,
                offset: frame.place(),
                instruction: &decoded.instruction,
                stack: machine.words.get(stack..stack + frame.depth).unwrap_or(&[]),
                locals: machine.words.get(frame.base..stack).unwrap_or(&[]),
                depth: machine.frames.len(),
                heap: self.heap,
                program: self.program,
            });
        }
        let instruction: &'a Instruction = &decoded.instruction;
        self.execute(instruction)
    }

    fn begin_frame(
        &mut self,
        target: &'a Method,
        base: usize,
        arguments: Option<&[Word]>,
        context: Context,
        owner: u8,
    ) -> Result<(), Trap> {
        let program: &'a Program = self.program;
        let Body::Code(_) = target.body else {
            return Err(super::interpreter::no_body(program, target));
        };
        let (block, pc) = split_code_offset(target.bytecode_offset);
        let package = program
            .package(target.slot)
            .map(|package| &*package.bytecode);
        let (package, code) = package
            .and_then(|package| Some((package, package.blocks.get(block)?)))
            .ok_or(Trap::BadCode("a method of no package"))?;
        let limits = self.limits;
        let waiting = (self.context, self.owner);
        let (old_pc, old_base) = (self.pc, self.base);
        let machine = self.stepwise.as_mut().ok_or(NO_FRAME)?;
        let end = base + usize::from(target.registers);
        if end > machine.words.len() || machine.frames.len() >= usize::from(limits.frames) {
            return Err(Trap::StackOverflow);
        }
        let first_free = base + usize::from(target.arguments);
        let locals = usize::from(target.locals);
        if let Some(arguments) = arguments
            && let Some(place) = machine.words.get_mut(base..base + arguments.len())
        {
            place.copy_from_slice(arguments);
        }
        if let Some(rest) = machine.words.get_mut(first_free..end) {
            rest.fill(Word::NOTHING);
        }
        machine.frames.push(Frame {
            method: target,
            package,
            code,
            pc,
            base,
            locals,
            depth: 0,
            max_stack: usize::from(target.max_stack),
        });
        // What natives ask about (previous context, running package) they ask the stack that fast
        // mode uses.
        self.stack.push_waiting(old_pc, old_base, waiting);
        self.pc = target.code.start;
        (self.context, self.owner) = (context, owner);
        let high = &mut self.session.usage.stack_high_water;
        *high = (*high).max(end);
        self.check_arguments(target)
    }

    fn end_frame(&mut self) -> Result<(), Trap> {
        self.machine()?.frames.pop();
        if let Some((pc, base, (context, owner))) = self.stack.pop_waiting() {
            (self.pc, self.base) = (pc, base);
            (self.context, self.owner) = (context, owner);
        }
        Ok(())
    }
}
