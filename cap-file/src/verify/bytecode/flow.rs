//! Follows all paths of a method.

mod graph;

use super::frame::{Fault, Frame};
use super::step::{Stepper, Stop, local_index};
use super::types::{Reference, Types, Value};
use crate::component::Tag;
use crate::component::constant_pool::Constant;
use crate::component::descriptor::access::{ACC_INIT, ACC_STATIC};
use crate::error::Place;
use crate::limits::{MAX_FRAME_WORDS, MAX_STEPS_PER_BYTE, MAX_SUBROUTINE_CALLS, WORDS_PER_STEP};
use crate::opcode::Opcode;
use crate::verify::check::Checker;
use crate::verify::structure::MethodCode;
use crate::verify::world::{ClassId, Signature, World};
use crate::verify::{Finding, Rule};
use graph::Graph;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// An exception handler, by offsets in the bytecode.
struct Handler {
    start: usize,
    end: usize,
    target: usize,
    exception: Value,
}

/// The subroutine calls that are active (offsets of their `jsr`, outermost first), and the types where blocks
/// begin under them.
struct Context {
    calls: Vec<usize>,
    /// By number of the block.
    frames: Vec<Option<Frame>>,
    /// By number of the block: it is to be followed (again).
    open: Vec<bool>,
}

struct Flow<'f, 'a> {
    world: &'f World<'a>,
    code: &'f MethodCode<'a>,
    class: ClassId,
    signature: &'f Signature,
    handlers: &'f [Handler],
    graph: Graph<'f, 'a>,
    types: Types,
    contexts: Vec<Context>,
    /// Context and offset of blocks to follow (again); early code first.
    open: BinaryHeap<Reverse<(usize, usize)>>,
    faults: BTreeMap<(usize, Rule), Fault>,
    steps: usize,
    kept_words: usize,
}

/// Words that a place for a frame takes before there is one.
const WORDS_PER_PLACE: usize = size_of::<Option<Frame>>() / size_of::<Value>();

/// Reports what is wrong with the code of one method.
pub(crate) fn check(checker: &mut Checker<'_, '_>, code: &MethodCode<'_>) {
    let world = checker.world;
    let Some((class, described)) = world.method_at(code.method.offset) else {
        return;
    };
    let Some(signature) = world.signature(described.type_offset) else {
        return;
    };
    let handlers = handlers(world, code);
    let ranges = handlers
        .iter()
        .map(|handler| (handler.start, handler.end, handler.target));
    let mut flow = Flow {
        world,
        code,
        class,
        signature: &signature,
        handlers: &handlers,
        graph: Graph::new(code, ranges.collect()),
        types: Types::default(),
        contexts: Vec::new(),
        open: BinaryHeap::new(),
        faults: BTreeMap::new(),
        steps: 0,
        kept_words: 0,
    };
    flow.context(0, Vec::new());
    flow.run();
    for ((at, _), fault) in flow.faults {
        let instruction = code.instruction(at);
        checker.find(Finding {
            rule: fault.rule,
            place: Place::Component(Tag::Method),
            offset: Some(code.method.code_start() + at),
            method: Some(format!("{} of {}", code.name(), world.name(class))),
            instruction: instruction
                .map(|(instruction, _)| format!("{at}: {}", instruction.opcode.mnemonic())),
            expected: fault.expected,
            found: fault.found,
        });
    }
}

