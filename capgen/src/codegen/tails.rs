//! Equal ends of instruction sequences are kept once.
//!
//! Where two sequences that end (in a jump, a return, a throw) end alike, one of them jumps into the
//! other. Sequences are only joined where the stack is empty, or holds just a status word, so that a
//! verifier never has to join the types of references on the stack.

use super::assemble;
use super::error::BackendError;
use super::item::{Item, Label, Symbol};
use super::terminator::{is_throw_it, unreachable_end};
use crate::ir::Type;
use cap_file::Opcode;
use std::collections::BTreeMap;
use std::iter::successors;
use std::ops::RangeInclusive;

/// Shares tails until nothing is saved, or, unless `all`, only those that end the command; `next_label` is
/// the first free label.
pub(super) fn share(
    function: &str,
    items: &mut Vec<Item>,
    result: Option<&Type>,
    next_label: &mut usize,
    all: bool,
) -> Result<(), BackendError> {
    share_throws(function, items, result, next_label)?;
    if !all {
        return Ok(());
    }
    // Every round saves at least one byte. All that saves the same is joined in one, so that the rounds are few.
    loop {
        let joins = best_joins(function, items)?;
        if joins.is_empty() {
            return Ok(());
        }
        let mut change = Change::default();
        for join in joins {
            change.jump(join.gone, *join.kept.start(), next_label);
        }
        change.apply(items);
    }
}

/// A sequence of items, `gone`, that `kept`, which does the same, makes superfluous.
struct Join {
    kept: RangeInclusive<usize>,
    gone: RangeInclusive<usize>,
    saved: usize,
}

/// So many pairs of ends are compared in a round, or [`FEWEST_COMPARED`] of each end where there are more.
const MOST_PAIRS: usize = 20_000;
const FEWEST_COMPARED: usize = 16;

/// Those that save the most, but for such as touch what another one takes away.
fn best_joins(function: &str, items: &[Item]) -> Result<Vec<Join>, BackendError> {
    let layout = assemble::layout(function, items)?;
    let ends = ends(items);
    let mut best: Vec<Join> = Vec::new();
    let compared = (MOST_PAIRS / ends.len().max(1)).max(FEWEST_COMPARED);
    let next = |end: &End| ends.get(end.next?);
    for first in &ends {
        let others = successors(next(first), |end| next(end));
        for second in others.take(compared) {
            for (kept, gone) in [(first, second), (second, first)] {
                let Some(join) = join(items, &layout, kept.at, gone.at) else {
                    continue;
                };
                let most = best.first().map_or(0, |best| best.saved);
                if join.saved > most {
                    best.clear();
                }
                if join.saved >= most {
                    best.push(join);
                }
            }
        }
    }
    let (mut kept, mut gone) = (vec![false; items.len()], vec![false; items.len()]);
    let any = |marked: &[bool], range: &RangeInclusive<usize>| {
        let marked = marked.get(range.clone());
        marked.is_none_or(|marked| marked.contains(&true))
    };
    let mark = |marked: &mut [bool], range: &RangeInclusive<usize>| {
        if let Some(marked) = marked.get_mut(range.clone()) {
            marked.fill(true);
        }
    };
    best.retain(|join| {
        if any(&gone, &join.gone) || any(&kept, &join.gone) || any(&gone, &join.kept) {
            return false;
        }
        mark(&mut kept, &join.kept);
        mark(&mut gone, &join.gone);
        true
    });
    Ok(best)
}

/// Where a sequence ends.
struct End {
    /// The item.
    at: usize,
    /// The next one behind it that ends alike, by its place in the list.
    next: Option<usize>,
}

/// The ends in the order of the code.
fn ends(items: &[Item]) -> Vec<End> {
    let places = items.iter().enumerate().filter(|(_, item)| {
        item.ends_flow() && !matches!(item, Item::Table { .. } | Item::Lookup { .. })
    });
    let mut ends: Vec<End> = places.map(|(at, _)| End { at, next: None }).collect();
    let mut seen: BTreeMap<(Opcode, Option<Label>), usize> = BTreeMap::new();
    for (place, end) in ends.iter_mut().enumerate().rev() {
        let item = items.get(end.at);
        if let Some(opcode) = item.and_then(Item::opcode) {
            let target = item.and_then(|item| item.targets().next());
            end.next = seen.insert((opcode, target), place);
        }
    }
    ends
}

