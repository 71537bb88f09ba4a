//! Follows all paths of a method.

use super::frame::{Fault, Frame};
use super::step::{Stepper, Stop, local_index};
use super::types::{Reference, Types, Value};
use crate::component::Tag;
use crate::component::constant_pool::Constant;
use crate::component::descriptor::access::{ACC_INIT, ACC_STATIC};
use crate::limits::{MAX_SUBROUTINE_CALLS, MAX_VISITS_PER_INSTRUCTION};
use crate::opcode::Opcode;
use crate::verify::check::Checker;
use crate::verify::structure::MethodCode;
use crate::verify::world::{ClassId, Signature, World};
use crate::verify::{Finding, Rule};

/// An exception handler, by instructions.
struct Handler {
    start: usize,
    end: usize,
    target: usize,
    exception: Value,
}

/// The subroutine calls that are active (indices of their `jsr`, outermost first), and the types where blocks
/// begin under them.
struct Context {
    calls: Vec<usize>,
    frames: Vec<Option<Frame>>,
}

struct Flow<'f, 'a> {
    world: &'f World<'a>,
    code: &'f MethodCode<'a>,
    class: ClassId,
    signature: Signature,
    handlers: Vec<Handler>,
    /// By instruction: paths meet here.
    leaders: Vec<bool>,
    types: Types,
    contexts: Vec<Context>,
    /// Context and instruction of blocks to follow (again).
    open: Vec<(usize, usize)>,
    faults: Vec<(usize, Fault)>,
    visits: usize,
}

/// Reports what is wrong with the code of one method.
pub(crate) fn check(checker: &mut Checker<'_, '_>, code: &MethodCode<'_>) {
    let world = checker.world;
    let Some((class, described)) = world.method_at(code.method.offset) else {
        return;
    };
    let Some(signature) = world.signature(described.type_offset) else {
        return;
    };
    let mut flow = Flow {
        world,
        code,
        class,
        signature,
        handlers: handlers(world, code),
        leaders: leaders(code),
        types: Types::default(),
        contexts: vec![Context {
            calls: Vec::new(),
            frames: Vec::new(),
        }],
        open: Vec::new(),
        faults: Vec::new(),
        visits: 0,
    };
    for handler in &flow.handlers {
        if let Some(leader) = flow.leaders.get_mut(handler.target) {
            *leader = true;
        }
    }
    flow.run();
    let mut faults = flow.faults;
    faults.sort_by_key(|(index, fault)| (*index, fault.rule));
    faults.dedup_by_key(|(index, fault)| (*index, fault.rule));
    for (index, fault) in faults {
        let instruction = code.instructions.get(index);
        let at = instruction.map_or(0, |instruction| instruction.offset);
        checker.findings.push(Finding {
            rule: fault.rule,
            component: Tag::Method,
            offset: Some(code.method.code_start() + at),
            method: Some(format!("{} of {}", code.name(), world.name(class))),
            instruction: instruction
                .map(|instruction| format!("{at}: {}", instruction.opcode.mnemonic())),
            expected: fault.expected,
            found: fault.found,
        });
    }
}

/// The first instructions of blocks. The instruction after a `jsr` is reached by `ret`.
fn leaders(code: &MethodCode<'_>) -> Vec<bool> {
    let mut leaders = vec![false; code.instructions.len()];
    for (index, instruction) in code.instructions.iter().enumerate() {
        let targets = instruction.jumps().into_iter();
        let mut found: Vec<usize> = targets
            .filter_map(|jump| code.jump_target(instruction.offset, jump))
            .collect();
        if instruction.opcode == Opcode::Jsr {
            found.push(index + 1);
        }
        for target in found {
            if let Some(leader) = leaders.get_mut(target) {
                *leader = true;
            }
        }
    }
    leaders
}

fn handlers(world: &World<'_>, code: &MethodCode<'_>) -> Vec<Handler> {
    let first = usize::from(code.described.exception_handler_index);
    let Some(block) = world.cap.method.block(code.method.block()) else {
        return Vec::new();
    };
    let all = block.exception_handlers.iter().skip(first);
    let base = code.method.code_start();
    let at = |offset: usize| {
        let offset = offset.checked_sub(base)?;
        if offset == code.method.bytecode.len() {
            Some(code.instructions.len())
        } else {
            code.index_at(offset)
        }
    };
    all.take(code.described.exception_handler_count.into())
        .filter_map(|handler| {
            let start = usize::from(handler.start_offset);
            let exception = match handler.catch_type_index {
                0 => world.named("java/lang/Throwable")?,
                index => match world.constant(index)? {
                    Constant::Class(class) => world.class(class)?,
                    _ => return None,
                },
            };
            Some(Handler {
                start: at(start)?,
                end: at(start + usize::from(handler.active_length))?,
                target: at(handler.handler_offset.into())?,
                exception: Value::Object(Reference::Class(exception)),
            })
        })
        .collect()
}