fn handlers(world: &World<'_>, code: &MethodCode<'_>) -> Vec<Handler> {
    let first = usize::from(code.described.exception_handler_index);
    let Some(block) = world.cap.method.block(code.method.block()) else {
        return Vec::new();
    };
    let all = block.exception_handlers.iter().skip(first);
    let base = code.method.code_start();
    let at = |offset: usize| offset.checked_sub(base);
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
    /// Notes what is wrong at an instruction: each rule once.
    fn fault(&mut self, at: usize, fault: Fault) {
        self.faults.entry((at, fault.rule)).or_insert(fault);
    }

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
        let mut frame = Frame::new(locals, header.max_stack.into(), owes_super);
        frame.holds_this = flags & ACC_STATIC == 0;
        Some(frame)
    }

    fn run(&mut self) {
        let (Some(frame), false) = (self.entry(), self.code.method.bytecode.is_empty()) else {
            return;
        };
        self.merge(0, 0, 0, &frame);
        let budget = MAX_STEPS_PER_BYTE * self.code.method.bytecode.len();
        let mut working = frame;
        while let Some(Reverse((context, start))) = self.open.pop() {
            self.block(context, start, &mut working);
            if self.steps > budget || self.kept_words > MAX_FRAME_WORDS {
                let expected =
                    format!("at most {budget} steps and {MAX_FRAME_WORDS} words of frames");
                return self.fault(start, Fault::new(Rule::FlowLimit, expected, "more"));
            }
        }
    }

    /// The context in which exactly these calls are active; `None` if there are too many, which the code at `at`
    /// is told of.
    fn context(&mut self, at: usize, calls: Vec<usize>) -> Option<usize> {
        let known = self
            .contexts
            .iter()
            .position(|context| context.calls == calls);
        if known.is_some() {
            return known;
        }
        let blocks = self.graph.block_count();
        let words = blocks * WORDS_PER_PLACE;
        let count = self.contexts.len();
        if count >= MAX_SUBROUTINE_CALLS || self.kept_words + words > MAX_FRAME_WORDS {
            let expected = format!(
                "at most {MAX_SUBROUTINE_CALLS} calls of subroutines and {MAX_FRAME_WORDS} words of frames"
            );
            self.fault(at, Fault::new(Rule::FlowLimit, expected, "more"));
            return None;
        }
        self.kept_words += words;
        self.contexts.push(Context {
            calls,
            frames: vec![None; blocks],
            open: vec![false; blocks],
        });
        Some(count)
    }

    /// Joins a frame into the one where a block begins; the block is followed again if that changes it.
    fn merge(&mut self, from: usize, context: usize, target: usize, frame: &Frame) {
        self.join(from, context, target, frame, &frame.stack);
    }

    fn join(&mut self, from: usize, number: usize, target: usize, frame: &Frame, stack: &[Value]) {
        self.steps += frame.locals.len().saturating_add(stack.len()) / WORDS_PER_STEP + 1;
        let Some(block) = self.graph.block(target) else {
            let fault = Fault::new(
                Rule::FlowEnd,
                "an instruction that ends the method",
                "its end",
            );
            self.fault(from, fault);
            return;
        };
        let Some(context) = self.contexts.get_mut(number) else {
            return;
        };
        let (Some(place), Some(open)) =
            (context.frames.get_mut(block), context.open.get_mut(block))
        else {
            return;
        };
        let changed = match place {
            None => {
                self.kept_words += frame.locals.len() + stack.len();
                *place = Some(frame.with_stack(stack));
                true
            }
            Some(old) if old.stack.len() != stack.len() => {
                let expected = format!("a stack of {} words, as on another path", old.stack.len());
                let fault = Fault::new(Rule::FlowJoin, expected, stack.len().to_string());
                self.fault(target, fault);
                return;
            }
            Some(old) => join_into(&mut self.types, self.world, old, frame, stack),
        };
        if changed && !std::mem::replace(open, true) {
            self.open.push(Reverse((number, target)));
        }
    }

    /// Follows the instructions from the start of a block to the next one.
    fn block(&mut self, number: usize, start: usize, frame: &mut Frame) {
        let Some(block) = self.graph.block(start) else {
            return;
        };
        let Some(context) = self.contexts.get_mut(number) else {
            return;
        };
        if let Some(open) = context.open.get_mut(block) {
            *open = false;
        }
        let Some(Some(kept)) = context.frames.get(block) else {
            return;
        };
        frame.clone_from(kept);
        let code = self.code;
        let mut at = start;
        // An exception may leave any instruction: its handlers see the locals before it. Within a block only
        // those that differ from the instruction before are news.
        let mut news = true;
        loop {
            self.steps += 1;
            let Some((instruction, next)) = code.instruction(at) else {
                return;
            };
            if news {
                self.enter_handlers(number, at, frame);
            }
            let stepper = Stepper {
                world: self.world,
                types: &self.types,
                code,
                class: self.class,
                result: self.signature.result,
            };
            match stepper.step(frame, at, &instruction) {
                Ok(()) => {}
                Err(Stop::Fault(fault)) => return self.fault(at, fault),
                Err(Stop::Reported) => return,
            }
            match instruction.opcode {
                Opcode::Jsr => {
                    let target = instruction
                        .jumps()
                        .find_map(|jump| code.jump_target(at, jump));
                    return self.call(number, at, target, frame);
                }
                Opcode::Ret => {
                    return self.ret(number, at, local_index(&instruction), frame);
                }
                _ => {}
            }
            for jump in instruction.jumps() {
                if let Some(target) = code.jump_target(at, jump) {
                    self.merge(at, number, target, frame);
                }
            }
            if instruction.opcode.ends_flow() {
                return;
            }
            if self.graph.ends_block(next) {
                return self.merge(at, number, next, frame);
            }
            news = changes_locals(instruction.opcode);
            at = next;
        }
    }

    /// Ranges begin and end with blocks.
    fn enter_handlers(&mut self, context: usize, at: usize, frame: &Frame) {
        for handler in self.handlers {
            if !(handler.start..handler.end).contains(&at) {
                continue;
            }
            if frame.max_stack() == 0 {
                let fault = frame.overflow();
                self.fault(handler.target, fault);
                continue;
            }
            let Some(context) = self.caught_in(at, context, handler.target, frame) else {
                continue;
            };
            self.join(at, context, handler.target, frame, &[handler.exception]);
        }
    }

    /// The calls that are still active in a handler: up to the last one that some `ret` behind the handler could
    /// end. An exception leaves the others for good, so that they may be called again.
    fn caught_in(
        &mut self,
        at: usize,
        context: usize,
        target: usize,
        frame: &Frame,
    ) -> Option<usize> {
        let calls = self.contexts.get(context)?.calls.as_slice();
        if calls.is_empty() {
            return Some(context);
        }
        let (graph, steps) = (&mut self.graph, &mut self.steps);
        let returns = graph.returns_from(target, steps);
        let active = calls.iter().rposition(|site| {
            returns.iter().any(|local| {
                frame.locals.get(usize::from(*local)) == Some(&Value::return_address(*site))
            })
        });
        let active = active.map_or(0, |last| last + 1);
        if active == calls.len() {
            return Some(context);
        }
        let calls = calls.get(..active).unwrap_or_default().to_vec();
        self.context(at, calls)
    }

    fn call(&mut self, context: usize, at: usize, target: Option<usize>, frame: &mut Frame) {
        let Some(mut calls) = self
            .contexts
            .get(context)
            .map(|context| context.calls.clone())
        else {
            return;
        };
        if calls.contains(&at) {
            let fault = Fault::new(
                Rule::Subroutine,
                "a subroutine that does not call itself",
                "such a call",
            );
            return self.fault(at, fault);
        }
        if let Err(fault) = frame.push(Value::return_address(at)) {
            return self.fault(at, fault);
        }
        calls.push(at);
        if let (Some(inner), Some(target)) = (self.context(at, calls), target) {
            self.merge(at, inner, target, frame);
        }
    }

    fn ret(&mut self, context: usize, at: usize, local: usize, frame: &Frame) {
        let Some(calls) = self
            .contexts
            .get(context)
            .map(|context| context.calls.as_slice())
        else {
            return;
        };
        let wrong = |found: String| {
            let expected = "the return address of an active subroutine";
            Fault::new(Rule::Subroutine, expected, found)
        };
        let site = match frame.local(local) {
            Ok(Value::ReturnAddress(site)) => usize::from(site),
            Ok(other) => {
                let fault = wrong(self.types.name(self.world, other));
                return self.fault(at, fault);
            }
            Err(error) => return self.fault(at, error),
        };
        let Some(depth) = calls.iter().position(|call| *call == site) else {
            return self.fault(at, wrong("one of a subroutine that has ended".to_owned()));
        };
        let outer = calls.get(..depth).unwrap_or_default().to_vec();
        if let (Some(outer), Some((_, next))) =
            (self.context(at, outer), self.code.instruction(site))
        {
            self.merge(at, outer, next, frame);
        }
    }
}

