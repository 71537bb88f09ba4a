//! The order of the blocks.

use crate::ir::dataflow::{self, LocalSet};
use crate::ir::{BlockId, Expr, Function, LocalId, Terminator};

/// The order of a function's blocks, and what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The reachable blocks in the order of emission.
    pub(super) order: Vec<BlockId>,
    /// By block that ends the command, the next one where that may follow as if it went on there.
    falls: Vec<Option<BlockId>>,
    live_in: Vec<LocalSet>,
    read: LocalSet,
}

impl Plan {
    /// Plans a function.
    pub(super) fn of(function: &Function) -> Self {
        let order = order(function);
        let (falls, live_in) = falls(function, &order);
        let mut read = LocalSet::empty(function.locals.len());
        function.walk(&mut |expr| {
            if let Expr::Local(local) = expr {
                read.insert(*local);
            }
        });
        Self {
            order,
            falls,
            live_in,
            read,
        }
    }

    /// Whether any expression reads a local.
    pub(super) fn is_read(&self, local: LocalId) -> bool {
        self.read.contains(local)
    }

    /// Whether the block, which ends the command, needs no end of its own.
    pub(super) fn throws_into_next(&self, block: BlockId) -> bool {
        self.falls.get(block.0).is_some_and(Option::is_some)
    }

    /// The locals that are live where a block ends.
    pub(super) fn live_out(&self, function: &Function, block: BlockId) -> LocalSet {
        dataflow::live_out(function, &self.live_in, block, &self.falls)
    }
}

/// The reachable blocks, so that as much as possible falls through.
///
/// A loop that begins with a question has it at its end: the jump that leads there costs once what the
/// jump back would cost every time.
fn order(function: &Function) -> Vec<BlockId> {
    let mut placed = vec![false; function.blocks.len()];
    let mut order = Vec::new();
    let mut work = vec![BlockId(0)];
    let mut questions = questions(function);
    // Where loops go on whose question is still to come: that stands best behind the question.
    let mut exits: Vec<(BlockId, BlockId)> = Vec::new();
    let is_placed = |placed: &[bool], block: BlockId| placed.get(block.0) == Some(&true);
    while let Some(block_id) = work.pop() {
        let Some(block) = function.blocks.get(block_id.0) else {
            continue;
        };
        if placed.get(block_id.0).copied().unwrap_or(true) {
            continue;
        }
        // The first time only, and never the entry, which has to stay in front.
        if block_id.0 != 0
            && let Some(body) = questions.get_mut(block_id.0).and_then(Option::take)
            && placed.get(body.0) == Some(&false)
        {
            let ways = block.terminator.successors();
            exits.extend(
                ways.filter(|next| *next != body)
                    .map(|next| (next, block_id)),
            );
            work.extend([block_id, body]);
            continue;
        }
        let waits = |(exit, question): &(BlockId, BlockId)| {
            *exit == block_id && *question != block_id && !is_placed(&placed, *question)
        };
        if let Some(at) = exits.iter().position(waits) {
            // The question leads there. Once is enough: two loops may wait for one another.
            exits.remove(at);
            work.insert(0, block_id);
            continue;
        }
        if let Some(placed) = placed.get_mut(block_id.0) {
            *placed = true;
        }
        order.push(block_id);
        // The last one pushed is placed next.
        match &block.terminator {
            Terminator::If(_, yes, no) => {
                if leaves(function, *no) && !leaves(function, *yes) {
                    work.extend([*yes, *no]);
                } else {
                    work.extend([*no, *yes]);
                }
            }
            other => work.extend(other.successors().rev()),
        }
    }
    order
}

