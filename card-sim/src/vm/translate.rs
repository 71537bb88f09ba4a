//! Bytecode to [`Op`]s, one method at a time.
//!
//! The operand stack is followed symbolically. What `sload` or `sconst` pushes is remembered and
//! used where it is popped, so that no instruction is spent on it; a store into a local redirects
//! the instruction that computed the value. Where control flow meets, and before calls, every
//! remembered value is put into its stack word's register.

mod opcodes;

use super::flow::{Calls, Flow, target};
use super::link::LinkError;
use super::op::{Jump, Op, Register, Switch};
use super::program::{ClassId, NO_CLASS};
use cap_file::component::method::BlockRef;
use cap_file::{Instruction, Operands};
use std::collections::BTreeMap;

/// What constant pool entries mean on this card.
pub(super) trait Pool: Calls {
    /// A class.
    fn class(&self, index: u16) -> Result<ClassId, LinkError>;
    /// The cell of an instance field.
    fn instance_field(&self, index: u16) -> Result<u16, LinkError>;
    /// The statics object and byte of a static field.
    fn static_field(&self, index: u16) -> Result<(u16, u16), LinkError>;
    /// A static or super method, or a constructor.
    fn method(&self, index: u16) -> Result<u32, LinkError>;
    /// The place of a virtual method among those of its class.
    fn virtual_place(&self, index: u16) -> Result<u8, LinkError>;
}

/// A translated method; positions count from its first instruction.
#[derive(Debug, Default)]
pub(super) struct Translated {
    pub(super) ops: Vec<Op>,
    pub(super) bytecodes_before: Vec<u16>,
    pub(super) bytecode_offsets: Vec<u16>,
    pub(super) switches: Vec<Switch>,
    /// start, end, target, class
    pub(super) handlers: Vec<(u32, u32, u32, ClassId)>,
    pub(super) locals: u16,
    pub(super) registers: u16,
}

/// A value on the symbolic stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// In a local, or in the stack word's own register.
    In(Register),
    /// Known.
    Constant(i16),
}

/// A branch whose target is not known yet.
enum Fixup {
    Op(usize, u16),
    Default(usize, usize, u16),
    Case(usize, usize, usize, u16),
}

/// The most registers a frame has.
const MAX_REGISTERS: u16 = 256;

struct Translator<'a> {
    pool: &'a dyn Pool,
    out: Translated,
    stack: Vec<Value>,
    /// Number of the first stack register.
    stack_base: u16,
    /// Number of the first register after the stack, for shuffles.
    scratch: u16,
    /// (index of the last result, words it has): what a store may redirect.
    redirectable: Option<(usize, u8)>,
    fixups: Vec<Fixup>,
    /// Op and bytecode number at which each bytecode begins.
    places: BTreeMap<u16, (usize, u16)>,
    ordinal: u16,
    at: u16,
}

/// Translates one method.
pub(super) fn translate(
    flow: &Flow,
    block: BlockRef<'_>,
    pool: &dyn Pool,
    guesses: &BTreeMap<u16, u8>,
) -> Result<Translated, LinkError> {
    let header = &flow.header;
    let locals = u16::from(header.nargs) + u16::from(header.max_locals);
    let scratch = locals + u16::from(header.max_stack);
    let mut translator = Translator {
        pool,
        out: Translated {
            locals,
            registers: scratch,
            ..Translated::default()
        },
        stack: Vec::new(),
        stack_base: locals,
        scratch,
        redirectable: None,
        fixups: Vec::new(),
        places: BTreeMap::new(),
        ordinal: 0,
        at: flow.entry,
    };
    translator.check_registers(scratch)?;
    let mut falls_into = None;
    for (&at, node) in &flow.nodes {
        let Some(depth) = node.depth else { continue };
        if node.leader || falls_into != Some(at) {
            if falls_into == Some(at) {
                translator.flush()?;
            }
            translator.reset(depth)?;
        }
        translator.at = at;
        translator
            .places
            .insert(at, (translator.out.ops.len(), translator.ordinal));
        translator.instruction(&node.instruction, guesses)?;
        translator.ordinal = translator.ordinal.saturating_add(1);
        falls_into = (!node.instruction.opcode.ends_flow()).then_some(node.next);
    }
    // Verified code ends in a jump, a return or a throw. Other code meets this.
    translator.emit(Op::Undefined);
    translator.fix_up()?;
    translator.handlers(block, flow)?;
    Ok(translator.out)
}

