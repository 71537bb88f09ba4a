//! Running linked code.
//!
//! `run_frame` is the inner loop: it executes what one frame can do by itself and stops at
//! calls, returns, allocations and exceptions, which [`Vm`] then sees to.

mod calls;
pub(super) mod frame;
mod objects;

use super::heap::{Context, Heap, Kind, RUNTIME_CONTEXT};
use super::observer::Observer;
use super::op::{Op, Register};
use super::program::{Body, ClassId, Method, NO_CLASS, Program};
use super::stepwise::{Stepwise, Word};
use super::trap::{Throwable, Trap};
use crate::registry::{ApplicationKind, Registry};
use crate::secure_channel::SecurityServices;
use crate::session::Session;
use frame::{Exit, Meter, Reach, run_frame};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Registers lent to a frame.
pub(super) const FRAME_REGISTERS: usize = 256;
const NO_TARGET: Trap = Trap::BadCode("a call of no method");

/// A call of a method without a body: one of the API that this card does not implement, or an
/// abstract one.
#[cold]
pub(super) fn no_body(program: &Program, target: &Method) -> Trap {
    let index = program
        .methods
        .iter()
        .position(|method| std::ptr::eq(method, target))
        .and_then(|index| u32::try_from(index).ok());
    match index {
        Some(index) if target.name.is_some() => Trap::Unsupported(index),
        _ => Trap::BadCode("a call of an abstract method"),
    }
}

/// The deepest that natives may call back into bytecode.
const MAX_NESTING: u8 = 16;

/// The limits of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytecodes that a command may execute. What methods of the API do counts, too: a byte as a bytecode, cryptography
    /// with public keys by the length of the key.
    pub steps: u64,
    /// Words of stack, shared by all frames.
    pub stack_words: u16,
    /// Frames.
    pub frames: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 500_000_000,
            stack_words: 2048,
            frames: 256,
        }
    }
}

/// The stack of the interpreter. It is empty between commands, so a copy of a card begins with an
/// empty one.
#[derive(Debug, Default)]
pub struct Stack {
    words: Vec<i16>,
    frames: Vec<Suspended>,
    /// The words of defensive mode.
    pub(super) tagged: Vec<Word>,
}

impl Stack {
    /// Remembers what a frame of defensive mode waits with.
    pub(super) fn push_waiting(&mut self, pc: u32, base: u32, (context, owner): (Context, u8)) {
        self.frames.push(Suspended {
            pc,
            base,
            registers: 0,
            context,
            owner,
        });
    }

    pub(super) fn pop_waiting(&mut self) -> Option<(u32, u32, (Context, u8))> {
        let frame = self.frames.pop()?;
        Some((frame.pc, frame.base, (frame.context, frame.owner)))
    }
}

impl Clone for Stack {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A frame that waits for a call to return.
#[derive(Clone, Copy, Debug)]
struct Suspended {
    pc: u32,
    base: u32,
    registers: u16,
    context: Context,
    owner: u8,
}

/// A virtual machine at work: the card's parts, lent for one command.
pub struct Vm<'a> {
    /// Linked code.
    pub program: &'a Program,
    /// The card's memory.
    pub heap: &'a mut Heap,
    /// The registry.
    pub registry: &'a mut Registry,
    /// The runtime environment's state.
    pub session: &'a mut Session,
    /// The security domains.
    pub services: &'a mut dyn SecurityServices,
    /// Current context of the firewall.
    pub context: Context,
    /// Current application: owner of new objects.
    pub owner: u8,
    /// The context of the selected applet, or of the one that is being installed: the only one that may work with
    /// objects that are cleared on deselection (JCRE 3.0.5 §5.1).
    pub selected_context: Option<Context>,
    pub(super) stack: &'a mut Stack,
    pub(super) base: u32,
    registers: u16,
    pub(super) pc: u32,
    pub(super) meter: Meter,
    /// What methods of the API have done, in bytecodes, and the budget does not know yet.
    effort: Cell<i64>,
    pub(super) limits: Limits,
    nesting: u8,
    /// There in defensive mode.
    pub(super) stepwise: Option<Stepwise<'a>>,
    pub(super) observer: Option<&'a mut dyn Observer>,
}

