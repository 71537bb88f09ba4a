//! The instructions of all methods, one by one: decoding, jumps, constants, reference locations.

use crate::component::Tag;
use crate::component::constant_pool::Constant;
use crate::component::descriptor::MethodDescriptor;
use crate::component::header::Header;
use crate::component::method::{BlockRef, Method, MethodComponent};
use crate::component::reference_location::offsets;
use crate::component::split_code_offset;
use crate::error::Place;
use crate::instruction::{DecodeError, Instruction, Instructions, Operands};
use crate::opcode::{Layout, Opcode};
use crate::verify::bytecode;
use crate::verify::check::Checker;
use crate::verify::world::{Type, World};
use crate::verify::{Finding, Rule};

/// The code of a method that could be decoded.
pub(crate) struct MethodCode<'a> {
    pub(crate) method: Method<'a>,
    pub(crate) described: &'a MethodDescriptor,
    /// By offset in the bytecode: an instruction starts here.
    starts: Vec<bool>,
}

impl<'a> MethodCode<'a> {
    fn decode(method: Method<'a>, described: &'a MethodDescriptor) -> Result<Self, DecodeError> {
        let mut starts = vec![false; method.bytecode.len()];
        for instruction in Instructions::new(method.bytecode) {
            if let Some(start) = starts.get_mut(instruction?.offset) {
                *start = true;
            }
        }
        Ok(Self {
            method,
            described,
            starts,
        })
    }

    /// Where the method is, for reports.
    pub(crate) fn name(&self) -> String {
        let (block, offset) = split_code_offset(self.method.offset);
        match block {
            0 => format!("method at {offset}"),
            block => format!("method at {offset} of block {block}"),
        }
    }

    /// The instruction at this offset of the bytecode, and the offset behind it. Instructions are decoded anew
    /// each time: kept, they would take thirty times the memory of the code.
    pub(crate) fn instruction(&self, at: usize) -> Option<(Instruction, usize)> {
        Instruction::decode(self.method.bytecode, at).ok()
    }

    /// Every instruction, and the offset behind it.
    pub(crate) fn instructions(&self) -> impl Iterator<Item = (Instruction, usize)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (instruction, next) = self.instruction(at)?;
            at = next;
            Some((instruction, next))
        })
    }

    fn is_start(&self, at: usize) -> bool {
        self.starts.get(at) == Some(&true)
    }

    /// The offset of the instruction that a jump from `from` leads to.
    pub(crate) fn jump_target(&self, from: usize, jump: i16) -> Option<usize> {
        from.checked_add_signed(jump.into())
            .filter(|target| self.is_start(*target))
    }
}

pub(super) fn check(checker: &mut Checker<'_, '_>) {
    let cap = checker.cap;
    if cap.descriptor.is_none() {
        return;
    }
    let mut located: Vec<Located<'_>> = cap
        .method
        .blocks()
        .zip(cap.reference_location.blocks())
        .map(|(block, tables)| Located::new(&block, tables))
        .collect();
    let mut uses_int = uses_int(checker.world);
    // Types from unknown packages cannot be compared; `import-known` has been reported then.
    let follow = checker.world.all_imports_known();
    // In the order of their places, in which the locations are, too.
    for (_, described) in checker.world.own_methods() {
        let Some(method) = cap.method.described(described) else {
            continue;
        };
        let code = match MethodCode::decode(method, described) {
            Ok(code) => code,
            Err(error) => {
                let at = method.code_start();
                let error = error.to_string();
                checker.report(
                    Rule::CodeDecode,
                    Tag::Method,
                    at,
                    "whole instructions",
                    error,
                );
                continue;
            }
        };
        let before = checker.count();
        uses_int |= instructions(checker, &code, located.get_mut(method.block()));
        handler_bounds(checker, &code);
        if checker.count() == before && follow {
            bytecode::check(checker, &code);
        }
    }
    locations(checker, located);
    let said = cap.header.flags & Header::ACC_INT != 0;
    checker.require(
        said || !uses_int,
        Rule::HeaderInt,
        Tag::Header,
        6,
        "ACC_INT, since the package uses int",
        || "no such flag".to_owned(),
    );
}

