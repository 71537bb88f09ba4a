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
    // Every round saves at least one byte.
    while let Some(join) = best_join(function, items)? {
        apply(items, &join, next_label);
    }
    Ok(())
}

/// A sequence, `from..=to` by item, that `kept` makes superfluous.
struct Join {
    /// The first item of the equal part that stays.
    kept: usize,
    from: usize,
    to: usize,
    saved: usize,
}

/// So many pairs of ends are compared in a round, or [`FEWEST_COMPARED`] of each end where there are more.
const MOST_PAIRS: usize = 20_000;
const FEWEST_COMPARED: usize = 16;

fn best_join(function: &str, items: &[Item]) -> Result<Option<Join>, BackendError> {
    let layout = assemble::layout(function, items)?;
    let ends: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| {
            item.ends_flow() && !matches!(item, Item::Table { .. } | Item::Lookup { .. })
        })
        .map(|(index, _)| index)
        .collect();
    let mut best: Option<Join> = None;
    let compared = (MOST_PAIRS / ends.len().max(1)).max(FEWEST_COMPARED);
    for (position, &first) in ends.iter().enumerate() {
        for &second in ends
            .iter()
            .skip(position + 1)
            .filter(|second| items.get(**second) == items.get(first))
            .take(compared)
        {
            for (kept, gone) in [(first, second), (second, first)] {
                if let Some(join) = join(items, &layout, kept, gone)
                    && best.as_ref().is_none_or(|best| best.saved < join.saved)
                {
                    best = Some(join);
                }
            }
        }
    }
    Ok(best)
}

/// The longest joinable part of two sequences that end at `kept` and `gone`.
fn join(items: &[Item], layout: &assemble::Layout, kept: usize, gone: usize) -> Option<Join> {
    let mut best = None;
    let (mut a, mut b) = (kept, gone);
    let mut bytes = 0;
    loop {
        bytes += layout.sizes.get(b)?;
        let far = layout.offsets.get(a)?.abs_diff(*layout.offsets.get(b)?) > NEAR;
        let jump = if far { 3 } else { 2 };
        let empty = |index| layout.depths.get(index) == Some(&Some(0));
        if empty(a) && empty(b) && bytes > jump {
            best = Some(Join {
                kept: a,
                from: b,
                to: gone,
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

fn apply(items: &mut Vec<Item>, join: &Join, next_label: &mut usize) {
    let label = Label(*next_label);
    *next_label += 1;
    items.splice(join.from..=join.to, [Item::Branch(Opcode::Goto, label)]);
    let removed = join.to - join.from;
    let kept = if join.kept > join.to {
        join.kept - removed
    } else {
        join.kept
    };
    items.insert(kept, Item::Label(label));
}

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
    let hosts: Vec<usize> = (0..items.len())
        .filter(|index| items.get(*index).is_some_and(is_throw) && ends_here(items, *index))
        .collect();
    let mut labels: Vec<(usize, Label)> = Vec::new();
    for index in 0..items.len() {
        if !items.get(index).is_some_and(is_throw) || hosts.contains(&index) {
            continue;
        }
        let Some(from) = layout.offsets.get(index) else {
            continue;
        };
        let near = |host: &&usize| {
            layout
                .offsets
                .get(**host)
                .is_some_and(|to| to.abs_diff(*from) <= NEAR)
        };
        let Some(host) = hosts.iter().find(near).copied() else {
            continue;
        };
        let label = match labels.iter().find(|(other, _)| *other == host) {
            Some((_, label)) => *label,
            None => {
                let label = Label(*next_label);
                *next_label += 1;
                labels.push((host, label));
                label
            }
        };
        if let Some(item) = items.get_mut(index) {
            *item = Item::Branch(Opcode::Goto, label);
        }
    }
    labels.sort_unstable_by_key(|(host, _)| std::cmp::Reverse(*host));
    for (host, label) in labels {
        items.insert(host, Item::Label(label));
    }
    Ok(())
}