fn selected_context(registry: &Registry, session: &Session) -> Option<Context> {
    if let Some(installation) = session.installation {
        return Some(installation.context);
    }
    match registry.application(session.channels.selected()?)?.kind {
        ApplicationKind::Applet { load_file, .. } => Some(load_file.context()),
        ApplicationKind::SecurityDomain => None,
    }
}

impl<'a> Vm<'a> {
    /// A machine in the runtime environment's context.
    pub fn new(
        program: &'a Program,
        heap: &'a mut Heap,
        registry: &'a mut Registry,
        session: &'a mut Session,
        services: &'a mut dyn SecurityServices,
        stack: &'a mut Stack,
        limits: Limits,
    ) -> Self {
        stack
            .words
            .resize(usize::from(limits.stack_words) + FRAME_REGISTERS, 0);
        stack.frames.clear();
        let steps = i64::try_from(limits.steps).unwrap_or(i64::MAX);
        let selected_context = selected_context(registry, session);
        Self {
            selected_context,
            program,
            heap,
            registry,
            session,
            services,
            context: RUNTIME_CONTEXT,
            owner: 0,
            stack,
            base: 0,
            registers: 0,
            pc: 0,
            meter: Meter {
                executed: 0,
                limit: steps,
            },
            effort: Cell::new(0),
            limits,
            nesting: 0,
            stepwise: None,
            observer: None,
        }
    }

    /// Goes on in defensive mode, with someone who watches or without.
    pub fn go_stepwise(&mut self, observer: Option<&'a mut dyn Observer>) {
        self.stepwise = Some(Stepwise::new(self.stack, self.limits.stack_words));
        self.observer = observer;
    }

    /// The end of the command.
    pub fn finish(&mut self) {
        if let Some(stepwise) = self.stepwise.take() {
            stepwise.give_back(self.stack);
        }
        self.stack.frames.clear();
    }

    /// Takes what a method of the API does off the budget of the command, so that a loop of long ones ends too: a
    /// bytecode for each byte, and more where cryptography takes long.
    pub fn charge(&self, bytecodes: usize) {
        let bytecodes = i64::try_from(bytecodes).unwrap_or(i64::MAX);
        self.effort.set(self.effort.get().saturating_add(bytecodes));
    }

    /// Settles what was charged.
    pub(super) fn settle(&mut self) -> Result<(), Trap> {
        let effort = self.effort.take();
        if effort == 0 {
            return Ok(());
        }
        self.meter.limit = self.meter.limit.saturating_sub(effort);
        if self.meter.executed > self.meter.limit {
            return Err(Trap::StepBudget);
        }
        Ok(())
    }

    /// Bytecodes executed so far.
    #[must_use]
    pub fn executed(&self) -> u64 {
        u64::try_from(self.meter.executed).unwrap_or(0)
    }

    /// The context that called into the current one, for `getPreviousContextAID`.
    #[must_use]
    pub fn previous_owner(&self) -> Option<u8> {
        self.stack
            .frames
            .iter()
            .rev()
            .find(|frame| frame.context != self.context)
            .filter(|frame| frame.context != RUNTIME_CONTEXT)
            .map(|frame| frame.owner)
    }