/// Of each block that heads a loop and asks whether to go on: where it goes on.
fn questions(function: &Function) -> Vec<Option<BlockId>> {
    let count = function.blocks.len();
    let mut found = vec![None; count];
    let successors = |block: usize| {
        let block = function.blocks.get(block);
        block
            .into_iter()
            .flat_map(|block| block.terminator.successors())
    };
    // Depth first: an edge to a block that is still open closes a loop.
    let (mut seen, mut open) = (vec![false; count], vec![false; count]);
    let mut work = vec![(0, false)];
    let mut back: Vec<(usize, usize)> = Vec::new();
    while let Some((block, is_done)) = work.pop() {
        if is_done {
            if let Some(open) = open.get_mut(block) {
                *open = false;
            }
            continue;
        }
        let Some(flag @ false) = seen.get_mut(block) else {
            continue;
        };
        *flag = true;
        if let Some(open) = open.get_mut(block) {
            *open = true;
        }
        work.push((block, true));
        for next in successors(block) {
            if open.get(next.0) == Some(&true) {
                back.push((block, next.0));
            } else {
                work.push((next.0, false));
            }
        }
    }
    if back.is_empty() {
        return found;
    }
    let mut predecessors = vec![Vec::new(); count];
    for block in 0..count {
        for next in successors(block) {
            if let Some(list) = predecessors.get_mut(next.0) {
                list.push(block);
            }
        }
    }
    for &(_, head) in &back {
        let Some(Terminator::If(_, yes, no)) =
            function.blocks.get(head).map(|block| &block.terminator)
        else {
            continue;
        };
        let mut inside = vec![false; count];
        if let Some(flag) = inside.get_mut(head) {
            *flag = true;
        }
        let ends = back.iter().filter(|(_, other)| *other == head);
        let mut work: Vec<usize> = ends.map(|(end, _)| *end).collect();
        while let Some(block) = work.pop() {
            if let Some(flag @ false) = inside.get_mut(block) {
                *flag = true;
                work.extend(predecessors.get(block).into_iter().flatten());
            }
        }
        let is_inside = |block: &BlockId| inside.get(block.0).copied().unwrap_or(false);
        if let Some(slot) = found.get_mut(head)
            && is_inside(yes) != is_inside(no)
        {
            *slot = Some(if is_inside(yes) { *yes } else { *no });
        }
    }
    found
}

fn leaves(function: &Function, block: BlockId) -> bool {
    function
        .blocks
        .get(block.0)
        .is_some_and(|block| block.terminator.successors().next().is_none())
}

/// By block that ends the command, the block behind it where a verifier that takes the one for going on in the other
/// finds every local assigned that is read there or further on; and which locals are live where blocks begin, given that.
fn falls(function: &Function, order: &[BlockId]) -> (Vec<Option<BlockId>>, Vec<LocalSet>) {
    let ends = |block: BlockId| {
        let block = function.blocks.get(block.0);
        block.is_some_and(|block| {
            matches!(
                block.terminator,
                Terminator::Throw(_) | Terminator::Unreachable
            )
        })
    };
    let pairs = order.windows(2).filter_map(|pair| match pair {
        &[from, to] if ends(from) => Some((from, to)),
        _ => None,
    });
    let mut falls: Vec<(BlockId, BlockId)> = pairs.collect();
    // Those that are sound by themselves, and then together: one that is let go takes paths away, which only helps the
    // others.
    let mut extra = Vec::new();
    loop {
        let live = dataflow::live_in(function, &extra);
        let before = falls.len();
        if before > 0 {
            let assigned = dataflow::assigned_in(function, &extra);
            falls.retain(|(from, to)| {
                let out = dataflow::assigned_out(function, &assigned, *from);
                live.get(to.0).is_some_and(|live| live.is_within(&out))
            });
        }
        // What was looked at with all of them, and stays, is it; without any there is nothing to look at.
        let is_with_all = !extra.is_empty() || falls.is_empty();
        extra = vec![None; function.blocks.len()];
        for (from, to) in &falls {
            if let Some(slot) = extra.get_mut(from.0) {
                *slot = Some(*to);
            }
        }
        if falls.len() == before && is_with_all {
            return (extra, live);
        }
    }
}
