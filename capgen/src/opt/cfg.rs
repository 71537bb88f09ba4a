//! Blocks: jumps to jumps, blocks that only follow one another, equal blocks, unreached blocks.

use crate::ir::dataflow;
use crate::ir::{Block, BlockId, Function, Position, Statement, Terminator};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Simplifies the graph of blocks.
pub(super) fn simplify(function: &mut Function) {
    thread(function);
    same_targets(function);
    merge_equal(function);
    join(function);
    renumber(function);
}

/// Goes to where an empty block goes.
fn thread(function: &mut Function) {
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
    for block in &mut function.blocks {
        for target in block.terminator.successors_mut() {
            *target = resolve(*target);
        }
    }
}

/// A branch whose ways lead to the same block is none.
fn same_targets(function: &mut Function) {
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
        } else if let Terminator::Switch(_, cases, default) = &mut block.terminator {
            cases.retain(|(_, target)| target != default);
        }
    }
}

/// What a block does, wherever in the source that is written.
struct Deeds<'a>(&'a Block);

impl PartialEq for Deeds<'_> {
    fn eq(&self, other: &Self) -> bool {
        let statements = |block: &'_ Block| block.statements.len();
        let mut pairs = self.0.statements.iter().zip(&other.0.statements);
        statements(self.0) == statements(other.0)
            && self.0.terminator == other.0.terminator
            && pairs.all(|((own, _), (other, _))| own == other)
    }
}

impl Eq for Deeds<'_> {}

impl Hash for Deeds<'_> {
    /// How it ends, which tells most blocks apart.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.statements.len().hash(state);
        self.0.statements.last().map(|(last, _)| last).hash(state);
        self.0.terminator.hash(state);
    }
}

/// Of blocks that do the same only one is gone to.
fn merge_equal(function: &mut Function) {
    let mut known: HashMap<Deeds<'_>, BlockId> = HashMap::new();
    let blocks = function.blocks.iter().enumerate();
    let first: Vec<BlockId> = blocks
        .map(|(index, block)| *known.entry(Deeds(block)).or_insert(BlockId(index)))
        .collect();
    for block in &mut function.blocks {
        for target in block.terminator.successors_mut() {
            // The entry is reached without a jump as well: it stays apart, so that its locals are
            // only the parameters.
            if let Some(first) = first.get(target.0).filter(|first| first.0 != 0) {
                *target = *first;
            }
        }
    }
}

/// A block that is only reached from one that goes nowhere else becomes part of that.
fn join(function: &mut Function) {
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
        }
    }
}

/// Removes blocks that are never reached.
fn renumber(function: &mut Function) {
    let reachable = dataflow::reachable(function);
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
        for target in block.terminator.successors_mut() {
            if let Some(number) = numbers.get(target.0) {
                *target = BlockId(*number);
            }
        }
    }
}