impl Translator<'_> {
    fn check_registers(&mut self, count: u16) -> Result<(), LinkError> {
        self.out.registers = self.out.registers.max(count);
        if count > MAX_REGISTERS {
            return Err(LinkError::FrameSize(self.at, count));
        }
        Ok(())
    }

    /// The register of stack word `position`.
    fn home(&self, position: usize) -> Result<Register, LinkError> {
        u16::try_from(position)
            .ok()
            .and_then(|position| position.checked_add(self.stack_base))
            .and_then(|register| Register::try_from(register).ok())
            .ok_or(LinkError::FrameSize(self.at, self.scratch))
    }

    fn emit(&mut self, op: Op) {
        self.redirectable = None;
        self.out.ops.push(op);
        self.out.bytecodes_before.push(self.ordinal);
        self.out.bytecode_offsets.push(self.at);
    }

    /// Starts a block with everything in its place.
    fn reset(&mut self, depth: u16) -> Result<(), LinkError> {
        self.redirectable = None;
        self.stack.clear();
        for position in 0..usize::from(depth) {
            let home = self.home(position)?;
            self.stack.push(Value::In(home));
        }
        Ok(())
    }

    /// Puts the value of a stack word into its own register.
    fn settle(&mut self, position: usize) -> Result<(), LinkError> {
        let home = self.home(position)?;
        let Some(&value) = self.stack.get(position) else {
            return Ok(());
        };
        match value {
            Value::In(register) if register == home => return Ok(()),
            Value::In(from) => self.emit(Op::Move { to: home, from }),
            Value::Constant(value) => self.emit(Op::Constant { to: home, value }),
        }
        if let Some(place) = self.stack.get_mut(position) {
            *place = Value::In(home);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LinkError> {
        self.flush_from(0)
    }

    fn flush_from(&mut self, position: usize) -> Result<(), LinkError> {
        for position in position..self.stack.len() {
            self.settle(position)?;
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, LinkError> {
        self.stack.pop().ok_or(LinkError::Underflow(self.at))
    }

    /// Pops a word into some register.
    fn pop_register(&mut self) -> Result<Register, LinkError> {
        match self.pop()? {
            Value::In(register) => Ok(register),
            Value::Constant(value) => {
                let to = self.home(self.stack.len())?;
                self.emit(Op::Constant { to, value });
                Ok(to)
            }
        }
    }

    /// Pops an int into a pair of registers.
    fn pop_int(&mut self) -> Result<Register, LinkError> {
        let low = self.pop()?;
        let high = self.pop()?;
        let to = self.home(self.stack.len())?;
        let to_low = self.home(self.stack.len() + 1)?;
        match (high, low) {
            (Value::In(high), Value::In(low)) if high.checked_add(1) == Some(low) => {
                return Ok(high);
            }
            (Value::Constant(high), Value::Constant(low)) => {
                let value = i32::from(high) << 16 | i32::from(low.cast_unsigned());
                self.emit(Op::ConstantInt { to, value });
            }
            _ => {
                self.put(to, high);
                self.put(to_low, low);
            }
        }
        Ok(to)
    }

    fn put(&mut self, to: Register, value: Value) {
        match value {
            Value::In(from) if from == to => {}
            Value::In(from) => self.emit(Op::Move { to, from }),
            Value::Constant(value) => self.emit(Op::Constant { to, value }),
        }
    }

    /// Emits an instruction whose result of `words` words becomes the top of the stack.
    fn push_result(&mut self, words: u8, op: impl FnOnce(Register) -> Op) -> Result<(), LinkError> {
        let to = self.home(self.stack.len())?;
        self.emit(op(to));
        for _ in 0..words {
            let home = self.home(self.stack.len())?;
            self.stack.push(Value::In(home));
        }
        self.redirectable = Some((self.out.ops.len() - 1, words));
        Ok(())
    }

    fn local(&self, local: u8, words: u16) -> Result<Register, LinkError> {
        if u16::from(local) + words > self.stack_base {
            return Err(LinkError::Local(self.at, local));
        }
        Ok(local)
    }

    fn load(&mut self, local: u8, words: u8) -> Result<(), LinkError> {
        let register = self.local(local, words.into())?;
        for word in 0..words {
            self.stack.push(Value::In(register.wrapping_add(word)));
        }
        Ok(())
    }

    /// Keeps values that were loaded from a local which is about to change.
    fn save_loads_of(&mut self, local: Register, words: u8) -> Result<(), LinkError> {
        for position in 0..self.stack.len() {
            if let Some(Value::In(register)) = self.stack.get(position).copied()
                && (local..local.saturating_add(words)).contains(&register)
            {
                self.settle(position)?;
            }
        }
        Ok(())
    }

    fn store(&mut self, local: u8, words: u8) -> Result<(), LinkError> {
        let to = self.local(local, words.into())?;
        let position = self
            .stack
            .len()
            .checked_sub(words.into())
            .ok_or(LinkError::Underflow(self.at))?;
        let home = self.home(position)?;
        let values: Vec<Value> = self.stack.drain(position..).collect();
        let redirectable = self.redirectable;
        let emitted = self.out.ops.len();
        self.save_loads_of(to, words)?;
        if let Some((index, result_words)) = redirectable
            && result_words == words
            && emitted == self.out.ops.len()
            && values.first() == Some(&Value::In(home))
            && let Some(result) = self.out.ops.get_mut(index).and_then(Op::result_mut)
            && *result == home
        {
            *result = to;
            self.redirectable = None;
            return Ok(());
        }
        match values.as_slice() {
            [value] => self.put(to, *value),
            [Value::In(high), Value::In(low)] if high.checked_add(1) == Some(*low) => {
                if *high != to {
                    self.emit(Op::MoveInt { to, from: *high });
                }
            }
            [Value::Constant(high), Value::Constant(low)] => {
                let value = i32::from(*high) << 16 | i32::from(low.cast_unsigned());
                self.emit(Op::ConstantInt { to, value });
            }
            _ => {
                self.stack.extend(values);
                let from = self.pop_int()?;
                self.emit(Op::MoveInt { to, from });
            }
        }
        Ok(())
    }

    fn push_constant(&mut self, value: i16) {
        self.stack.push(Value::Constant(value));
    }

    fn push_constant_int(&mut self, value: i32) {
        let [a, b, c, d] = value.to_be_bytes();
        self.stack.push(Value::Constant(i16::from_be_bytes([a, b])));
        self.stack.push(Value::Constant(i16::from_be_bytes([c, d])));
    }

    fn binary(
        &mut self,
        op: impl FnOnce(Register, Register, Register) -> Op,
    ) -> Result<(), LinkError> {
        let right = self.pop_register()?;
        let left = self.pop_register()?;
        self.push_result(1, |to| op(to, left, right))
    }

    /// A binary operation that has a form with a constant on the right.
    fn binary_or_constant(
        &mut self,
        op: impl FnOnce(Register, Register, Register) -> Op,
        with_constant: impl FnOnce(Register, Register, i16) -> Op,
    ) -> Result<(), LinkError> {
        match self.stack.last() {
            Some(&Value::Constant(value)) => {
                self.stack.pop();
                let left = self.pop_register()?;
                self.push_result(1, |to| with_constant(to, left, value))
            }
            _ => self.binary(op),
        }
    }

    fn binary_int(
        &mut self,
        op: impl FnOnce(Register, Register, Register) -> Op,
    ) -> Result<(), LinkError> {
        let right = self.pop_int()?;
        let left = self.pop_int()?;
        self.push_result(2, |to| op(to, left, right))
    }

    fn unary(&mut self, op: impl FnOnce(Register, Register) -> Op) -> Result<(), LinkError> {
        let from = self.pop_register()?;
        self.push_result(1, |to| op(to, from))
    }

    fn branch(&mut self, op: Op, distance: i16) -> Result<(), LinkError> {
        self.flush()?;
        self.fixups
            .push(Fixup::Op(self.out.ops.len(), target(self.at, distance)?));
        self.emit(op);
        Ok(())
    }

    fn compare(
        &mut self,
        distance: i16,
        op: impl FnOnce(Register, Register) -> Op,
        with_constant: impl FnOnce(Register, i16) -> Op,
    ) -> Result<(), LinkError> {
        if let Some(&Value::Constant(value)) = self.stack.last() {
            self.stack.pop();
            let left = self.pop_register()?;
            return self.branch(with_constant(left, value), distance);
        }
        let right = self.pop_register()?;
        let left = self.pop_register()?;
        self.branch(op(left, right), distance)
    }

    fn compare_with_zero(
        &mut self,
        distance: i16,
        op: impl FnOnce(Register) -> Op,
    ) -> Result<(), LinkError> {
        let left = self.pop_register()?;
        self.branch(op(left), distance)
    }

    fn switch(&mut self, operands: &Operands, is_int: bool) -> Result<(), LinkError> {
        let key = if is_int {
            self.pop_int()?
        } else {
            self.pop_register()?
        };
        self.flush()?;
        let (default, cases): (i16, Vec<(i32, i16)>) = match operands {
            Operands::TableSwitch {
                default,
                low,
                offsets,
                ..
            } => (*default, (*low..).zip(offsets.iter().copied()).collect()),
            Operands::LookupSwitch { default, pairs } => (*default, pairs.clone()),
            _ => return Err(self.unexpected()),
        };
        let table = self.out.switches.len();
        let op = self.out.ops.len();
        let mut cases = cases;
        cases.sort_by_key(|case| case.0);
        self.fixups
            .push(Fixup::Default(op, table, target(self.at, default)?));
        for (index, (_, distance)) in cases.iter().enumerate() {
            self.fixups
                .push(Fixup::Case(op, table, index, target(self.at, *distance)?));
        }
        self.out.switches.push(Switch {
            default: NO_JUMP,
            cases: cases.into_iter().map(|(key, _)| (key, NO_JUMP)).collect(),
        });
        let table = u32::try_from(table).map_err(|_| self.unexpected())?;
        self.emit(if is_int {
            Op::SwitchInt { key, table }
        } else {
            Op::SwitchShort { key, table }
        });
        Ok(())
    }

    fn unexpected(&self) -> LinkError {
        LinkError::Code(self.at, "operands that do not belong to the opcode".into())
    }

    /// Replaces the top `count` words by some of them in a new order (indices from the lowest).
    fn shuffle(&mut self, count: usize, order: &[usize]) -> Result<(), LinkError> {
        let base = self
            .stack
            .len()
            .checked_sub(count)
            .ok_or(LinkError::Underflow(self.at))?;
        let stack_base = self.stack_base;
        let values: Vec<Value> = self.stack.iter().skip(base).copied().collect();
        let is_fixed = |value: &Value| match value {
            Value::In(register) => u16::from(*register) < stack_base,
            Value::Constant(_) => true,
        };
        if values.iter().all(is_fixed) {
            self.stack.truncate(base);
            self.stack
                .extend(order.iter().filter_map(|&index| values.get(index)));
            return Ok(());
        }
        let scratch_end = self
            .scratch
            .saturating_add(u16::try_from(count).unwrap_or(u16::MAX));
        self.check_registers(scratch_end)?;
        let mut copies = Vec::new();
        for value in values {
            let copy = usize::from(self.scratch - self.stack_base) + copies.len();
            let copy = self.home(copy)?;
            self.put(copy, value);
            copies.push(copy);
        }
        self.stack.truncate(base);
        for &index in order {
            let to = self.home(self.stack.len())?;
            if let Some(&from) = copies.get(index) {
                self.emit(Op::Move { to, from });
            }
            self.stack.push(Value::In(to));
        }
        Ok(())
    }

    /// Copies the top `count` words on top of themselves.
    fn duplicate(&mut self, count: usize) -> Result<(), LinkError> {
        let base = self
            .stack
            .len()
            .checked_sub(count)
            .ok_or(LinkError::Underflow(self.at))?;
        for position in base..base + count {
            let value = self
                .stack
                .get(position)
                .copied()
                .unwrap_or(Value::Constant(0));
            match value {
                Value::In(from) if u16::from(from) >= self.stack_base => {
                    let to = self.home(self.stack.len())?;
                    self.emit(Op::Move { to, from });
                    self.stack.push(Value::In(to));
                }
                fixed => self.stack.push(fixed),
            }
        }
        Ok(())
    }

    fn get_field(&mut self, object: Register, index: u16, words: u8) -> Result<(), LinkError> {
        let cell = self.pool.instance_field(index)?;
        self.push_result(words, |to| match words {
            1 => Op::GetField { to, object, cell },
            _ => Op::GetFieldInt { to, object, cell },
        })
    }

    fn call(
        &mut self,
        instruction: &Instruction,
        guesses: &BTreeMap<u16, u8>,
        op: impl FnOnce(Register) -> Op,
    ) -> Result<(), LinkError> {
        let (arguments, results) = self.pool.call(instruction)?;
        let results = results
            .or_else(|| guesses.get(&self.at).copied())
            .unwrap_or(0);
        let first = self
            .stack
            .len()
            .checked_sub(arguments.into())
            .ok_or(LinkError::Underflow(self.at))?;
        // The callee's frame begins at the arguments; what lies below stays out of its reach.
        self.flush_from(first)?;
        let base = self.home(first)?;
        self.emit(op(base));
        self.stack.truncate(first);
        for _ in 0..results {
            let home = self.home(self.stack.len())?;
            self.stack.push(Value::In(home));
        }
        Ok(())
    }

    fn fix_up(&mut self) -> Result<(), LinkError> {
        for fixup in std::mem::take(&mut self.fixups) {
            let (source, offset) = match fixup {
                Fixup::Op(op, target)
                | Fixup::Default(op, _, target)
                | Fixup::Case(op, _, _, target) => (op, target),
            };
            let &(place, ordinal) = self
                .places
                .get(&offset)
                .ok_or(LinkError::CodeOffset(offset))?;
            let far = || LinkError::Code(offset, "the target of too long a jump".into());
            let before = self.out.bytecodes_before.get(source).copied().unwrap_or(0);
            let jump = Jump {
                distance: distance(place, source + 1).ok_or_else(far)?,
                steps: distance(usize::from(before) + 1, usize::from(ordinal)).ok_or_else(far)?,
            };
            let slot = match fixup {
                Fixup::Op(op, _) => self.out.ops.get_mut(op).and_then(Op::jump_mut),
                Fixup::Default(_, table, _) => self
                    .out
                    .switches
                    .get_mut(table)
                    .map(|switch| &mut switch.default),
                Fixup::Case(_, table, case, _) => self
                    .out
                    .switches
                    .get_mut(table)
                    .and_then(|switch| switch.cases.get_mut(case))
                    .map(|case| &mut case.1),
            };
            if let Some(slot) = slot {
                *slot = jump;
            }
        }
        Ok(())
    }

    /// The position of the first op of the first bytecode at or after `offset`.
    fn place_from(&self, offset: u16) -> u32 {
        let place = self
            .places
            .range(offset..)
            .next()
            .map_or(self.out.ops.len(), |(_, place)| place.0);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn handlers(&mut self, block: BlockRef<'_>, flow: &Flow) -> Result<(), LinkError> {
        for handler in block.exception_handlers {
            let Some(&(target, _)) = self.places.get(&handler.handler_offset) else {
                continue;
            };
            let end = handler.start_offset.saturating_add(handler.active_length);
            if !flow
                .nodes
                .range(handler.start_offset..end.max(handler.start_offset))
                .any(|_| true)
            {
                continue;
            }
            let class = if handler.catch_type_index == 0 {
                NO_CLASS
            } else {
                self.pool.class(handler.catch_type_index)?
            };
            self.out.handlers.push((
                self.place_from(handler.start_offset),
                self.place_from(end),
                u32::try_from(target).unwrap_or(u32::MAX),
                class,
            ));
        }
        Ok(())
    }
}

fn distance(to: usize, from: usize) -> Option<i16> {
    let to = i64::try_from(to).ok()?;
    let from = i64::try_from(from).ok()?;
    i16::try_from(to - from).ok()
}

const NO_JUMP: Jump = Jump {
    distance: 0,
    steps: 0,
};
