//! Values that stay on the stack instead of going through a word of the frame.
//!
//! A word that is stored, loaded again in the same run of instructions and then wanted no more is left on the stack:
//! the store and the last load go, a load between is a `dup`. That is possible where every load finds the stack as
//! the store left it. What several ways store before they meet, to be loaded there first, stays on the stack as well.

use super::item::{Item, Label};
use super::peephole::{loaded_word, stored_word};
use cap_file::{Opcode, Operands};
use std::collections::{HashMap, HashSet};

/// Schedules the items of a function.
pub(super) fn schedule(items: &mut Vec<Item>) {
    // Each round takes words away, so this ends.
    while keep_in_run(items) || keep_over_join(items) {}
}

/// Words of a frame.
#[derive(Clone, Copy, Default, PartialEq)]
struct Words([u64; 4]);

impl Words {
    fn contains(self, word: u8) -> bool {
        self.0[usize::from(word / 64)] & (1 << (word % 64)) != 0
    }

    fn insert(&mut self, word: u8) {
        self.0[usize::from(word / 64)] |= 1 << (word % 64);
    }

    fn remove(&mut self, word: u8) {
        self.0[usize::from(word / 64)] &= !(1 << (word % 64));
    }

    fn add_all(&mut self, other: Words) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }
}

/// Before each item, the words that are read before they are stored.
fn live(items: &[Item]) -> Vec<Words> {
    let labels = places(items);
    let mut live = vec![Words::default(); items.len() + 1];
    let mut changed = true;
    while changed {
        changed = false;
        for (index, item) in items.iter().enumerate().rev() {
            let mut words = Words::default();
            if !item.ends_flow() {
                words = live.get(index + 1).copied().unwrap_or_default();
            }
            for target in item.targets() {
                let at = labels.get(&target).and_then(|at| live.get(*at));
                words.add_all(at.copied().unwrap_or_default());
            }
            if let Some(word) = stored(item) {
                words.remove(word);
            }
            if let Some(word) = loaded(item).or_else(|| incremented(item)) {
                words.insert(word);
            }
            if let Some(old) = live.get_mut(index)
                && *old != words
            {
                *old = words;
                changed = true;
            }
        }
    }
    live
}

fn places(items: &[Item]) -> HashMap<Label, usize> {
    let labels = items.iter().enumerate().filter_map(|(index, item)| {
        let Item::Label(label) = item else {
            return None;
        };
        Some((*label, index))
    });
    labels.collect()
}

fn loaded(item: &Item) -> Option<u8> {
    match item {
        Item::Plain(opcode, operands) => loaded_word(*opcode, operands),
        _ => None,
    }
}

fn stored(item: &Item) -> Option<u8> {
    match item {
        Item::Plain(opcode, operands) => stored_word(*opcode, operands),
        _ => None,
    }
}

fn incremented(item: &Item) -> Option<u8> {
    match item {
        Item::Plain(_, Operands::Increment { local, .. }) => Some(*local),
        _ => None,
    }
}

/// Leaves one value on the stack, if there is one that can be.
fn keep_in_run(items: &mut Vec<Item>) -> bool {
    let live = live(items);
    for index in 0..items.len() {
        let Some(word) = items.get(index).and_then(stored) else {
            continue;
        };
        if let Some(loads) = loads(items, index, word, &live) {
            let Some((last, between)) = loads.split_last() else {
                continue;
            };
            for load in between {
                if let Some(item) = items.get_mut(*load) {
                    *item = Item::op(Opcode::Dup);
                }
            }
            items.remove(*last);
            items.remove(index);
            return true;
        }
    }
    false
}

/// The loads of what is stored at `index`, if they find it on the stack.
fn loads(items: &[Item], index: usize, word: u8, live: &[Words]) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    // Above what the store would leave on the stack.
    let mut depth = 0usize;
    for (at, item) in items.iter().enumerate().skip(index + 1) {
        if matches!(item, Item::Label(_)) || !item.targets().is_empty() || item.ends_flow() {
            return None;
        }
        if loaded(item) == Some(word) {
            let is_last = !live.get(at + 1)?.contains(word);
            let swaps = depth == 1 && is_last && takes_either_order(items, at + 1);
            if depth != 0 && !swaps {
                return None;
            }
            found.push(at);
            if is_last {
                return Some(found);
            }
        } else if stored(item) == Some(word) || incremented(item) == Some(word) {
            return None;
        }
        let (pops, pushes) = item.stack_effect();
        depth = depth.checked_sub(pops)? + pushes;
    }
    None
}

/// Whether the next instruction does the same with its two operands exchanged.
fn takes_either_order(items: &[Item], index: usize) -> bool {
    let next = items.iter().skip(index).find(|item| item.is_instruction());
    matches!(
        next,
        Some(
            Item::Plain(
                Opcode::Sadd | Opcode::Smul | Opcode::Sand | Opcode::Sor | Opcode::Sxor,
                _
            ) | Item::Branch(
                Opcode::IfScmpeq | Opcode::IfScmpne | Opcode::IfAcmpeq | Opcode::IfAcmpne,
                _
            )
        )
    )
}