    /// Calls a method in a context and gives its result.
    ///
    /// # Errors
    /// [`Trap::Thrown`] with what the method did not catch; other traps end the command.
    pub fn call(
        &mut self,
        method: u32,
        words: &[Word],
        context: Context,
        owner: u8,
    ) -> Result<i32, Trap> {
        if self.nesting >= MAX_NESTING {
            return Err(Trap::StackOverflow);
        }
        let program: &'a Program = self.program;
        let target = program.method(method).ok_or(NO_TARGET)?;
        if let Body::Native(native) = target.body {
            let arguments: Vec<i16> = words.iter().map(|word| word.value).collect();
            let saved = (self.context, self.owner);
            (self.context, self.owner) = (context, owner);
            let result = native(self, &arguments);
            (self.context, self.owner) = saved;
            return result.map_err(|trap| self.to_object(trap));
        }
        let Body::Code(entry) = target.body else {
            return Err(no_body(program, target));
        };
        if self.stepwise.is_some() {
            self.nesting += 1;
            let result = self.call_stepwise(target, words, context, owner);
            self.nesting -= 1;
            return result;
        }
        let saved_pc = self.pc;
        let depth = self.stack.frames.len();
        let base = self.registers;
        let start = self.absolute(base);
        for (offset, argument) in words.iter().enumerate() {
            if let Some(word) = self.stack.words.get_mut(start + offset) {
                *word = argument.value;
            }
        }
        // Bytecodes of a suspended native call are accounted for as those of any call.
        self.enter_frame(base, entry, target, context, owner)?;
        self.nesting += 1;
        let result = self.run(depth + 1);
        self.nesting -= 1;
        self.pc = saved_pc;
        result
    }

    fn absolute(&self, register: u16) -> usize {
        usize::try_from(self.base)
            .unwrap_or(usize::MAX)
            .saturating_add(usize::from(register))
    }

    fn register(&self, register: Register) -> i16 {
        self.stack
            .words
            .get(self.absolute(register.into()))
            .copied()
            .unwrap_or(0)
    }

    fn reference(&self, register: Register) -> u16 {
        self.register(register).cast_unsigned()
    }

    fn set(&mut self, register: Register, value: i16) {
        let place = self.absolute(register.into());
        if let Some(word) = self.stack.words.get_mut(place) {
            *word = value;
        }
    }

    /// Suspends the current frame and begins one for `method`, whose arguments lie from register
    /// `base` of the current one on.
    #[inline]
    fn enter_frame(
        &mut self,
        base: u16,
        entry: u32,
        target: &Method,
        context: Context,
        owner: u8,
    ) -> Result<(), Trap> {
        let start = self.absolute(base);
        if start + usize::from(target.registers) > usize::from(self.limits.stack_words)
            || self.stack.frames.len() >= usize::from(self.limits.frames)
        {
            return Err(Trap::StackOverflow);
        }
        self.stack.frames.push(Suspended {
            pc: self.pc,
            base: self.base,
            registers: self.registers,
            context: self.context,
            owner: self.owner,
        });
        self.meter.executed += self.ordinal(self.pc);
        if self.meter.executed > self.meter.limit {
            self.leave_frame();
            return Err(Trap::StepBudget);
        }
        let locals = start + usize::from(target.arguments)..start + usize::from(target.locals);
        if let Some(locals) = self.stack.words.get_mut(locals) {
            locals.fill(0);
        }
        self.base = u32::try_from(start).map_err(|_| Trap::StackOverflow)?;
        self.registers = target.registers;
        self.pc = entry;
        self.context = context;
        self.owner = owner;
        self.session.usage.stack_high_water = self
            .session
            .usage
            .stack_high_water
            .max(start + usize::from(target.registers));
        Ok(())
    }

    /// Bytecodes of the current method before an instruction.
    #[inline]
    fn ordinal(&self, pc: u32) -> i64 {
        usize::try_from(pc)
            .ok()
            .and_then(|pc| self.program.bytecodes_before.get(pc))
            .map_or(0, |&count| i64::from(count))
    }

    /// Takes up the frame below again.
    #[inline]
    fn leave_frame(&mut self) {
        if let Some(frame) = self.stack.frames.pop() {
            self.pc = frame.pc;
            self.base = frame.base;
            self.registers = frame.registers;
            self.context = frame.context;
            self.owner = frame.owner;
            self.meter.executed -= self.ordinal(frame.pc);
        }
    }