/// Checks each instruction by itself, and notes where it refers to the constant pool; true if one uses int.
fn instructions(
    checker: &mut Checker<'_, '_>,
    code: &MethodCode<'_>,
    mut located: Option<&mut Located<'_>>,
) -> bool {
    let mut uses_int = false;
    let start = code.method.code_start();
    for (instruction, _) in code.instructions() {
        let at = start + instruction.offset;
        uses_int |= instruction.uses_int();
        if let Some((rule, expected)) = broken(checker.world, code, &instruction) {
            checker.find(Finding {
                rule,
                place: Place::Component(Tag::Method),
                offset: Some(at),
                method: Some(code.name()),
                instruction: Some(instruction.opcode.mnemonic().to_owned()),
                expected: expected.to_owned(),
                found: format!("{:?}", instruction.operands),
            });
        }
        if let Some(reference) = instruction.pool_reference()
            && let Some(located) = &mut located
        {
            let table = if reference.width == 1 {
                &mut located.one_byte
            } else {
                &mut located.two_bytes
            };
            table.meet(at + reference.operand_offset);
        }
    }
    uses_int
}

/// Where a block of methods refers to constants, against its two tables.
struct Located<'t> {
    one_byte: Cover<'t>,
    two_bytes: Cover<'t>,
}

impl<'t> Located<'t> {
    /// Starts with what handlers name; a `finally` names nothing.
    fn new(block: &BlockRef<'_>, (one_byte, two_bytes): (&'t [u8], &'t [u8])) -> Self {
        let mut two_bytes = Cover::new(two_bytes);
        for (index, handler) in block.exception_handlers.iter().enumerate() {
            if handler.catch_type_index != 0 {
                two_bytes.meet(1 + MethodComponent::HANDLER_SIZE * index + 6);
            }
        }
        Self {
            one_byte: Cover::new(one_byte),
            two_bytes,
        }
    }
}

/// A table of locations, gone through while the code is: both ascend.
struct Cover<'t> {
    table: &'t [u8],
    rest: Box<dyn Iterator<Item = usize> + 't>,
    met: usize,
    /// The first place that the table leaves out.
    missing: Option<usize>,
}

impl<'t> Cover<'t> {
    fn new(table: &'t [u8]) -> Self {
        Self {
            table,
            rest: Box::new(offsets(table)),
            met: 0,
            missing: None,
        }
    }

    /// The code refers to a constant here.
    fn meet(&mut self, offset: usize) {
        self.met += 1;
        if self.missing.is_none() && self.rest.next() != Some(offset) {
            self.missing = Some(offset);
        }
    }

    fn require(mut self, checker: &mut Checker<'_, '_>, block: usize, what: &str) {
        let count = offsets(self.table).count();
        // 255 goes on with the next byte.
        let whole = self.table.last() != Some(&255);
        checker.require(
            self.missing.is_none() && self.rest.next().is_none() && whole,
            Rule::ReferenceCover,
            Tag::ReferenceLocation,
            None,
            format_args!(
                "the offsets of the {} {what} constant pool indices in block {block}",
                self.met
            ),
            || match self.missing {
                Some(offset) => format!("{count} offsets, not the one at {offset}"),
                None => format!("{count} offsets"),
            },
        );
    }
}

fn locations(checker: &mut Checker<'_, '_>, located: Vec<Located<'_>>) {
    let tables = 1 + checker.cap.reference_location.further_blocks.len();
    let blocks = 1 + checker.cap.method.further_blocks.len();
    checker.require(
        blocks == tables,
        Rule::ReferenceCover,
        Tag::ReferenceLocation,
        0,
        "tables for each block of methods",
        || format!("{tables} for {blocks} blocks"),
    );
    for (block, located) in located.into_iter().enumerate() {
        located.one_byte.require(checker, block, "one-byte");
        located.two_bytes.require(checker, block, "two-byte");
    }
}

/// Fields or signatures with `int`.
fn uses_int(world: &World<'_>) -> bool {
    let descriptor = world.cap.descriptor.iter();
    descriptor
        .flat_map(|descriptor| &descriptor.classes)
        .any(|class| {
            class
                .fields
                .iter()
                .any(|field| matches!(world.field_type(field), Some(Type::Int | Type::IntArray)))
                || class.methods.iter().any(|method| {
                    world
                        .signature(method.type_offset)
                        .is_some_and(|signature| {
                            let mut types = signature.arguments.iter().chain(&signature.result);
                            types.any(|found| matches!(found, Type::Int | Type::IntArray))
                        })
                })
        })
}