/// Joins a frame into an older one; true if that changes it.
fn join_into(
    types: &mut Types,
    world: &World<'_>,
    old: &mut Frame,
    frame: &Frame,
    stack: &[Value],
) -> bool {
    let mut changed =
        (frame.owes_super && !old.owes_super) || (old.holds_this && !frame.holds_this);
    old.owes_super |= frame.owes_super;
    old.holds_this &= frame.holds_this;
    let locals = old.locals.iter_mut().zip(&frame.locals);
    for (old, new) in locals.chain(old.stack.iter_mut().zip(stack)) {
        if old != new {
            let joined = types.join(world, *old, *new);
            changed |= joined != *old;
            *old = joined;
        }
    }
    changed
}

/// True for what writes a local variable, or turns `this` and new objects into initialised ones.
const fn changes_locals(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Invokespecial
            | Opcode::New
            | Opcode::Astore
            | Opcode::Astore0
            | Opcode::Astore1
            | Opcode::Astore2
            | Opcode::Astore3
            | Opcode::Sstore
            | Opcode::Sstore0
            | Opcode::Sstore1
            | Opcode::Sstore2
            | Opcode::Sstore3
            | Opcode::Istore
            | Opcode::Istore0
            | Opcode::Istore1
            | Opcode::Istore2
            | Opcode::Istore3
    )
}
