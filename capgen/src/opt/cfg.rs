//! Blocks: jumps to jumps, blocks that only follow one another, equal blocks, unreached blocks.

use crate::ir::dataflow;
use crate::ir::{Block, BlockId, Function, Position, Statement, Terminator};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Simplifies the graph of blocks; whether there was something to simplify.
pub(super) fn simplify(function: &mut Function) -> bool {
    let mut is_changed = thread(function);
    is_changed |= same_targets(function);
    is_changed |= merge_equal(function);
    is_changed |= join(function);
    is_changed |= renumber(function);
    is_changed
}

/// Goes to where an empty block goes.
fn thread(function: &mut Function) -> bool {
    let forward: Vec<Option<BlockId>> = function
        .blocks
        .iter()
        .map(|block| match block.terminator {
            Terminator::Goto(next) if block.statements.is_empty() => Some(next),
            _ => None,
        })
        .collect();
    let resolve = |mut block: BlockId| {
        // Bounded: an empty loop goes round for ever.
        for _ in 0..forward.len() {
            match forward.get(block.0).copied().flatten() {
                Some(next) => block = next,
                None => break,
            }
        }
        block
    };
    let mut is_changed = false;
    for block in &mut function.blocks {
        block.terminator.redirect(&mut |target| {
            let resolved = resolve(*target);
            is_changed |= resolved != *target;
            *target = resolved;
        });
    }
    is_changed
}

/// A branch whose ways lead to the same block is none.
fn same_targets(function: &mut Function) -> bool {
    let mut is_changed = false;
    for block in &mut function.blocks {
        let (Terminator::If(key, _, _) | Terminator::Switch(key, _, _)) = &block.terminator else {
            continue;
        };
        let mut successors = block.terminator.successors();
        let Some(first) = successors.next() else {
            continue;
        };
        let is_one = successors.all(|next| next == first);
        drop(successors);
        if is_one {
            block
                .statements
                .push((Statement::Eval(key.clone()), block.position));
            block.terminator = Terminator::Goto(first);
            is_changed = true;
        } else if let Terminator::Switch(_, cases, default) = &mut block.terminator {
            let count = cases.len();
            cases.retain(|(_, target)| target != default);
            is_changed |= cases.len() != count;
        }
    }
    is_changed
}

/// What a block does, wherever in the source that is written.
struct Deeds<'a>(&'a Block);

impl PartialEq for Deeds<'_> {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.0.statements.iter().zip(&other.0.statements);
        self.0.statements.len() == other.0.statements.len()
            && self.0.terminator == other.0.terminator
            && pairs.all(|((own, _), (other, _))| own == other)
    }
}

impl Eq for Deeds<'_> {}

impl Hash for Deeds<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let statements = self.0.statements.iter().map(|(statement, _)| statement);
        statements.for_each(|statement| statement.hash(state));
        self.0.terminator.hash(state);
    }
}

/// What tells most blocks apart at a glance: how many statements there are, how it ends and where it goes.
fn shape(block: &Block) -> (usize, u8, usize, usize) {
    let (end, first, second) = match &block.terminator {
        Terminator::Goto(next) => (0, next.0, 0),
        Terminator::If(_, yes, no) => (1, yes.0, no.0),
        Terminator::Switch(_, cases, default) => (2, cases.len(), default.0),
        Terminator::Return(_) => (3, 0, 0),
        Terminator::Throw(_) => (4, 0, 0),
        Terminator::Unreachable => (5, 0, 0),
    };
    (block.statements.len(), end, first, second)
}

/// Of blocks that do the same only one is gone to.
fn merge_equal(function: &mut Function) -> bool {
    let blocks = &function.blocks;
    let mut order: Vec<_> = blocks.iter().map(shape).zip(0..).collect();
    order.sort_unstable();
    let mut first: Vec<BlockId> = (0..blocks.len()).map(BlockId).collect();
    let mut is_changed = false;
    for alike in order.chunk_by(|(a, _), (b, _)| a == b) {
        if alike.len() == 1 {
            continue;
        }
        let mut known: HashMap<Deeds<'_>, usize> = HashMap::new();
        for &(_, index) in alike {
            let same = *known.entry(Deeds(&blocks[index])).or_insert(index);
            // The entry is reached without a jump as well: it stays apart, so that its locals are
            // only the parameters.
            if same != index && same != 0 {
                first[index] = BlockId(same);
                is_changed = true;
            }
        }
    }
    if is_changed {
        for block in &mut function.blocks {
            block.terminator.redirect(&mut |target| {
                if let Some(first) = first.get(target.0) {
                    *target = *first;
                }
            });
        }
    }
    is_changed
}

/// A block that is only reached from one that goes nowhere else becomes part of that.
fn join(function: &mut Function) -> bool {
    let mut is_changed = false;
    let reachable = dataflow::reachable(function);
    let mut predecessors = vec![0usize; function.blocks.len()];
    if let Some(entry) = predecessors.first_mut() {
        *entry = 1;
    }
    for (block, _) in function
        .blocks
        .iter()
        .zip(&reachable)
        .filter(|(_, reachable)| **reachable)
    {
        for next in block.terminator.successors() {
            if let Some(count) = predecessors.get_mut(next.0) {
                *count += 1;
            }
        }
    }
    for index in 0..function.blocks.len() {
        if !reachable.get(index).copied().unwrap_or(false) {
            continue;
        }
        while let Some(&Terminator::Goto(next)) =
            function.blocks.get(index).map(|block| &block.terminator)
        {
            if next.0 == index || predecessors.get(next.0) != Some(&1) {
                break;
            }
            let Some(tail) = function.blocks.get_mut(next.0) else {
                break;
            };
            let statements = std::mem::take(&mut tail.statements);
            let terminator = std::mem::replace(&mut tail.terminator, Terminator::Unreachable);
            let position: Position = tail.position;
            if let Some(count) = predecessors.get_mut(next.0) {
                *count = 0;
            }
            if let Some(block) = function.blocks.get_mut(index) {
                block.statements.extend(statements);
                block.terminator = terminator;
                block.position = position;
            }
            is_changed = true;
        }
    }
    is_changed
}

/// Removes blocks that are never reached.
fn renumber(function: &mut Function) -> bool {
    let reachable = dataflow::reachable(function);
    if reachable.iter().all(|reachable| *reachable) {
        return false;
    }
    let mut next = 0;
    let numbers: Vec<usize> = reachable
        .iter()
        .map(|reachable| {
            let number = next;
            next += usize::from(*reachable);
            number
        })
        .collect();
    let mut keep = reachable.into_iter();
    function.blocks.retain(|_| keep.next().unwrap_or(false));
    for block in &mut function.blocks {
        block.terminator.redirect(&mut |target| {
            if let Some(number) = numbers.get(target.0) {
                *target = BlockId(*number);
            }
        });
    }
    true
}
