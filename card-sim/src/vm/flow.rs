//! Which instructions of a method can be reached, and how deep the operand stack is at each.
//!
//! The Method component alone does not say where a method ends, so its code is followed from the
//! entry. Every path to an instruction has to arrive with the same stack depth, within the
//! method's `max_stack` (JCVM 3.0.5 §6.10.2); code for which that does not hold is refused.

use super::link::LinkError;
use cap_file::component::method::{BlockRef, MethodComponent, MethodHeader};
use cap_file::component::{CodeOffset, split_code_offset};
use cap_file::{Instruction, Opcode, Operands};
use std::collections::BTreeMap;

/// A reachable instruction. Offsets are those in the method's block: in the info item of a compact file's Method
/// component.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) instruction: Instruction,
    /// Offset of the instruction that follows in the code.
    pub(super) next: u16,
    /// Words on the operand stack before it.
    pub(super) depth: Option<u16>,
    /// Reached otherwise than by falling through from the instruction before it.
    pub(super) leader: bool,
}

/// The reachable code of one method.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) header: MethodHeader,
    /// Index of the block that the method is in.
    pub(super) block: usize,
    pub(super) entry: u16,
    pub(super) nodes: BTreeMap<u16, Node>,
}

/// Words taken from and put on the stack by an instruction whose effect needs the constant pool.
pub(super) trait Calls {
    /// Argument words and result words of an invocation; the result is `None` if nothing tells.
    fn call(&self, instruction: &Instruction) -> Result<(u8, Option<u8>), LinkError>;
}

impl Flow {
    /// Follows the code of the method whose header stands at `place`.
    pub(super) fn discover(
        methods: &MethodComponent,
        place: CodeOffset,
    ) -> Result<Self, LinkError> {
        let no_method = || LinkError::MethodOffset(place);
        let (index, offset) = split_code_offset(place);
        let block = methods.block(index).ok_or_else(no_method)?;
        let bytes = methods.bytes_at(place).ok_or_else(no_method)?;
        let header = MethodHeader::decode(bytes).ok_or_else(no_method)?;
        let entry = offset.checked_add(header.size()).ok_or_else(no_method)?;
        let mut flow = Self {
            header,
            block: index,
            entry,
            nodes: BTreeMap::new(),
        };
        if header.is_abstract() {
            return Ok(flow);
        }
        let first = block.first_offset();
        let mut pending = vec![entry];
        let mut leaders = vec![entry];
        while let Some(at) = pending.pop() {
            if flow.nodes.contains_key(&at) {
                continue;
            }
            let start = usize::from(at.checked_sub(first).ok_or(LinkError::CodeOffset(at))?);
            let (instruction, next) = Instruction::decode(block.methods, start)
                .map_err(|error| LinkError::Code(at, error.to_string()))?;
            let next =
                u16::try_from(next + usize::from(first)).map_err(|_| LinkError::CodeOffset(at))?;
            for target in targets(&instruction, at)? {
                leaders.push(target);
                pending.push(target);
            }
            if !instruction.opcode.ends_flow() {
                pending.push(next);
            }
            if instruction.opcode == Opcode::Jsr {
                leaders.push(next);
            }
            for handler in block.exception_handlers {
                let end = handler.start_offset.saturating_add(handler.active_length);
                if (handler.start_offset..end).contains(&at) {
                    leaders.push(handler.handler_offset);
                    pending.push(handler.handler_offset);
                }
            }
            flow.nodes.insert(
                at,
                Node {
                    instruction,
                    next,
                    depth: None,
                    leader: false,
                },
            );
        }
        for leader in leaders {
            if let Some(node) = flow.nodes.get_mut(&leader) {
                node.leader = true;
            }
        }
        flow.refuse_overlaps()?;
        Ok(flow)
    }

    fn refuse_overlaps(&self) -> Result<(), LinkError> {
        let mut end = 0;
        for (&at, node) in &self.nodes {
            if at < end {
                return Err(LinkError::Overlap(at));
            }
            end = node.next;
        }
        Ok(())
    }

    /// Result words of the method as its return instructions tell: `None` if it has none, or
    /// different ones.
    pub(super) fn results(&self) -> Option<u8> {
        let mut sizes = self
            .nodes
            .values()
            .filter_map(|node| match node.instruction.opcode {
                Opcode::Return => Some(0),
                Opcode::Areturn | Opcode::Sreturn => Some(1),
                Opcode::Ireturn => Some(2),
                _ => None,
            });
        let first = sizes.next()?;
        sizes.all(|size| size == first).then_some(first)
    }

