//! Which instructions and branches ran.

use crate::vm::program::Program;
use crate::vm::{Observer, Step};
use cap_file::Opcode;
use cap_file::component::{CodeOffset, code_offset};
use std::collections::BTreeMap;

/// How often an instruction ran, and where it led.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Times that it ran.
    pub count: u64,
    /// For a conditional branch or a switch: each place that it can lead to, with how often it did.
    pub targets: BTreeMap<CodeOffset, u64>,
}

/// Instruction and branch coverage, by package slot and place in the Method component. Watch a card with it: `Arc<Mutex<Coverage>>` is an [`Observer`].
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    hits: BTreeMap<u8, BTreeMap<CodeOffset, Hits>>,
    /// The branch that was executed last.
    pending: Option<(u8, CodeOffset)>,
}

/// Whether an instruction goes to one of several places.
fn branches(opcode: Opcode) -> bool {
    !matches!(opcode, Opcode::Goto | Opcode::GotoW | Opcode::Jsr)
}

impl Coverage {
    /// Nothing covered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every instruction of a package that control can reach, with how often it ran.
    #[must_use]
    pub fn of(&self, program: &Program, slot: u8) -> BTreeMap<CodeOffset, Hits> {
        let mut all = BTreeMap::new();
        let Some(package) = program.package(slot) else {
            return all;
        };
        let hits = self.hits.get(&slot);
        for (block, offset, decoded) in package.bytecode.instructions() {
            let at = code_offset(block, offset);
            let mut found = Hits::default();
            let mut jumps = decoded.instruction.jumps().peekable();
            if jumps.peek().is_some() && branches(decoded.instruction.opcode) {
                let targets = jumps.filter_map(|distance| offset.checked_add_signed(distance));
                found.targets = targets
                    .map(|target| (code_offset(block, target), 0))
                    .collect();
                if !decoded.instruction.opcode.ends_flow() {
                    found.targets.insert(code_offset(block, decoded.next), 0);
                }
            }
            if let Some(hits) = hits.and_then(|hits| hits.get(&at)) {
                found.count = hits.count;
                found
                    .targets
                    .extend(hits.targets.iter().map(|(target, count)| (*target, *count)));
            }
            all.insert(at, found);
        }
        all
    }
}

impl Observer for Coverage {
    fn step(&mut self, step: &Step<'_>) {
        let package = self.hits.entry(step.slot).or_default();
        if let Some((slot, branch)) = self.pending.take()
            && slot == step.slot
            && let Some(hits) = package.get_mut(&branch)
        {
            *hits.targets.entry(step.offset).or_default() += 1;
        }
        package.entry(step.offset).or_default().count += 1;
        let opcode = step.instruction.opcode;
        if branches(opcode) && step.instruction.jumps().next().is_some() {
            self.pending = Some((step.slot, step.offset));
        }
    }
}