    /// Runs until `depth` frames are left no more.
    fn run(&mut self, depth: usize) -> Result<i32, Trap> {
        loop {
            let start = self.absolute(0);
            let Some(registers) = self
                .stack
                .words
                .get_mut(start..)
                .and_then(<[i16]>::first_chunk_mut::<FRAME_REGISTERS>)
            else {
                return Err(Trap::StackOverflow);
            };
            let exit = run_frame(
                self.program,
                self.heap,
                registers,
                &mut self.pc,
                &mut self.meter,
                Reach::new(self.context, self.selected_context),
            );
            let outcome = match exit {
                Exit::Op(Op::Return) => {
                    if self.finish_frame(depth) {
                        return Ok(0);
                    }
                    Ok(())
                }
                Exit::Op(Op::ReturnShort { from }) => {
                    let value = self.register(from);
                    self.set(0, value);
                    if self.finish_frame(depth) {
                        return Ok(value.into());
                    }
                    Ok(())
                }
                Exit::Op(Op::ReturnInt { from }) => {
                    let high = self.register(from);
                    let low = self.register(from.wrapping_add(1));
                    self.set(0, high);
                    self.set(1, low);
                    if self.finish_frame(depth) {
                        return Ok(i32::from(high) << 16 | i32::from(low.cast_unsigned()));
                    }
                    Ok(())
                }
                Exit::Op(op) => self.operate(op),
                Exit::Trap(trap) => Err(trap),
            };
            if let Err(trap) = outcome {
                self.handle(trap, depth)?;
            }
        }
    }

    /// Ends the current frame; true if it was the last of this run.
    #[inline]
    fn finish_frame(&mut self, depth: usize) -> bool {
        self.meter.executed += self.ordinal(self.pc.wrapping_sub(1)) + 1;
        self.leave_frame();
        self.stack.frames.len() < depth
    }

    /// Finds the handler of an exception, ending frames on the way.
    fn handle(&mut self, trap: Trap, depth: usize) -> Result<(), Trap> {
        let at = self.pc.wrapping_sub(1);
        self.session.thrown_at = self
            .program
            .method_at(at)
            .zip(self.program.bytecode_offset(at))
            .map(|(method, offset)| (method.slot, method.header_offset, offset));
        let trap = self.to_object(trap);
        let exception = match trap {
            Trap::Thrown(exception) => exception,
            fatal => {
                while self.stack.frames.len() >= depth {
                    self.meter.executed += self.ordinal(self.pc);
                    self.leave_frame();
                }
                return Err(fatal);
            }
        };
        let class = self.heap.object(exception).class;
        loop {
            let at = self.pc.wrapping_sub(1);
            let handler = self.program.method_at(at).and_then(|method| {
                method
                    .handlers
                    .iter()
                    .find(|handler| {
                        (handler.start..handler.end).contains(&at)
                            && (handler.class == NO_CLASS
                                || self.program.is_instance(class, handler.class))
                    })
                    .map(|handler| (handler.target, method.locals))
            });
            self.meter.executed += self.ordinal(at) + 1;
            if self.meter.executed > self.meter.limit {
                return self.handle(Trap::StepBudget, depth);
            }
            if let Some((target, locals)) = handler {
                self.meter.executed -= self.ordinal(target);
                self.pc = target;
                self.set(
                    Register::try_from(locals).unwrap_or(Register::MAX),
                    exception.cast_signed(),
                );
                return Ok(());
            }
            self.leave_frame();
            if self.stack.frames.len() < depth {
                return Err(trap);
            }
        }
    }

    /// An exception of the runtime environment as the object that a program catches.
    pub fn to_object(&mut self, trap: Trap) -> Trap {
        let Trap::Throw(throwable, reason) = trap else {
            return trap;
        };
        let reference = self.session.objects.exception(throwable);
        let object = self.heap.object(reference);
        if object.kind != Kind::Instance {
            return Trap::BadCode("an exception class that this card does not have");
        }
        if object.length > 0
            && let Err(trap) = self.heap.write(object.address, reason.to_be_bytes())
        {
            return trap;
        }
        Trap::Thrown(reference)
    }

