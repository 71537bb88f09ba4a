//! What counts when two sequences do the same: their bytes and the time of each instruction as it was measured on a card.
//!
//! The goals differ in what a byte is worth in time. With `-O size` it is the time of several instructions: bytes are
//! spent where a loop gets faster by it, and nowhere else.

use super::item::{Item, Symbol};
use super::label::Labels;
use super::{Goal, Result, assemble};
use crate::ir::FunctionId;
use cap_file::Opcode;
use cap_file::cost::Costs;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The card whose measurements count.
const CARD: &str = "j3r180";
/// Nanoseconds that a byte is worth where bytes count: a loop has to spare an instruction in every round for it.
const NANOSECONDS_PER_BYTE: u64 = 25_000;
/// And where time counts: about what `sload` takes for one of its two bytes. A call of a static method, 21.7 µs, is so
/// worth 12 bytes beside what else gets faster.
const NANOSECONDS_PER_BYTE_FOR_SPEED: u64 = 1_800;
/// Within an expression no loop is seen: there a byte is worth more than any time, or in effect nothing. In tenths of a
/// microsecond, in which the measurements are.
const TENTHS_PER_BYTE: u32 = 1 << 12;
const TENTHS: u64 = 100;
/// Where time counts, what takes as long is told apart by its bytes.
const PARTS_OF_A_TENTH: u32 = 16;
/// A loop is taken to go round so often.
const ROUNDS: u64 = 8;
/// Loops in loops are counted up to this depth.
const DEEPEST: u32 = 4;

/// A measure of instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight {
    goal: Goal,
    costs: &'static Costs,
}

/// The measured costs.
fn measured() -> &'static Costs {
    static COSTS: OnceLock<Costs> = OnceLock::new();
    COSTS.get_or_init(|| Costs::named(CARD).unwrap_or_default())
}

impl Weight {
    /// What counts for this goal.
    pub(crate) fn of(goal: Goal) -> Self {
        Weight {
            goal,
            costs: measured(),
        }
    }

    /// Of code that takes so much: the lesser one is better.
    pub(crate) fn total(self, bytes: usize, nanoseconds: u64) -> u64 {
        let per_byte = match self.goal {
            Goal::Size => NANOSECONDS_PER_BYTE,
            Goal::Speed => NANOSECONDS_PER_BYTE_FOR_SPEED,
        };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        bytes.saturating_mul(per_byte).saturating_add(nanoseconds)
    }

