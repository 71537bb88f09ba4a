//! The blocks of a method, and what can be reached from where.

use crate::instruction::Operands;
use crate::opcode::Opcode;
use crate::verify::structure::MethodCode;
use std::collections::HashMap;

/// No block starts here.
const NONE: u16 = u16::MAX;

/// The blocks of a method: paths meet, split, or enter and leave the range of a handler only at their starts.
pub(super) struct Graph<'f, 'a> {
    code: &'f MethodCode<'a>,
    /// By offset in the bytecode: the number of the block that starts there, or [`NONE`].
    blocks: Vec<u16>,
    count: usize,
    /// Start, end and target of the handlers.
    handlers: Vec<(usize, usize, usize)>,
    /// By the start of a handler: the local variables that a `ret` behind it reads.
    returns: HashMap<usize, Vec<u8>>,
}

impl<'f, 'a> Graph<'f, 'a> {
    /// `handlers` are the starts, ends and targets of the method's handlers.
    pub(super) fn new(code: &'f MethodCode<'a>, handlers: Vec<(usize, usize, usize)>) -> Self {
        let mut starts = vec![NONE; code.method.bytecode.len()];
        let mut start = |at: usize| {
            if let Some(place) = starts.get_mut(at) {
                *place = 0;
            }
        };
        start(0);
        for (first, end, target) in &handlers {
            [*first, *end, *target].into_iter().for_each(&mut start);
        }
        for (instruction, next) in code.instructions() {
            for jump in instruction.jumps() {
                if let Some(target) = code.jump_target(instruction.offset, jump) {
                    start(target);
                }
            }
            // What follows a `jsr` is reached by `ret`.
            if instruction.opcode == Opcode::Jsr {
                start(next);
            }
        }
        // A method has at most 32767 bytes, hence fewer blocks than NONE.
        let mut count = 0;
        for (number, place) in (0..NONE).zip(starts.iter_mut().filter(|place| **place != NONE)) {
            *place = number;
            count = usize::from(number) + 1;
        }
        Self {
            code,
            blocks: starts,
            count,
            handlers,
            returns: HashMap::new(),
        }
    }

    pub(super) const fn block_count(&self) -> usize {
        self.count
    }

    /// The number of the block that starts at an offset.
    pub(super) fn block(&self, at: usize) -> Option<usize> {
        let number = *self.blocks.get(at)?;
        (number != NONE).then_some(number.into())
    }

    /// True if a block starts here, or the code ends.
    pub(super) fn ends_block(&self, at: usize) -> bool {
        self.blocks.get(at).is_none_or(|number| *number != NONE)
    }

    /// The local variables that some `ret` reads which can be reached from here without entering a subroutine.
    pub(super) fn returns_from(&mut self, target: usize, steps: &mut usize) -> &[u8] {
        let (code, handlers) = (self.code, &self.handlers);
        self.returns.entry(target).or_insert_with(|| {
            let mut seen = vec![false; code.method.bytecode.len()];
            let mut open = vec![target];
            let mut found = Vec::new();
            while let Some(at) = open.pop() {
                let Some(place) = seen.get_mut(at) else {
                    continue;
                };
                if std::mem::replace(place, true) {
                    continue;
                }
                *steps += 1;
                let covering = handlers
                    .iter()
                    .filter(|(start, end, _)| (*start..*end).contains(&at));
                open.extend(covering.map(|(.., target)| *target));
                let Some((instruction, next)) = code.instruction(at) else {
                    continue;
                };
                match instruction.opcode {
                    Opcode::Ret => {
                        if let Operands::Local(local) = instruction.operands {
                            found.push(local);
                        }
                    }
                    Opcode::Jsr => {}
                    _ => open.extend(
                        instruction
                            .jumps()
                            .filter_map(|jump| code.jump_target(at, jump)),
                    ),
                }
                if !instruction.opcode.ends_flow() {
                    open.push(next);
                }
            }
            found.sort_unstable();
            found.dedup();
            found
        })
    }
}
