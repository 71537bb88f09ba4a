//! The dearest way through a function.

use crate::ir::{Function, Position};

/// What is added up along a way, each figure for itself.
pub(super) trait Cost: Clone + Default + PartialEq {
    /// One after the other.
    fn add(&mut self, other: &Self);
    /// Either of two.
    fn max(&mut self, other: &Self);
    /// Takes note that this may happen any number of times.
    fn repeat(&mut self, position: Position);
}

/// Takes note of places, each once: ways that meet again and again would double them again and again.
pub(super) fn note<T: Clone + PartialEq>(places: &mut Vec<T>, others: &[T]) {
    for other in others {
        if !places.contains(other) {
            places.push(other.clone());
        }
    }
}

/// The most that any way through a function costs, given the cost of each block.
pub(super) fn worst<C: Cost>(
    function: &Function,
    from: usize,
    block_cost: impl Fn(usize) -> C,
    ends: impl Fn(usize) -> bool,
) -> C {
    let mut known: Vec<Option<C>> = vec![None; function.blocks.len()];
    let is_end: Vec<bool> = (0..function.blocks.len()).map(ends).collect();
    let ends = |block: usize| is_end.get(block).copied().unwrap_or(false);
    let loops = in_loops(function, ends);
    // Blocks after those that follow them; an edge back to a block on the way is a loop, whose cost
    // is not added up but marked.
    let mut stack = vec![(from, false)];
    let mut open = vec![false; function.blocks.len()];
    while let Some((index, is_done)) = stack.pop() {
        let Some(block) = function.blocks.get(index) else {
            continue;
        };
        if is_done {
            let mut after = C::default();
            if !ends(index) {
                for next in block.terminator.successors() {
                    if let Some(Some(cost)) = known.get(next.0) {
                        after.max(cost);
                    }
                }
            }
            let mut cost = block_cost(index);
            if loops.get(index).copied().unwrap_or(false) && cost != C::default() {
                cost.repeat(block.position);
            }
            cost.add(&after);
            if let Some(slot) = known.get_mut(index) {
                *slot = Some(cost);
            }
        } else if let Some(flag @ false) = open.get_mut(index) {
            *flag = true;
            stack.push((index, true));
            if !ends(index) {
                stack.extend(block.terminator.successors().map(|next| (next.0, false)));
            }
        }
    }
    known.get(from).cloned().flatten().unwrap_or_default()
}

/// For each block whether control may come back to it, and not through an end.
fn in_loops(function: &Function, ends: impl Fn(usize) -> bool) -> Vec<bool> {
    let count = function.blocks.len();
    let successors = |block: usize| {
        let going_on = function.blocks.get(block).filter(|_| !ends(block));
        let next = going_on
            .into_iter()
            .flat_map(|block| block.terminator.successors());
        next.map(|next| next.0)
    };
    let reaches = |from: usize| {
        let mut seen = vec![false; count];
        let mut work: Vec<usize> = successors(from).collect();
        while let Some(block) = work.pop() {
            if let Some(flag @ false) = seen.get_mut(block) {
                *flag = true;
                work.extend(successors(block));
            }
        }
        seen.get(from).copied().unwrap_or(false)
    };
    (0..count).map(reaches).collect()
}