    /// Finds the depth at every instruction. Where nothing tells the result size of a call, the
    /// smallest with which the method is consistent is taken: a compiled method leaves an empty
    /// stack at every statement, so a wrong one is found out.
    pub(super) fn measure(
        &mut self,
        block: BlockRef<'_>,
        calls: &dyn Calls,
        guesses: &mut BTreeMap<u16, u8>,
    ) -> Result<(), LinkError> {
        let mut unknown = Vec::new();
        for (&at, node) in &self.nodes {
            if is_call(node.instruction.opcode) && calls.call(&node.instruction)?.1.is_none() {
                unknown.push(at);
            }
        }
        // At most 3^6 attempts; beyond that the first sites vary and the others stay at "void".
        let sites = u32::try_from(unknown.len().min(6)).unwrap_or(0);
        let mut last = Err(LinkError::CodeOffset(self.entry));
        for attempt in 0..3u32.pow(sites) {
            guesses.clear();
            let mut rest = attempt;
            for &at in &unknown {
                guesses.insert(at, u8::try_from(rest % 3).unwrap_or(0));
                rest /= 3;
            }
            last = self.try_measure(block, calls, guesses);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    fn try_measure(
        &mut self,
        block: BlockRef<'_>,
        calls: &dyn Calls,
        guesses: &BTreeMap<u16, u8>,
    ) -> Result<(), LinkError> {
        for node in self.nodes.values_mut() {
            node.depth = None;
        }
        let max_stack = u16::from(self.header.max_stack);
        let mut pending = vec![(self.entry, 0u16)];
        while let Some((at, depth)) = pending.pop() {
            let node = self.nodes.get_mut(&at).ok_or(LinkError::CodeOffset(at))?;
            match node.depth {
                Some(known) if known == depth => continue,
                Some(_) => return Err(LinkError::Depth(at)),
                None => node.depth = Some(depth),
            }
            let instruction = &node.instruction;
            let (pops, pushes) = effect(instruction, at, calls, guesses)?;
            let after = depth
                .checked_sub(pops)
                .ok_or(LinkError::Underflow(at))?
                .saturating_add(pushes);
            if after > max_stack {
                return Err(LinkError::StackLimit(at, self.header.max_stack));
            }
            for target in targets(instruction, at)? {
                pending.push((target, after));
            }
            match instruction.opcode {
                // The subroutine takes the return address off again before it returns.
                Opcode::Jsr => pending.push((node.next, depth)),
                opcode if opcode.ends_flow() => {}
                _ => pending.push((node.next, after)),
            }
            for handler in block.exception_handlers {
                let end = handler.start_offset.saturating_add(handler.active_length);
                if (handler.start_offset..end).contains(&at) {
                    if max_stack == 0 {
                        return Err(LinkError::StackLimit(handler.handler_offset, 0));
                    }
                    pending.push((handler.handler_offset, 1));
                }
            }
        }
        Ok(())
    }
}

pub(super) fn is_call(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Invokevirtual
            | Opcode::Invokespecial
            | Opcode::Invokestatic
            | Opcode::Invokeinterface
    )
}

/// Where an instruction may jump to.
fn targets(instruction: &Instruction, at: u16) -> Result<Vec<u16>, LinkError> {
    instruction
        .jumps()
        .map(|distance| target(at, distance))
        .collect()
}

/// The target of a jump.
pub(super) fn target(at: u16, distance: i16) -> Result<u16, LinkError> {
    at.checked_add_signed(distance)
        .ok_or(LinkError::CodeOffset(at))
}

/// Words popped and pushed.
pub(super) fn effect(
    instruction: &Instruction,
    at: u16,
    calls: &dyn Calls,
    guesses: &BTreeMap<u16, u8>,
) -> Result<(u16, u16), LinkError> {
    if is_call(instruction.opcode) {
        let (arguments, results) = calls.call(instruction)?;
        let results = results.or_else(|| guesses.get(&at).copied()).unwrap_or(0);
        return Ok((arguments.into(), results.into()));
    }
    if let Operands::Stack { m, n } = instruction.operands {
        let (m, n) = (u16::from(m), u16::from(n));
        return match instruction.opcode {
            Opcode::DupX if m > 0 && (n == 0 || n >= m) => {
                let touched = m.max(n);
                Ok((touched, touched + m))
            }
            Opcode::SwapX if m > 0 && n > 0 => Ok((m + n, m + n)),
            _ => Err(LinkError::Code(at, "operands of dup_x or swap_x".into())),
        };
    }
    let (pops, pushes) = instruction
        .opcode
        .pops_and_pushes()
        .filter(|(pops, _)| *pops != "*")
        .unwrap_or(("", ""));
    Ok((words(pops), words(pushes)))
}

fn words(types: &str) -> u16 {
    types
        .chars()
        .map(|letter| match letter {
            'i' => 2,
            ' ' => 0,
            _ => 1,
        })
        .sum()
}