impl Flow<'_, '_> {
    /// Types at the start of the method: `this`, the arguments, then nothing.
    fn entry(&self) -> Option<Frame> {
        let flags = self.code.described.access_flags;
        let header = &self.code.method.header;
        let has_super = self.world.get(self.class)?.super_class.is_some();
        let owes_super = flags & ACC_INIT != 0 && has_super;
        let mut locals = Vec::new();
        if flags & ACC_STATIC == 0 {
            locals.push(if owes_super {
                Value::NewThis
            } else {
                Value::Object(Reference::Class(self.class))
            });
        }
        for argument in &self.signature.arguments {
            let value = Value::from(*argument);
            locals.push(value);
            if value == Value::IntHigh {
                locals.push(Value::IntLow);
            }
        }
        if locals.len() != usize::from(header.nargs) {
            // `method-arguments` has reported it.
            return None;
        }
        locals.resize(
            locals.len() + usize::from(header.max_locals),
            Value::Unusable,
        );
        Some(Frame::new(locals, header.max_stack.into(), owes_super))
    }

    fn run(&mut self) {
        let (Some(frame), false) = (self.entry(), self.code.instructions.is_empty()) else {
            return;
        };
        self.merge(0, 0, 0, &frame);
        let budget = MAX_VISITS_PER_INSTRUCTION * self.code.instructions.len();
        while let Some((context, index)) = self.open.pop() {
            self.block(context, index);
            if self.visits > budget {
                let expected = format!("at most {budget} steps");
                self.faults
                    .push((index, Fault::new(Rule::FlowLimit, expected, "more")));
                return;
            }
        }
    }

    /// Joins a frame into the one where a block begins; the block is followed again if that changes it.
    fn merge(&mut self, from: usize, context: usize, target: usize, frame: &Frame) {
        let count = self.code.instructions.len();
        if target >= count {
            let fault = Fault::new(
                Rule::FlowEnd,
                "an instruction that ends the method",
                "its end",
            );
            self.faults.push((from, fault));
            return;
        }
        let Some(frames) = self
            .contexts
            .get_mut(context)
            .map(|context| &mut context.frames)
        else {
            return;
        };
        frames.resize(count, None);
        let Some(place) = frames.get_mut(target) else {
            return;
        };
        let Some(old) = place else {
            *place = Some(frame.clone());
            self.open.push((context, target));
            return;
        };
        if old.stack.len() != frame.stack.len() {
            let expected = format!("a stack of {} words, as on another path", old.stack.len());
            let fault = Fault::new(Rule::FlowJoin, expected, frame.stack.len().to_string());
            self.faults.push((target, fault));
            return;
        }
        let mut changed = frame.owes_super && !old.owes_super;
        old.owes_super |= frame.owes_super;
        let pairs = old
            .locals
            .iter_mut()
            .zip(&frame.locals)
            .chain(old.stack.iter_mut().zip(&frame.stack));
        for (old, new) in pairs {
            if old != new {
                let joined = self.types.join(self.world, *old, *new);
                changed |= joined != *old;
                *old = joined;
            }
        }
        if changed && !self.open.contains(&(context, target)) {
            self.open.push((context, target));
        }
    }

    /// Follows the instructions from a leader to the next one.
    fn block(&mut self, context: usize, start: usize) {
        let frame = self
            .contexts
            .get(context)
            .and_then(|context| context.frames.get(start)?.clone());
        let Some(mut frame) = frame else { return };
        let code = self.code;
        let mut index = start;
        loop {
            self.visits += 1;
            let Some(instruction) = code.instructions.get(index) else {
                return;
            };
            self.enter_handlers(context, index, start, &frame);
            let stepper = Stepper {
                world: self.world,
                types: &self.types,
                code,
                class: self.class,
                result: self.signature.result,
            };
            match stepper.step(&mut frame, index) {
                Ok(()) => {}
                Err(Stop::Fault(fault)) => return self.faults.push((index, fault)),
                Err(Stop::Reported) => return,
            }
            match instruction.opcode {
                Opcode::Jsr => return self.call(context, index, frame),
                Opcode::Ret => return self.ret(context, index, &frame),
                _ => {}
            }
            for jump in instruction.jumps() {
                if let Some(target) = code.jump_target(instruction.offset, jump) {
                    self.merge(index, context, target, &frame);
                }
            }
            if instruction.opcode.ends_flow() {
                return;
            }
            index += 1;
            if self.leaders.get(index).is_none_or(|leader| *leader) {
                return self.merge(index - 1, context, index, &frame);
            }
        }
    }