/// What every way to a place stores last, and what is loaded there first.
fn keep_over_join(items: &mut Vec<Item>) -> bool {
    let live = live(items);
    for index in 0..items.len() {
        let Some(Item::Label(label)) = items.get(index) else {
            continue;
        };
        let label = *label;
        let Some(load) = next_instruction(items, index) else {
            continue;
        };
        let Some(word) = items.get(load).and_then(loaded) else {
            continue;
        };
        let is_short = matches!(
            items.get(load),
            Some(Item::Plain(
                Opcode::Sload | Opcode::Sload0 | Opcode::Sload1 | Opcode::Sload2 | Opcode::Sload3,
                _
            ))
        );
        // Only one label may stand there, and a verifier would have to join the types of references.
        let is_alone = !items
            .iter()
            .take(load)
            .skip(index + 1)
            .any(|item| matches!(item, Item::Label(_)));
        if !is_short || !is_alone || live.get(load + 1).is_none_or(|live| live.contains(word)) {
            continue;
        }
        if let Some(mut gone) = stores_before(items, index, label, word) {
            gone.insert(load);
            let mut at = 0;
            items.retain(|_| {
                at += 1;
                !gone.contains(&(at - 1))
            });
            return true;
        }
    }
    false
}

/// The stores that stand right before each jump to a label, and before the label where control falls through.
fn stores_before(items: &[Item], index: usize, label: Label, word: u8) -> Option<HashSet<usize>> {
    let store = |before: usize| -> Option<usize> {
        let at = previous_instruction(items, before)?;
        (items.get(at).and_then(stored) == Some(word)).then_some(at)
    };
    let mut gone = HashSet::new();
    for (at, item) in items.iter().enumerate() {
        if !item.targets().contains(&label) {
            continue;
        }
        if !matches!(item, Item::Branch(Opcode::Goto, _)) {
            return None;
        }
        gone.insert(store(at)?);
    }
    let before = previous_instruction_or_label(items, index)?;
    if !items.get(before)?.ends_flow() {
        gone.insert(store(index)?);
    }
    Some(gone)
}

fn next_instruction(items: &[Item], index: usize) -> Option<usize> {
    (index + 1..items.len()).find(|at| items.get(*at).is_some_and(Item::is_instruction))
}

/// The instruction before an item, no label being between.
fn previous_instruction(items: &[Item], index: usize) -> Option<usize> {
    let at = previous_instruction_or_label(items, index)?;
    items.get(at)?.is_instruction().then_some(at)
}

fn previous_instruction_or_label(items: &[Item], index: usize) -> Option<usize> {
    (0..index).rev().find(|at| {
        items
            .get(*at)
            .is_some_and(|item| item.is_instruction() || matches!(item, Item::Label(_)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheduled(mut items: Vec<Item>) -> Vec<Item> {
        schedule(&mut items);
        items
    }

    /// `x = 1; y = 2; x + y + x` needs no word for `y`.
    #[test]
    fn what_is_loaded_at_once_stays() {
        let code = |middle: &[Item]| {
            let mut items = vec![Item::op(Opcode::Sconst1)];
            items.extend_from_slice(middle);
            items.extend([Item::op(Opcode::Sconst2), Item::op(Opcode::Sadd)]);
            items.push(Item::op(Opcode::Sreturn));
            items
        };
        let stored = code(&[Item::op(Opcode::Sstore1), Item::op(Opcode::Sload1)]);
        assert_eq!(scheduled(stored), code(&[]));
        // Twice, the second time below an operand.
        let twice = code(&[
            Item::op(Opcode::Sstore1),
            Item::op(Opcode::Sload1),
            Item::op(Opcode::Pop),
            Item::op(Opcode::Sconst3),
            Item::op(Opcode::Sload1),
            Item::op(Opcode::Sadd),
        ]);
        let kept = code(&[
            Item::op(Opcode::Dup),
            Item::op(Opcode::Pop),
            Item::op(Opcode::Sconst3),
            Item::op(Opcode::Sadd),
        ]);
        assert_eq!(scheduled(twice), kept);
        // The order of a difference counts.
        let difference = code(&[
            Item::op(Opcode::Sstore1),
            Item::op(Opcode::Sconst3),
            Item::op(Opcode::Sload1),
            Item::op(Opcode::Ssub),
        ]);
        assert_eq!(scheduled(difference.clone()), difference);
    }

    #[test]
    fn what_is_wanted_later_is_stored() {
        let items = vec![
            Item::op(Opcode::Sconst1),
            Item::op(Opcode::Sstore1),
            Item::op(Opcode::Sload1),
            Item::Branch(Opcode::Ifeq, Label(0)),
            Item::op(Opcode::Return),
            Item::Label(Label(0)),
            Item::op(Opcode::Sload1),
            Item::op(Opcode::Sreturn),
        ];
        assert_eq!(scheduled(items.clone()), items);
    }

    #[test]
    fn what_two_ways_store_stays() {
        let items = |through: bool| {
            let store = through.then(|| Item::op(Opcode::Sstore1));
            let load = through.then(|| Item::op(Opcode::Sload1));
            let mut items = vec![
                Item::op(Opcode::Sload0),
                Item::Branch(Opcode::Ifeq, Label(0)),
            ];
            items.push(Item::op(Opcode::Sconst1));
            items.extend(store.clone());
            items.extend([Item::Branch(Opcode::Goto, Label(1)), Item::Label(Label(0))]);
            items.push(Item::op(Opcode::Sconst2));
            items.extend(store);
            items.push(Item::Label(Label(1)));
            items.extend(load);
            items.push(Item::op(Opcode::Sreturn));
            items
        };
        assert_eq!(scheduled(items(true)), items(false));
    }
}