    fn instruction(self, opcode: Opcode, bytes: u32) -> u32 {
        let time = u32::try_from(self.costs.of(opcode) / TENTHS).unwrap_or(TENTHS_PER_BYTE);
        match self.goal {
            Goal::Size => bytes * TENTHS_PER_BYTE + time,
            Goal::Speed => time * PARTS_OF_A_TENTH + bytes,
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

    /// Of a whole function.
    pub(super) fn measure(self, function: &str, items: &[Item]) -> Result<u64> {
        let (bytes, _) = assemble::measure(function, items)?;
        Ok(self.total(bytes, self.nanoseconds(items)))
    }

    /// Nanoseconds that the instructions of a function take, those in loops more than once.
    pub(super) fn nanoseconds(self, items: &[Item]) -> u64 {
        let often = frequencies(items);
        let timed = items.iter().zip(often).filter_map(|(item, often)| {
            let opcode = item.opcode()?;
            Some(self.costs.of(opcode).saturating_mul(often))
        });
        timed.fold(0, u64::saturating_add)
    }
}

/// How often each item runs when the function runs once.
fn frequencies(items: &[Item]) -> Vec<u64> {
    let runs = Runs::of(items);
    let depths = runs.depths();
    let often = |depth: &u32| ROUNDS.pow((*depth).min(DEEPEST));
    runs.of_item
        .iter()
        .map(|run| depths.get(*run).map_or(1, often))
        .collect()
}

/// Runs of instructions without jumps out of them or into them, and where control goes behind each.
struct Runs {
    of_item: Vec<usize>,
    next: Vec<Vec<usize>>,
}

impl Runs {
    fn of(items: &[Item]) -> Self {
        let mut of_item = Vec::with_capacity(items.len());
        let mut of_label = Labels::new();
        let mut run = 0;
        let mut is_begun = false;
        for item in items {
            if let Item::Label(label) = item {
                run += usize::from(is_begun);
                is_begun = false;
                of_label.insert(*label, run);
            }
            of_item.push(run);
            is_begun |= item.is_instruction();
            if item.ends_flow() || item.jumps() {
                run += 1;
                is_begun = false;
            }
        }
        let mut next = vec![Vec::new(); run + 1];
        for (index, (item, run)) in items.iter().zip(&of_item).enumerate() {
            let Some(next) = next.get_mut(*run) else {
                continue;
            };
            next.extend(item.targets().filter_map(|label| of_label.get(label)));
            let behind = of_item.get(index + 1).filter(|behind| *behind != run);
            if !item.ends_flow() {
                next.extend(behind);
            }
        }
        Self { of_item, next }
    }

    /// In how many loops each run is.
    fn depths(&self) -> Vec<u32> {
        let count = self.next.len();
        let mut before = vec![Vec::new(); count];
        // Depth first: a way to what is still open closes a loop.
        let (mut seen, mut open) = (vec![false; count], vec![false; count]);
        let mut ends: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut work = vec![(0, false)];
        while let Some((run, is_done)) = work.pop() {
            if is_done {
                open[run] = false;
                continue;
            }
            if std::mem::replace(&mut seen[run], true) {
                continue;
            }
            open[run] = true;
            work.push((run, true));
            for &next in &self.next[run] {
                before[next].push(run);
                if open[next] {
                    ends.entry(next).or_default().push(run);
                } else {
                    work.push((next, false));
                }
            }
        }
        let mut depths = vec![0; count];
        for (head, mut work) in ends {
            let mut inside = vec![false; count];
            inside[head] = true;
            depths[head] += 1;
            while let Some(run) = work.pop() {
                if !std::mem::replace(&mut inside[run], true) {
                    depths[run] += 1;
                    work.extend(&before[run]);
                }
            }
        }
        depths
    }
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
    use crate::codegen::item::Label;

    #[test]
    fn time_and_bytes_are_not_the_same() {
        let (bytes, time) = (Weight::of(Goal::Size), Weight::of(Goal::Speed));
        let mask = |weight: Weight| weight.push(255) + weight.op(Opcode::Sand);
        let sign = |weight: Weight| weight.op(Opcode::S2b);
        // In bytes a mask is four of `s2b`, in time not even three.
        assert!(mask(bytes) > 3 * sign(bytes));
        assert!(mask(time) < 3 * sign(time));
        // Two instructions are slower than one of as many bytes.
        assert!(bytes.push(100) < 2 * bytes.op(Opcode::Sadd));
        assert!(time.push(100) < 2 * time.op(Opcode::Sadd));
        // An instruction in a loop may be spared by a byte, one beside it may not.
        let spared = measured().of(Opcode::Sadd);
        assert!(bytes.total(11, 0) > bytes.total(10, spared));
        assert!(bytes.total(11, 0) < bytes.total(10, ROUNDS * spared));
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

    /// What stands behind and goes back to the middle is no loop.
    #[test]
    fn a_way_back_is_a_loop_only_if_it_comes_round() {
        let items = vec![
            Item::op(Opcode::Sconst0),
            Item::Branch(Opcode::Ifeq, Label(1)),
            Item::Label(Label(0)),
            Item::op(Opcode::Return),
            Item::Label(Label(1)),
            Item::op(Opcode::Sconst1),
            Item::op(Opcode::Pop),
            Item::Branch(Opcode::Goto, Label(0)),
        ];
        assert_eq!(frequencies(&items), [1; 8]);
    }
}