    /// An exception may leave any instruction: its handlers see the locals before it. Within a block only those
    /// that differ from the instruction before are news.
    fn enter_handlers(&mut self, context: usize, index: usize, start: usize, frame: &Frame) {
        for number in 0..self.handlers.len() {
            let Some(handler) = self.handlers.get(number) else {
                return;
            };
            if !(handler.start..handler.end).contains(&index) {
                continue;
            }
            let stored = index > start
                && self
                    .code
                    .instructions
                    .get(index - 1)
                    .is_some_and(|before| changes_locals(before.opcode));
            if index != start && index != handler.start && !stored {
                continue;
            }
            let target = handler.target;
            match frame.for_handler(handler.exception) {
                Ok(frame) => self.merge(index, context, target, &frame),
                Err(fault) => self.faults.push((target, fault)),
            }
        }
    }

    fn call(&mut self, context: usize, index: usize, mut frame: Frame) {
        let Some(calls) = self
            .contexts
            .get(context)
            .map(|context| context.calls.clone())
        else {
            return;
        };
        let Some(instruction) = self.code.instructions.get(index) else {
            return;
        };
        let targets: Vec<usize> = instruction
            .jumps()
            .into_iter()
            .filter_map(|jump| self.code.jump_target(instruction.offset, jump))
            .collect();
        if calls.contains(&index) {
            let fault = Fault::new(
                Rule::Subroutine,
                "a subroutine that does not call itself",
                "such a call",
            );
            return self.faults.push((index, fault));
        }
        if let Err(fault) = frame.push(Value::ReturnAddress(index)) {
            return self.faults.push((index, fault));
        }
        let mut inner = calls;
        inner.push(index);
        let known = self
            .contexts
            .iter()
            .position(|context| context.calls == inner);
        let inner = known.unwrap_or_else(|| {
            self.contexts.push(Context {
                calls: inner,
                frames: Vec::new(),
            });
            self.contexts.len() - 1
        });
        if self.contexts.len() > MAX_SUBROUTINE_CALLS {
            let expected = format!("at most {MAX_SUBROUTINE_CALLS} calls of subroutines");
            return self
                .faults
                .push((index, Fault::new(Rule::FlowLimit, expected, "more")));
        }
        for target in targets {
            self.merge(index, inner, target, &frame);
        }
    }

    fn ret(&mut self, context: usize, index: usize, frame: &Frame) {
        let Some(instruction) = self.code.instructions.get(index) else {
            return;
        };
        let Some(calls) = self
            .contexts
            .get(context)
            .map(|context| context.calls.clone())
        else {
            return;
        };
        let fault = |found: String| {
            let expected = "the return address of an active subroutine";
            (index, Fault::new(Rule::Subroutine, expected, found))
        };
        let site = match frame.local(local_index(instruction)) {
            Ok(Value::ReturnAddress(site)) => site,
            Ok(other) => return self.faults.push(fault(self.types.name(self.world, other))),
            Err(error) => return self.faults.push((index, error)),
        };
        let Some(depth) = calls.iter().position(|call| *call == site) else {
            return self
                .faults
                .push(fault("one of a subroutine that has ended".to_owned()));
        };
        let outer = calls.get(..depth).unwrap_or_default();
        // A context exists before any that extends it.
        if let Some(outer) = self
            .contexts
            .iter()
            .position(|context| context.calls == outer)
        {
            self.merge(index, outer, site + 1, frame);
        }
    }
}

/// True for what writes a local variable, or turns `this` and new objects into initialised ones.
fn changes_locals(opcode: Opcode) -> bool {
    let mnemonic = opcode.mnemonic();
    matches!(opcode, Opcode::Invokespecial | Opcode::New)
        || ["astore", "sstore", "istore"]
            .iter()
            .any(|store| mnemonic.starts_with(store))
}
