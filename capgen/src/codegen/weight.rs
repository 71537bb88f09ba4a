//! What counts when two sequences do the same: their bytes, or the time of each instruction as it was measured on a
//! card (`-O speed`). Of two that take as long the shorter one is lighter.

use super::item::{Item, Label, Symbol};
use super::{Goal, Result, assemble};
use crate::ir::FunctionId;
use cap_file::Opcode;
use cap_file::cost::Costs;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The card whose measurements count.
const CARD: &str = "j3r180";
/// Units of a tenth of a microsecond, in which the measurements are; below them there is room for bytes.
const UNIT: u64 = 100;
const BYTES_BELOW: u32 = 16;
/// A loop is taken to go round so often.
const ROUNDS: u64 = 8;
/// Loops in loops are counted up to this depth.
const DEEPEST: u32 = 4;

/// A measure of instructions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weight {
    /// Bytes.
    Bytes,
    /// Time, then bytes.
    Time(&'static Costs),
}

/// The measured costs.
fn measured() -> Option<&'static Costs> {
    static COSTS: OnceLock<Option<Costs>> = OnceLock::new();
    COSTS.get_or_init(|| Costs::named(CARD)).as_ref()
}

impl Weight {
    /// What counts for this goal.
    pub(super) fn of(goal: Goal) -> Self {
        match (goal, measured()) {
            (Goal::Speed, Some(costs)) => Weight::Time(costs),
            _ => Weight::Bytes,
        }
    }

    fn instruction(self, opcode: Opcode, bytes: u32) -> u32 {
        match self {
            Weight::Bytes => bytes,
            Weight::Time(costs) => {
                let time = u32::try_from(costs.of(opcode) / UNIT).unwrap_or(u32::MAX / 64);
                time * BYTES_BELOW + bytes
            }
        }
    }

    /// Of the instruction that pushes a constant.
    pub(super) fn push(self, value: i16) -> u32 {
        let opcode = match Item::push_size(value) {
            1 => Opcode::Sconst0,
            2 => Opcode::Bspush,
            _ => Opcode::Sspush,
        };
        self.instruction(opcode, Item::push_size(value))
    }

    /// Of the instruction that pushes an `int`.
    pub(super) fn push_int(self, value: i32) -> u32 {
        let (opcode, bytes) = match value {
            -1..=5 => (Opcode::Iconst0, 1),
            -128..=127 => (Opcode::Bipush, 2),
            -32768..=32767 => (Opcode::Sipush, 3),
            _ => (Opcode::Iipush, 5),
        };
        self.instruction(opcode, bytes)
    }

    /// Of an instruction of one byte.
    pub(super) fn op(self, opcode: Opcode) -> u32 {
        self.instruction(opcode, 1)
    }

    /// Of a whole function: the lesser one is better.
    pub(super) fn measure(self, function: &str, items: &[Item]) -> Result<(u64, usize)> {
        let (bytes, _) = assemble::measure(function, items)?;
        Ok((self.nanoseconds(items), bytes))
    }

    /// Nanoseconds that the instructions of a function take, those in loops more than once; nothing where bytes count.
    pub(super) fn nanoseconds(self, items: &[Item]) -> u64 {
        let Weight::Time(costs) = self else { return 0 };
        let often = frequencies(items);
        let timed = items.iter().zip(often).filter_map(|(item, often)| {
            let opcode = item.opcode()?;
            Some(costs.of(opcode).saturating_mul(often))
        });
        timed.fold(0, u64::saturating_add)
    }
}

/// How often each item runs when the function runs once.
fn frequencies(items: &[Item]) -> Vec<u64> {
    let labels: HashMap<Label, usize> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match item {
            Item::Label(label) => Some((*label, index)),
            _ => None,
        })
        .collect();
    // A loop reaches from where a jump back leads to the last jump that leads there.
    let mut loops: HashMap<usize, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        for target in item.targets() {
            if let Some(&start) = labels.get(&target)
                && start <= index
            {
                loops.insert(start, index);
            }
        }
    }
    let mut depths = vec![0u32; items.len()];
    for (start, end) in loops {
        for depth in depths.iter_mut().take(end + 1).skip(start) {
            *depth += 1;
        }
    }
    let often = |depth: u32| ROUNDS.pow(depth.min(DEEPEST));
    depths.into_iter().map(often).collect()
}

/// How often functions of the package are called when this one runs once.
pub(super) fn calls(items: &[Item]) -> Vec<(FunctionId, u64)> {
    let often = frequencies(items);
    let called = items
        .iter()
        .zip(often)
        .filter_map(|(item, often)| match item {
            Item::Invoke {
                method: Symbol::Static(callee) | Symbol::Virtual(callee),
                ..
            } => Some((*callee, often)),
            _ => None,
        });
    called.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_bytes_are_not_the_same() {
        let (bytes, time) = (Weight::of(Goal::Size), Weight::of(Goal::Speed));
        let mask = |weight: Weight| weight.push(255) + weight.op(Opcode::Sand);
        let sign = |weight: Weight| weight.op(Opcode::S2b);
        // In bytes a mask is four of `s2b`, in time not even three.
        assert_eq!(mask(bytes), 4 * sign(bytes));
        assert!(mask(time) < 3 * sign(time));
        // Two instructions are slower than one of as many bytes.
        assert_eq!(bytes.push(100), 2 * bytes.op(Opcode::Sadd));
        assert!(time.push(100) < 2 * time.op(Opcode::Sadd));
    }

    #[test]
    fn what_is_in_a_loop_counts_more() {
        let items = vec![
            Item::op(Opcode::Sconst0),
            Item::Label(Label(0)),
            Item::op(Opcode::Sconst1),
            Item::Label(Label(1)),
            Item::op(Opcode::Sconst2),
            Item::Branch(Opcode::Ifeq, Label(1)),
            Item::Branch(Opcode::Ifeq, Label(0)),
            Item::op(Opcode::Return),
        ];
        assert_eq!(frequencies(&items), [1, 8, 8, 64, 64, 64, 8, 1]);
    }
}
