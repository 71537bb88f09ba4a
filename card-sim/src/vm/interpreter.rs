//! Running linked code.
//!
//! `run_frame` is the inner loop: it executes what one frame can do by itself and stops at
//! calls, returns, allocations and exceptions, which [`Vm`] then sees to.

pub(super) mod frame;

use super::heap::{Allocation, Context, Heap, Kind, Object, RUNTIME_CONTEXT, flag};
use super::observer::Observer;
use super::op::{Op, Register};
use super::program::{Body, ClassId, Method, NO_CLASS, NO_METHOD, Native, Program, slot_of};
use super::stepwise::{Stepwise, Word};
use super::trap::{Throwable, Trap};
use crate::api::sensitive_result::SensitiveResult;
use crate::registry::{ApplicationId, ApplicationKind, Registry};
use crate::runtime::MULTI_SELECTABLE;
use crate::secure_channel::SecurityServices;
use crate::session::Session;
use frame::{Exit, Meter, Reach, run_frame};
use serde::{Deserialize, Serialize};

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
    /// Bytecodes that a command may execute.
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

    /// What `athrow` of this object is.
    pub(super) fn throw(&self, exception: u16) -> Trap {
        let object = self.heap.object(exception);
        if object.kind == Kind::Free {
            return Trap::NULL;
        }
        if object.kind != Kind::Instance {
            return Trap::BadCode("a throw of an array");
        }
        if object.flags & flag::TEMPORARY_ENTRY_POINT == 0
            && let Err(trap) = self.check_access(object.context)
        {
            return trap;
        }
        Trap::Thrown(exception)
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach::new(self.context, self.selected_context)
    }

    pub(super) fn check_access(&self, context: Context) -> Result<(), Trap> {
        if context == self.context || self.context == RUNTIME_CONTEXT {
            return Ok(());
        }
        Err(Trap::SECURITY)
    }

    /// References to temporary entry points and global arrays cannot be stored
    /// (JCRE 3.0.5 §6.2.1.1, §6.2.2).
    pub(super) fn check_storable(&self, value: u16) -> Result<(), Trap> {
        if value != 0 && self.heap.object(value).flags & flag::NOT_STORABLE != 0 {
            return Err(Trap::SECURITY);
        }
        Ok(())
    }

    fn array_length(&self, register: Register) -> Result<u16, Trap> {
        u16::try_from(self.register(register))
            .map_err(|_| Trap::Throw(Throwable::NegativeArraySize, 0))
    }

    /// Makes an object that belongs to the current application.
    ///
    /// # Errors
    /// [`Trap::NO_RESOURCE`]; [`Trap::PowerLoss`].
    pub fn allocate(
        &mut self,
        kind: Kind,
        length: u16,
        class: ClassId,
        flags: u8,
    ) -> Result<u16, Trap> {
        self.heap.allocate(&Allocation {
            kind,
            length,
            class,
            context: self.context,
            owner: self.owner,
            flags,
        })
    }

    pub(super) fn store_reference(
        &mut self,
        array: u16,
        index: i16,
        value: u16,
    ) -> Result<(), Trap> {
        let address = frame::element(self.heap, array, index, Kind::ReferenceArray, self.reach())?;
        if value != 0 && !self.heap.is_null(value) {
            self.check_storable(value)?;
            let element = self.heap.object(array).class;
            let object = self.heap.object(value);
            let fits = match object.kind {
                Kind::Instance => self.program.is_instance(object.class, element),
                // Arrays are objects, and nothing more.
                _ => self
                    .program
                    .class(element)
                    .is_some_and(|class| class.super_class.is_none() && !class.is_interface),
            };
            if !fits {
                return Err(Trap::Throw(Throwable::ArrayStore, 0));
            }
        }
        self.heap.write(address, value.to_be_bytes())
    }

    /// `checkcast` and `instanceof` (JCVM 3.0.5 §7.5.13), with the firewall's rules for them
    /// (JCRE 3.0.5 §6.2.8.8).
    pub(super) fn is_a(
        &self,
        reference: u16,
        array_type: u8,
        class: ClassId,
    ) -> Result<bool, Trap> {
        let object = self.heap.object(reference);
        if object.context != self.context
            && self.context != RUNTIME_CONTEXT
            && object.flags & (flag::ENTRY_POINT | flag::GLOBAL_ARRAY) == 0
        {
            let shareable = self
                .program
                .class(class)
                .is_some_and(|class| class.is_interface && class.is_shareable)
                && self
                    .program
                    .class(object.class)
                    .is_some_and(|class| class.is_shareable);
            if !shareable {
                return Err(Trap::SECURITY);
            }
        }
        Ok(match (array_type, object.kind) {
            (0, Kind::Instance) => self.program.is_instance(object.class, class),
            (0, _) => self
                .program
                .class(class)
                .is_some_and(|class| class.super_class.is_none() && !class.is_interface),
            (10, kind) => kind == Kind::BooleanArray,
            (11, kind) => kind == Kind::ByteArray,
            (12, kind) => kind == Kind::ShortArray,
            (13, kind) => kind == Kind::IntArray,
            (14, Kind::ReferenceArray) => self.program.is_instance(object.class, class),
            _ => false,
        })
    }

    fn invoke_virtual(&mut self, base: Register, token: u8) -> Result<(), Trap> {
        let this = self.reference(base);
        let object = self.heap.live(this)?;
        let (method, context, owner) = self.virtual_target(&object, token)?;
        self.invoke(base, method, context, owner)
    }

    /// The method that a virtual call reaches on an object, and the context and application in
    /// which it runs.
    #[inline]
    pub(super) fn virtual_target(
        &self,
        object: &Object,
        token: u8,
    ) -> Result<(u32, Context, u8), Trap> {
        let class = if object.kind == Kind::Instance {
            object.class
        } else {
            // Arrays inherit the methods of Object.
            self.session.objects.object_class
        };
        let method = self
            .program
            .virtual_method(class, token)
            .filter(|method| *method != NO_METHOD)
            .ok_or(Trap::BadCode("a virtual method that the object has not"))?;
        if object.context == self.context || self.context == RUNTIME_CONTEXT {
            return Ok((method, object.context, object.owner));
        }
        if object.flags & (flag::ENTRY_POINT | flag::GLOBAL_ARRAY) == 0 {
            return Err(Trap::SECURITY);
        }
        Ok((method, self.context, self.owner))
    }

    fn invoke_interface(
        &mut self,
        base: Register,
        token: u8,
        interface: ClassId,
    ) -> Result<(), Trap> {
        let this = self.reference(base);
        let object = self.heap.live(this)?;
        let (method, context, owner) = self.interface_target(&object, interface, token)?;
        self.invoke(base, method, context, owner)
    }

    /// As [`Self::virtual_target`], for an interface call.
    pub(super) fn interface_target(
        &self,
        object: &Object,
        interface: ClassId,
        token: u8,
    ) -> Result<(u32, Context, u8), Trap> {
        let method = self
            .program
            .interface_method(object.class, interface, token)
            .filter(|method| object.kind == Kind::Instance && *method != NO_METHOD)
            .ok_or(Trap::BadCode("an interface that the object has not"))?;
        if object.context != self.context
            && self.context != RUNTIME_CONTEXT
            && object.flags & flag::ENTRY_POINT == 0
        {
            // Only methods of shareable interfaces may be called across the firewall
            // (JCRE 3.0.5 §6.2.8.5).
            let shareable = self
                .program
                .class(interface)
                .is_some_and(|interface| interface.is_shareable)
                && self
                    .program
                    .class(object.class)
                    .is_some_and(|class| class.is_shareable);
            if !shareable {
                return Err(Trap::SECURITY);
            }
        }
        if object.flags & flag::ENTRY_POINT != 0 {
            return Ok((method, self.context, self.owner));
        }
        if object.context != self.context {
            self.check_server(object.context, object.owner)?;
        }
        Ok((method, object.context, object.owner))
    }

    /// An applet that is active on another channel and not multiselectable serves nobody but applets of its own context
    /// (JCRE 3.0.5 §6.2.7.2, §6.2.8.5).
    ///
    /// # Errors
    /// [`Trap::SECURITY`]
    pub(crate) fn check_server(&self, context: Context, owner: u8) -> Result<(), Trap> {
        let channels = &self.session.channels;
        let is_elsewhere = |(channel, active): (u8, ApplicationId)| {
            channel != channels.current() && active.0 == owner
        };
        if self.selected_context == Some(context) || !channels.active().any(is_elsewhere) {
            return Ok(());
        }
        let application = self.registry.application(ApplicationId(owner));
        match application.map(|application| application.kind) {
            Some(ApplicationKind::Applet { instance, .. }) => {
                let interface = self.program.class_named(MULTI_SELECTABLE);
                if self.is_instance(instance, interface) {
                    Ok(())
                } else {
                    Err(Trap::SECURITY)
                }
            }
            _ => Ok(()),
        }
    }

    /// Calls a method: bytecode runs in `context` (JCRE 3.0.5 §6.2.3). A native method of an API
    /// class runs in the caller's, on whose arrays it works.
    #[inline]
    fn invoke(
        &mut self,
        base: Register,
        method: u32,
        context: Context,
        owner: u8,
    ) -> Result<(), Trap> {
        let program: &'a Program = self.program;
        let target = program.method(method).ok_or(NO_TARGET)?;
        match target.body {
            Body::Code(entry) => {
                // Within one context the application that runs stays the same.
                let owner = if context == self.context {
                    self.owner
                } else {
                    owner
                };
                self.enter_frame(base.into(), entry, target, context, owner)
            }
            Body::Native(native) => self.invoke_native(base, native, target),
            Body::None => Err(no_body(program, target)),
        }
    }

    fn invoke_native(
        &mut self,
        base: Register,
        native: Native,
        target: &Method,
    ) -> Result<(), Trap> {
        let start = self.absolute(base.into());
        let mut arguments = [0; 16];
        let count = usize::from(target.arguments).min(arguments.len());
        if let (Some(to), Some(from)) = (
            arguments.get_mut(..count),
            self.stack.words.get(start..start + count),
        ) {
            to.copy_from_slice(from);
        }
        // A native counts as one more bytecode, so that a loop of calls cannot outrun the budget.
        self.meter.executed += 1;
        let result = self.run_native(native, target, arguments.get(..count).unwrap_or(&[]))?;
        let [high, low] = [result >> 16, result].map(truncate);
        match target.results {
            Some(0) => {}
            Some(2) => {
                self.set(base, high);
                self.set(base.wrapping_add(1), low);
            }
            _ => self.set(base, low),
        }
        Ok(())
    }

    /// Runs a method of the API.
    pub(super) fn run_native(
        &mut self,
        native: Native,
        target: &Method,
        arguments: &[i16],
    ) -> Result<i32, Trap> {
        let result = native(self, arguments);
        if target.is_sensitive {
            let name = target.name.as_deref().unwrap_or("");
            let known = result.as_ref().ok();
            self.session.sensitive_result = known.map(|value| SensitiveResult::of(name, *value));
        }
        result
    }

    /// Whether an object is an instance of a class of this machine's program.
    #[must_use]
    pub fn is_instance(&self, reference: u16, class: ClassId) -> bool {
        let object = self.heap.object(reference);
        object.kind == Kind::Instance && self.program.is_instance(object.class, class)
    }

    /// Whether a class belongs to the API.
    #[must_use]
    pub fn is_api_class(class: ClassId) -> bool {
        slot_of(class) >= super::program::API_SLOT
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
