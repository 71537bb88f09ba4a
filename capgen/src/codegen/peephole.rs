//! Small improvements on instructions: jumps to jumps, jumps to the next instruction, code that is
//! never reached.

use super::item::{Item, Label};
use super::label::{Labels, targets};
use cap_file::{Opcode, Operands};

/// Improves until nothing changes.
pub(super) fn improve(items: &mut Vec<Item>) {
    loop {
        let before = items.len();
        let threaded = thread_jumps(items);
        remove_unreached(items);
        remove_jumps_to_next(items);
        return_at_once(items);
        remove_idle_moves(items);
        load_before_store(items);
        remove_unused_labels(items);
        if !threaded && items.len() == before {
            return;
        }
    }
}

/// A jump to a `goto` goes where that goes.
fn thread_jumps(items: &mut [Item]) -> bool {
    let mut forward: Labels<Label> = Labels::new();
    let mut count = 0usize;
    let mut here: Vec<Label> = Vec::new();
    for item in items.iter() {
        match item {
            Item::Label(label) => here.push(*label),
            Item::Mark(_) => {}
            Item::Branch(Opcode::Goto, target) => {
                for label in here.drain(..).filter(|label| label != target) {
                    forward.insert(label, *target);
                    count += 1;
                }
            }
            _ => here.clear(),
        }
    }
    let mut changed = false;
    for target in items.iter_mut().flat_map(Item::targets_mut) {
        // Bounded, since jumps may go round in circles.
        for _ in 0..count {
            match forward.get(*target) {
                Some(next) if next != target => {
                    *target = *next;
                    changed = true;
                }
                _ => break,
            }
        }
    }
    // A circle of jumps changes for ever: one round is enough then.
    changed && !forward.values().any(|target| forward.contains(*target))
}

fn remove_unreached(items: &mut Vec<Item>) {
    let targets = targets(items);
    let mut reached = true;
    items.retain(|item| {
        if let Item::Label(label) = item
            && targets.contains(*label)
        {
            reached = true;
        }
        let keep = reached;
        if item.ends_flow() {
            reached = false;
        }
        keep
    });
}

fn remove_jumps_to_next(items: &mut Vec<Item>) {
    let mut keep = vec![true; items.len()];
    for (index, item) in items.iter().enumerate() {
        let Item::Branch(Opcode::Goto, target) = item else {
            continue;
        };
        let next = items
            .iter()
            .skip(index + 1)
            .take_while(|item| !item.is_instruction());
        let mut labels = next.filter_map(|item| match item {
            Item::Label(label) => Some(label),
            _ => None,
        });
        if labels.any(|label| label == target)
            && let Some(keep) = keep.get_mut(index)
        {
            *keep = false;
        }
    }
    let mut keep = keep.into_iter();
    items.retain(|_| keep.next().unwrap_or(true));
}

/// A word that is loaded and stored back where it was.
fn remove_idle_moves(items: &mut Vec<Item>) {
    let mut index = 0;
    while let Some(pair) = items.get(index..index + 2) {
        if let [Item::Plain(load, from), Item::Plain(store, to)] = pair
            && let (Some(loaded), Some(stored)) =
                (loaded_word(*load, from), stored_word(*store, to))
            && loaded == stored
        {
            items.drain(index..index + 2);
        } else {
            index += 1;
        }
    }
}

/// A word that is stored and loaded again is stored from a copy: shorter where the word is beyond the
/// first four.
fn load_before_store(items: &mut [Item]) {
    for at in 1..items.len() {
        let (head, tail) = items.split_at_mut(at);
        let (Some(first), Some(second)) = (head.last_mut(), tail.first_mut()) else {
            return;
        };
        if let (Item::Plain(store @ (Opcode::Astore | Opcode::Sstore), to), Item::Plain(load, from)) =
            (&*first, &*second)
            && stored_word(*store, to) == loaded_word(*load, from)
        {
            *second = std::mem::replace(first, Item::op(Opcode::Dup));
        }
    }
}

pub(super) fn loaded_word(opcode: Opcode, operands: &Operands) -> Option<u8> {
    match (opcode, operands) {
        (Opcode::Aload | Opcode::Sload, Operands::Local(word)) => Some(*word),
        (Opcode::Aload0 | Opcode::Sload0, _) => Some(0),
        (Opcode::Aload1 | Opcode::Sload1, _) => Some(1),
        (Opcode::Aload2 | Opcode::Sload2, _) => Some(2),
        (Opcode::Aload3 | Opcode::Sload3, _) => Some(3),
        _ => None,
    }
}

pub(super) fn stored_word(opcode: Opcode, operands: &Operands) -> Option<u8> {
    match (opcode, operands) {
        (Opcode::Astore | Opcode::Sstore, Operands::Local(word)) => Some(*word),
        (Opcode::Astore0 | Opcode::Sstore0, _) => Some(0),
        (Opcode::Astore1 | Opcode::Sstore1, _) => Some(1),
        (Opcode::Astore2 | Opcode::Sstore2, _) => Some(2),
        (Opcode::Astore3 | Opcode::Sstore3, _) => Some(3),
        _ => None,
    }
}

/// A jump to a return returns: that is shorter.
fn return_at_once(items: &mut [Item]) {
    let mut returns = Labels::new();
    let mut here: Vec<Label> = Vec::new();
    for item in items.iter() {
        match item {
            Item::Label(label) => here.push(*label),
            Item::Mark(_) => {}
            Item::Plain(opcode @ (Opcode::Return | Opcode::Sreturn | Opcode::Areturn), _) => {
                for label in here.drain(..) {
                    returns.insert(label, *opcode);
                }
            }
            _ => here.clear(),
        }
    }
    for item in items {
        if let Item::Branch(Opcode::Goto, target) = item
            && let Some(opcode) = returns.get(*target)
        {
            *item = Item::op(*opcode);
        }
    }
}

fn remove_unused_labels(items: &mut Vec<Item>) {
    let targets = targets(items);
    items.retain(|item| !matches!(item, Item::Label(label) if !targets.contains(*label)));
}
