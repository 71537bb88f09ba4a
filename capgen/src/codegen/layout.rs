//! The order of the blocks, and the slots of the locals.

use super::error::BackendError;
use crate::ir::dataflow::{self, LocalSet};
use crate::ir::{BlockId, Expr, Function, LocalId, Statement, Terminator};
use std::collections::BTreeMap;

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

    /// Gives every local that is read a word of the frame, parameters first; two locals share one
    /// if they are never live together. `this` keeps word 0. The locals that are used most get the
    /// lowest words, which have the shortest instructions. Gives the words by local, and their count.
    pub(super) fn slots(
        &self,
        function: &Function,
        this: Option<LocalId>,
    ) -> Result<(Vec<Option<u8>>, usize), BackendError> {
        let count = function.locals.len();
        let (mut conflicts, copies) = self.conflicts(function);
        let same = coalesce(function, this, &mut conflicts, &copies);
        let mut slots: Vec<Option<usize>> = vec![None; count];
        let words = |local: LocalId| function.local_type(local).words();
        let mut used = 0;
        for parameter in &function.parameters {
            if let Some(slot) = slots.get_mut(parameter.0) {
                *slot = Some(used);
            }
            used += words(*parameter);
        }
        for local in by_use(function, &same) {
            if slots.get(local.0).is_none_or(Option::is_some) {
                continue;
            }
            let taken: Vec<usize> = conflicts
                .get(local.0)
                .into_iter()
                .flat_map(LocalSet::iter)
                .filter_map(|other| Some((other, slots.get(other.0).copied().flatten()?)))
                .flat_map(|(other, slot)| slot..slot + words(other))
                .collect();
            let free = |slot: usize| !(taken.contains(&slot) || this.is_some() && slot == 0);
            let wanted = words(local);
            let is_room = |slot: &usize| (*slot..slot + wanted).all(free);
            let slot = (0..).find(is_room).unwrap_or(0);
            used = used.max(slot + wanted);
            if let Some(place) = slots.get_mut(local.0) {
                *place = Some(slot);
            }
        }
        for local in 0..count {
            let of_group = same
                .get(local)
                .and_then(|group| slots.get(group.0))
                .copied()
                .flatten();
            if let Some(slot) = slots.get_mut(local) {
                *slot = of_group;
            }
        }
        let limit = 255;
        if used > limit {
            return Err(BackendError::TooLarge {
                place: function.name.clone(),
                what: "the number of local variables",
                value: used,
                limit,
            });
        }
        by_total(function, &mut slots);
        let narrow = |slot: Option<usize>| slot.and_then(|slot| u8::try_from(slot).ok());
        Ok((slots.into_iter().map(narrow).collect(), used))
    }

    /// For each local those that it must not share a word with; and the pairs that are copied.
    fn conflicts(&self, function: &Function) -> (Vec<LocalSet>, Vec<(LocalId, LocalId)>) {
        let count = function.locals.len();
        let mut conflicts = vec![LocalSet::empty(count); count];
        let mut copies = Vec::new();
        let mut clash = |a: LocalId, b: LocalId| {
            if a != b {
                if let Some(set) = conflicts.get_mut(a.0) {
                    set.insert(b);
                }
                if let Some(set) = conflicts.get_mut(b.0) {
                    set.insert(a);
                }
            }
        };
        for a in &function.parameters {
            for b in &function.parameters {
                clash(*a, *b);
            }
        }
        for &block_id in &self.order {
            let Some(block) = function.blocks.get(block_id.0) else {
                continue;
            };
            let mut live = dataflow::live_out(function, &self.live_in, block_id, &self.falls);
            dataflow::step_terminator(function, block_id, &mut live);
            for (statement, _) in block.statements.iter().rev() {
                if let Statement::Set(local, value) = statement {
                    let copied = match value {
                        Expr::Local(source) => Some(*source),
                        _ => None,
                    };
                    copies.extend(copied.map(|source| (*local, source)));
                    for other in live.iter().filter(|other| Some(*other) != copied) {
                        clash(*local, other);
                    }
                }
                dataflow::step_statement(statement, &mut live);
            }
        }
        (conflicts, copies)
    }
}