fn handler_bounds(checker: &mut Checker<'_, '_>, code: &MethodCode<'_>) {
    let first = usize::from(code.described.exception_handler_index);
    let Some(block) = checker.cap.method.block(code.method.block()) else {
        return;
    };
    let handlers = block.exception_handlers.iter().enumerate();
    for (index, handler) in handlers
        .skip(first)
        .take(code.described.exception_handler_count.into())
    {
        let base = code.method.code_start();
        let instruction = |offset: usize| {
            offset
                .checked_sub(base)
                .is_some_and(|offset| code.is_start(offset))
        };
        let start = usize::from(handler.start_offset);
        let end = start + usize::from(handler.active_length);
        let bounds = instruction(start)
            && (instruction(end) || end == base + code.method.bytecode.len())
            && instruction(handler.handler_offset.into());
        checker.require(
            bounds,
            Rule::HandlerRange,
            Tag::Method,
            1 + 8 * index,
            "bounds at instructions",
            || format!("{handler:?}"),
        );
    }
}

/// The rule that an instruction breaks by itself.
fn broken(
    world: &World<'_>,
    code: &MethodCode<'_>,
    instruction: &Instruction,
) -> Option<(Rule, &'static str)> {
    let lost = |jump: i16| code.jump_target(instruction.offset, jump).is_none();
    if instruction.jumps().any(lost) {
        return Some((Rule::CodeBranch, "a jump to an instruction of this method"));
    }
    if let Operands::LookupSwitch { pairs, .. } = &instruction.operands
        && pairs
            .windows(2)
            .any(|pair| matches!(pair, [(low, _), (high, _)] if low >= high))
    {
        return Some((Rule::CodeSwitch, "ascending keys"));
    }
    if let Opcode::Impdep1 | Opcode::Impdep2 = instruction.opcode {
        return Some((Rule::CodeReserved, "an instruction that cards have"));
    }
    match instruction.operands {
        Operands::ArrayType(element) if !(10..=13).contains(&element) => {
            return Some((Rule::CodeArrayType, "an element type of 10 to 13"));
        }
        Operands::TypeCheck { array_type, index } => match array_type {
            0 | 14 => {}
            10..=13 if index == 0 => return None,
            _ => {
                return Some((
                    Rule::CodeArrayType,
                    "type 0 or 10 to 14, and constant 0 for primitive arrays",
                ));
            }
        },
        _ => {}
    }
    let reference = instruction.pool_reference()?;
    let (fits, expected) = needed(instruction.opcode, world.constant(reference.index));
    (!fits).then_some((Rule::CodeConstant, expected))
}

/// Whether a constant is of the kind that an instruction needs.
fn needed(opcode: Opcode, constant: Option<Constant>) -> (bool, &'static str) {
    match opcode {
        Opcode::New
        | Opcode::Anewarray
        | Opcode::Checkcast
        | Opcode::Instanceof
        | Opcode::Invokeinterface => (matches!(constant, Some(Constant::Class(_))), "a class"),
        Opcode::Invokevirtual => (
            matches!(constant, Some(Constant::VirtualMethod { .. })),
            "a virtual method",
        ),
        Opcode::Invokespecial => (
            matches!(
                constant,
                Some(Constant::StaticMethod(_) | Constant::SuperMethod { .. })
            ),
            "a constructor, a private method or a super method",
        ),
        Opcode::Invokestatic => (
            matches!(constant, Some(Constant::StaticMethod(_))),
            "a static method",
        ),
        _ if opcode.mnemonic().contains("static_") => (
            matches!(constant, Some(Constant::StaticField(_))),
            "a static field",
        ),
        _ => {
            debug_assert!(matches!(
                opcode.layout(),
                Layout::PoolByte | Layout::PoolShort
            ));
            (
                matches!(constant, Some(Constant::InstanceField { .. })),
                "an instance field",
            )
        }
    }
}