/// The longest joinable part of two sequences that end at `kept` and `gone`.
fn join(items: &[Item], layout: &assemble::Layout, kept: usize, gone: usize) -> Option<Join> {
    let mut best = None;
    let (mut a, mut b) = (kept, gone);
    let mut bytes = 0;
    loop {
        #[cfg(test)]
        crate::opt::growth::visit(1);
        bytes += layout.sizes.get(b)?;
        let far = layout.offsets.get(a)?.abs_diff(*layout.offsets.get(b)?) > NEAR;
        let jump = if far { 3 } else { 2 };
        let empty = |index| layout.depths.get(index) == Some(&Some(0));
        if empty(a) && empty(b) && bytes > jump {
            best = Some(Join {
                kept: a..=kept,
                gone: b..=gone,
                saved: bytes - jump,
            });
        }
        // Backwards over the kept one's labels and both's marks.
        let before_a = previous(items, a, true);
        let before_b = previous(items, b, false);
        let (Some(next_a), Some(next_b)) = (before_a, before_b) else {
            return best;
        };
        let same = items.get(next_a) == items.get(next_b);
        if !same || items.get(next_a)?.ends_flow() || next_a == gone || next_b == kept {
            return best;
        }
        (a, b) = (next_a, next_b);
    }
}

/// The instruction before an item, with or without labels between.
fn previous(items: &[Item], index: usize, over_labels: bool) -> Option<usize> {
    let mut at = index;
    loop {
        at = at.checked_sub(1)?;
        match items.get(at)? {
            Item::Mark(_) => {}
            Item::Label(_) if over_labels => {}
            Item::Label(_) => return None,
            _ => return Some(at),
        }
    }
}

/// Within this distance a jump has the short form, also if a few bytes come between.
const NEAR: usize = 110;

pub(super) fn is_throw(item: &Item) -> bool {
    matches!(item, Item::Invoke { method: Symbol::ApiStatic(method), .. } if is_throw_it(method))
}

/// `ISOException.throwIt` is called at one place in reach, which the others jump to: a jump is a byte
/// shorter than a call.
fn share_throws(
    function: &str,
    items: &mut Vec<Item>,
    result: Option<&Type>,
    next_label: &mut usize,
) -> Result<(), BackendError> {
    let count = items.iter().filter(|item| is_throw(item)).count();
    let end = unreachable_end(result);
    let ends_here = |items: &[Item], index: usize| {
        let mut after = items
            .iter()
            .skip(index + 1)
            .filter(|item| !matches!(item, Item::Mark(_)));
        end.iter().all(|item| after.next() == Some(item))
    };
    let has_host = (0..items.len())
        .any(|index| items.get(index).is_some_and(is_throw) && ends_here(items, index));
    if !has_host {
        // A host of its own: the call, and the end that a verifier wants.
        if count <= 3 + end.len() {
            return Ok(());
        }
        let Some(call) = items.iter().find(|item| is_throw(item)).cloned() else {
            return Ok(());
        };
        let label = Label(*next_label);
        *next_label += 1;
        // Reached by the jump of the last throw, so that it is not taken for dead code.
        let Some(last) = items.iter().rposition(is_throw) else {
            return Ok(());
        };
        if let Some(item) = items.get_mut(last) {
            *item = Item::Branch(Opcode::Goto, label);
        }
        items.push(Item::Label(label));
        items.push(call);
        items.extend(end.iter().cloned());
    }
    let layout = assemble::layout(function, items)?;
    let throws = (0..items.len()).filter(|index| items.get(*index).is_some_and(is_throw));
    let (hosts, others): (Vec<usize>, Vec<usize>) =
        throws.partition(|index| ends_here(items, *index));
    let offset = |index: usize| layout.offsets.get(index).copied().unwrap_or_default();
    let mut change = Change::default();
    for index in others {
        let from = offset(index);
        let first = hosts.partition_point(|host| offset(*host) + NEAR < from);
        if let Some(host) = hosts.get(first)
            && offset(*host).abs_diff(from) <= NEAR
        {
            change.jump(index..=index, *host, next_label);
        }
    }
    change.apply(items);
    Ok(())
}

/// Sequences of items that jumps take the places of.
#[derive(Default)]
struct Change {
    /// By the first item of each: the last one, and where the jump goes.
    gone: BTreeMap<usize, (usize, Label)>,
    /// The labels before items.
    labels: BTreeMap<usize, Label>,
}

impl Change {
    /// Instead of `gone` is jumped before `item`.
    fn jump(&mut self, gone: RangeInclusive<usize>, item: usize, next_label: &mut usize) {
        let label = *self.labels.entry(item).or_insert_with(|| {
            *next_label += 1;
            Label(*next_label - 1)
        });
        self.gone.insert(*gone.start(), (*gone.end(), label));
    }

    fn apply(&self, items: &mut Vec<Item>) {
        let mut rest = 0;
        let mut changed = Vec::with_capacity(items.len());
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            if let Some((last, label)) = self.gone.get(&index) {
                changed.push(Item::Branch(Opcode::Goto, *label));
                rest = last + 1;
            }
            if index >= rest {
                let label = self.labels.get(&index);
                changed.extend(label.map(|label| Item::Label(*label)));
                changed.push(item);
            }
        }
        *items = changed;
    }
}