    /// What an uncaught exception was: its class's name and its reason code.
    #[must_use]
    pub fn describe(&self, exception: u16) -> (ClassId, i16) {
        let object = self.heap.object(exception);
        let reason = if object.length > 0 {
            self.heap.short(object.address)
        } else {
            0
        };
        (object.class, reason)
    }

    /// What one frame cannot do by itself.
    fn operate(&mut self, op: Op) -> Result<(), Trap> {
        match op {
            Op::InvokeStatic { base, method } => {
                self.invoke(base, method, self.context, self.owner)
            }
            Op::InvokeSpecial { base, method } => {
                let this = self.reference(base);
                if self.heap.is_null(this) {
                    return Err(Trap::NULL);
                }
                self.invoke(base, method, self.context, self.owner)
            }
            Op::InvokeVirtual { base, token } => self.invoke_virtual(base, token),
            Op::InvokeInterface {
                base,
                token,
                interface,
            } => self.invoke_interface(base, token, interface),
            Op::New { to, class } => {
                let cells = self
                    .program
                    .class(class)
                    .filter(|class| !class.is_interface)
                    .ok_or(Trap::BadCode("an instance of no class"))?
                    .cells;
                let reference = self.allocate(Kind::Instance, cells, class, 0)?;
                self.set(to, reference.cast_signed());
                Ok(())
            }
            Op::NewArray {
                to,
                length,
                element,
            } => {
                let kind = primitive_array(element)?;
                let length = self.array_length(length)?;
                let reference = self.allocate(kind, length, NO_CLASS, 0)?;
                self.set(to, reference.cast_signed());
                Ok(())
            }
            Op::NewReferenceArray { to, length, class } => {
                let length = self.array_length(length)?;
                let reference = self.allocate(Kind::ReferenceArray, length, class, 0)?;
                self.set(to, reference.cast_signed());
                Ok(())
            }
            Op::Aastore {
                array,
                index,
                value,
            } => self.store_reference(
                self.reference(array),
                self.register(index),
                self.reference(value),
            ),
            Op::PutFieldReference {
                object,
                value,
                cell,
            } => {
                let value = self.reference(value);
                let address =
                    frame::field(self.heap, self.reference(object), cell, 1, self.reach())?;
                self.check_storable(value)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Op::PutStaticReference {
                value,
                object,
                offset,
            } => {
                let value = self.reference(value);
                let address = frame::static_field(self.heap, object, offset, 2)?;
                self.check_storable(value)?;
                self.heap.write(address, value.to_be_bytes())
            }
            Op::CheckCast {
                value,
                array_type,
                class,
            } => {
                let reference = self.reference(value);
                if self.heap.is_null(reference) || self.is_a(reference, array_type, class)? {
                    return Ok(());
                }
                Err(Trap::Throw(Throwable::ClassCast, 0))
            }
            Op::InstanceOf {
                to,
                value,
                array_type,
                class,
            } => {
                let reference = self.reference(value);
                let is_instance =
                    !self.heap.is_null(reference) && self.is_a(reference, array_type, class)?;
                self.set(to, is_instance.into());
                Ok(())
            }
            Op::Throw { value } => {
                let exception = self.reference(value);
                Err(self.throw(exception))
            }
            _ => Err(Trap::BadCode("an undefined instruction")),
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the low half of the word is meant"
)]
pub(super) const fn truncate(value: i32) -> i16 {
    value as i16
}

/// The array kind of a `newarray` operand (JCVM 3.0.5 table 7-2).
pub(super) fn primitive_array(element: u8) -> Result<Kind, Trap> {
    match element {
        10 => Ok(Kind::BooleanArray),
        11 => Ok(Kind::ByteArray),
        12 => Ok(Kind::ShortArray),
        13 => Ok(Kind::IntArray),
        _ => Err(Trap::BadCode("an array of no type")),
    }
}
