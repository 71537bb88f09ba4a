//! Values that stay on the stack instead of going through a word of the frame.
//!
//! A word that is stored, loaded again in the same run of instructions and then wanted no more is left on the stack:
//! the store and the last load go, a load between is a `dup`. That is possible where every load finds the stack as
//! the store left it. What several ways store before they meet, to be loaded there first, stays on the stack as well.

use super::item::Item;
use super::label::{Labels, places};
use super::peephole::{loaded_word, stored_word};
use cap_file::{Opcode, Operands};

/// Schedules the items of a function.
pub(super) fn schedule(items: &mut Vec<Item>) {
    let mut live = live(items);
    keep_in_runs(items, &mut live);
    // Each round takes words away, so this ends.
    while keep_over_joins(items, &mut live) {
        keep_in_runs(items, &mut live);
    }
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
                let at = labels.get(target).and_then(|at| live.get(*at));
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

/// Leaves on the stack what stays within a run of instructions. What is live is kept up to date: a word that is left on
/// the stack was live from its store to its last load, and nowhere else by that.
fn keep_in_runs(items: &mut Vec<Item>, live: &mut Vec<Words>) {
    // The stores of this run that stay, and how far each was looked for.
    let mut stay: Vec<(usize, usize)> = Vec::new();
    let mut index = 0;
    while let Some(item) = items.get(index) {
        let Some(word) = stored(item) else {
            if ends_run(item) {
                stay.clear();
            }
            index += 1;
            continue;
        };
        let loads = match loads(items, index, word, live) {
            Ok(loads) => loads,
            Err(far) => {
                stay.push((index, far));
                index += 1;
                continue;
            }
        };
        let Some((last, between)) = loads.split_last() else {
            index += 1;
            continue;
        };
        for load in between {
            if let Some(item) = items.get_mut(*load) {
                *item = Item::op(Opcode::Dup);
            }
        }
        for words in live.iter_mut().take(last + 1).skip(index + 1) {
            words.remove(word);
        }
        for at in [*last, index] {
            items.remove(at);
            live.remove(at);
        }
        // A store before that was looked for as far as here may go now.
        if let Some(first) = stay.iter().position(|(_, far)| *far >= index) {
            index = stay[first].0;
            stay.truncate(first);
        }
    }
}

/// Whether a run of instructions ends with this, or one begins.
fn ends_run(item: &Item) -> bool {
    matches!(item, Item::Label(_)) || item.jumps() || item.ends_flow()
}

/// The loads of what is stored at `index`, if they find it on the stack; if not, how far that was looked for.
fn loads(items: &[Item], index: usize, word: u8, live: &[Words]) -> Result<Vec<usize>, usize> {
    let mut found = Vec::new();
    // Above what the store would leave on the stack.
    let mut depth = 0usize;
    for (at, item) in items.iter().enumerate().skip(index + 1) {
        if ends_run(item) {
            return Err(at);
        }
        if loaded(item) == Some(word) {
            let is_last = live.get(at + 1).is_some_and(|live| !live.contains(word));
            let swaps = depth == 1 && is_last && takes_either_order(items, at + 1);
            if depth != 0 && !swaps {
                return Err(next_instruction(items, at).unwrap_or(at));
            }
            found.push(at);
            if is_last {
                return Ok(found);
            }
        } else if stored(item) == Some(word) || incremented(item) == Some(word) {
            return Err(at);
        }
        let (pops, pushes) = item.stack_effect();
        depth = depth.checked_sub(pops).ok_or(at)? + pushes;
    }
    Err(items.len())
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

/// Leaves on the stack what every way to a place stores last, to be loaded there first; whether there was such a word.
fn keep_over_joins(items: &mut Vec<Item>, live: &mut Vec<Words>) -> bool {
    let mut jumps: Labels<Vec<usize>> = Labels::new();
    for (index, item) in items.iter().enumerate() {
        for target in item.targets() {
            match jumps.get_mut(target) {
                Some(found) => found.push(index),
                None => jumps.insert(target, vec![index]),
            }
        }
    }
    let mut code = Thinned {
        gone: vec![false; items.len()],
        items,
    };
    let mut any = false;
    let mut index = 0;
    while let Some(item) = code.items.get(index) {
        let Item::Label(label) = item else {
            index += 1;
            continue;
        };
        let jumps = jumps.get(*label).map_or(&[][..], Vec::as_slice);
        let Some(Kept { word, load, stores }) = code.kept_over(index, jumps, live) else {
            index += 1;
            continue;
        };
        any = true;
        // From each store to where it leads, and from there to the load.
        let mut dead = |from: usize, to: usize| {
            for words in live.iter_mut().take(to + 1).skip(from) {
                words.remove(word);
            }
        };
        dead(index, load);
        code.gone[load] = true;
        for (store, to) in stores {
            dead(store + 1, to);
            code.gone[store] = true;
        }
    }
    let gone = code.gone;
    let mut keep = gone.iter().map(|gone| !gone);
    items.retain(|_| keep.next().unwrap_or(true));
    let mut keep = gone.iter().map(|gone| !gone);
    live.retain(|_| keep.next().unwrap_or(true));
    any
}

/// A word that stays on the stack over a label.
struct Kept {
    word: u8,
    load: usize,
    /// Each store, with the jump or label behind it.
    stores: Vec<(usize, usize)>,
}

/// Items, some of which are to go.
struct Thinned<'a> {
    items: &'a [Item],
    gone: Vec<bool>,
}

impl Thinned<'_> {
    /// The word that every way to a label stores last and that is loaded there first, to be read no more.
    fn kept_over(&self, index: usize, jumps: &[usize], live: &[Words]) -> Option<Kept> {
        // Only one label may stand there, and a verifier would have to join the types of references.
        let load = self.next(index)?;
        let Item::Plain(
            opcode @ (Opcode::Sload
            | Opcode::Sload0
            | Opcode::Sload1
            | Opcode::Sload2
            | Opcode::Sload3),
            operands,
        ) = self.items.get(load)?
        else {
            return None;
        };
        let word = loaded_word(*opcode, operands)?;
        if live.get(load + 1)?.contains(word) {
            return None;
        }
        let store = |before: usize| -> Option<(usize, usize)> {
            let at = self.previous(before)?;
            (stored(self.items.get(at)?) == Some(word)).then_some((at, before))
        };
        let mut stores = Vec::new();
        for jump in jumps {
            if !matches!(self.items.get(*jump), Some(Item::Branch(Opcode::Goto, _))) {
                return None;
            }
            stores.push(store(*jump)?);
        }
        if !self.items.get(self.previous(index)?)?.ends_flow() {
            stores.push(store(index)?);
        }
        Some(Kept { word, load, stores })
    }

    /// Whether it is an instruction or a label.
    fn counts(&self, at: usize) -> bool {
        let item = self.items.get(at);
        !self.gone[at]
            && item.is_some_and(|item| item.is_instruction() || matches!(item, Item::Label(_)))
    }

    fn next(&self, index: usize) -> Option<usize> {
        (index + 1..self.items.len()).find(|at| self.counts(*at))
    }

    fn previous(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|at| self.counts(*at))
    }
}

fn next_instruction(items: &[Item], index: usize) -> Option<usize> {
    (index + 1..items.len()).find(|at| items.get(*at).is_some_and(Item::is_instruction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::item::Label;

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