/// Puts locals that are copied into one another and never hold different values together into one
/// group; gives for each local the one that stands for its group, a parameter where there is one.
fn coalesce(
    function: &Function,
    this: Option<LocalId>,
    conflicts: &mut [LocalSet],
    copies: &[(LocalId, LocalId)],
) -> Vec<LocalId> {
    let mut same: Vec<LocalId> = (0..function.locals.len()).map(LocalId).collect();
    // What kind of word, or how many: one instruction loads them all.
    let kind = |local: LocalId| {
        let ty = function.locals.get(local.0).map(|local| &local.ty);
        ty.map(|ty| (ty.is_reference(), ty.words()))
    };
    for (a, b) in copies {
        let group = |local: &LocalId| same.get(local.0).copied().unwrap_or(*local);
        let (mut kept, mut gone) = (group(a), group(b));
        if function.parameters.contains(&gone) {
            std::mem::swap(&mut kept, &mut gone);
        }
        let clash = conflicts.get(kept.0).is_some_and(|set| set.contains(gone));
        let both_passed = function.parameters.contains(&gone);
        let is_this = Some(kept) == this || Some(gone) == this;
        if kept == gone || clash || both_passed || is_this || kind(kept) != kind(gone) {
            continue;
        }
        let others = conflicts.get(gone.0).cloned();
        let others: Vec<LocalId> = others
            .iter()
            .flat_map(LocalSet::iter)
            .flat_map(|other| [other, same.get(other.0).copied().unwrap_or(other)])
            .collect();
        for other in others {
            if let Some(set) = conflicts.get_mut(other.0) {
                set.insert(kept);
            }
            if let Some(set) = conflicts.get_mut(kept.0) {
                set.insert(other);
            }
        }
        for group in same.iter_mut().filter(|group| **group == gone) {
            *group = kept;
        }
    }
    same
}

/// Numbers the words anew, those of parameters aside: what shares the word that is used most gets the lowest one. Where
/// some take two words they stay as they are.
fn by_total(function: &Function, slots: &mut [Option<usize>]) {
    let same: Vec<LocalId> = (0..slots.len()).map(LocalId).collect();
    let uses = uses(function, &same);
    let first = function.parameters.len();
    if function.locals.iter().any(|local| local.ty.words() != 1) {
        return;
    }
    let mut totals: BTreeMap<usize, usize> = BTreeMap::new();
    for (slot, uses) in slots.iter().zip(uses) {
        if let Some(slot) = slot.filter(|slot| *slot >= first) {
            *totals.entry(slot).or_default() += uses;
        }
    }
    let mut order: Vec<usize> = totals.keys().copied().collect();
    order.sort_by_key(|slot| std::cmp::Reverse(totals.get(slot).copied()));
    for slot in slots.iter_mut().flatten() {
        if let Some(place) = order.iter().position(|other| other == slot) {
            *slot = first + place;
        }
    }
}

/// The locals that stand for their groups and are used, most used first.
fn by_use(function: &Function, same: &[LocalId]) -> Vec<LocalId> {
    let uses = uses(function, same);
    let used = |local: &LocalId| uses.get(local.0).is_some_and(|uses| *uses > 0);
    let mut locals: Vec<LocalId> = (0..function.locals.len())
        .map(LocalId)
        .filter(used)
        .collect();
    locals.sort_by_key(|local| std::cmp::Reverse(uses.get(local.0).copied()));
    locals
}

/// How often each local is used, counted where the one is that stands for its group.
fn uses(function: &Function, same: &[LocalId]) -> Vec<usize> {
    let mut uses = vec![0usize; function.locals.len()];
    let mut count = |local: LocalId, by: usize| {
        if let Some(uses) = same.get(local.0).and_then(|group| uses.get_mut(group.0)) {
            *uses += by;
        }
    };
    function.walk(&mut |expr| {
        if let Expr::Local(local) = expr {
            count(*local, 1);
        }
    });
    for (statement, _) in function.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Set(local, _) = statement {
            count(*local, 1);
        }
    }
    uses
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
