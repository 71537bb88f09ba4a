//! Value ranges, proved again on the instructions.
//!
//! The generator leaves masks and conversions out where [`super::interval`] says that they are idle. It is not
//! trusted in that: where it relies on a range it writes that down ([`Item::Claim`]), and what the language
//! promises ([`Item::Promise`]: sums that do not overflow, results of the API in the range of their type).
//! What functions are given and give back is claimed on one side and promised on the other. Here the instructions are run over intervals of
//! 16-bit words, from the entry on along every branch and with what each branch asks, without a look at the IR; each claim must follow. A function for
//! which one does not is compiled again without any range but those of the types.

mod state;
mod words;

use super::interval::Interval;
use super::item::Item;
use super::label::{Labels, places};
use super::tails::is_throw;
use state::State;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Every word there is.
const ANY: Interval = Interval {
    low: -0x8000,
    high: 0x7fff,
};

/// Where intervals that keep growing stop on their way to everything, beside the numbers that the code names.
const STEPS: [i32; 8] = [-0x8000, -128, -1, 0, 1, 127, 255, 0x7fff];

/// Those of a function, and the numbers beside what it names: behind a branch these are bounds.
fn steps(items: &[Item]) -> Vec<i32> {
    let mut steps = STEPS.to_vec();
    for item in items {
        let Item::Plain(opcode, operands) = item else {
            continue;
        };
        if let Some(value) = words::constant(*opcode, operands) {
            steps.extend([value - 1, value, value + 1]);
        }
    }
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// So many joins at one place to which a jump leads back may be exact.
const EXACT_JOINS: u32 = 6;

/// The places to which a jump leads back: every loop goes through one.
fn heads(items: &[Item], labels: &Labels<usize>) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let targets = item.targets().filter_map(|target| labels.get(target));
        found.extend(targets.filter(|target| **target <= index));
    }
    found
}

/// Proves all claims of a function; `words` is what its frame's words hold at the start.
///
/// # Errors
/// What could not be proved, and where.
pub(super) fn prove(items: &[Item], words: Vec<Interval>) -> Result<(), String> {
    run(items, State::at_start(words))
}

fn run(items: &[Item], start: State) -> Result<(), String> {
    let labels = places(items);
    let heads = heads(items, &labels);
    let steps = steps(items);
    let mut known: HashMap<usize, (State, u32)> = HashMap::new();
    let mut work = Pending::default();
    work.push(0, start)?;
    // First everything that can be there, then what is claimed of it.
    while let Some((index, state)) = work.pop() {
        let joined = match known.get_mut(&index) {
            None => {
                known.insert(index, (state.clone(), 0));
                state
            }
            Some((old, joins)) => {
                let is_wide = *joins >= EXACT_JOINS && heads.contains(&index);
                let widened = is_wide.then_some(steps.as_slice());
                let new = old.join(&state, widened)?;
                if new == *old {
                    continue;
                }
                *joins += 1;
                *old = new.clone();
                new
            }
        };
        walk(items, index, joined, &labels, &mut work, false)?;
    }
    let mut places: Vec<(usize, State)> = known
        .into_iter()
        .map(|(index, (state, _))| (index, state))
        .collect();
    places.sort_by_key(|(index, _)| *index);
    for (index, state) in places {
        walk(items, index, state, &labels, &mut Pending::default(), true)?;
    }
    Ok(())
}

/// The places to go on from, the first in the code first, each with what came there since the last time: however many
/// ways lead to it, it waits once.
#[derive(Default)]
struct Pending(BTreeMap<usize, State>);

impl Pending {
    fn push(&mut self, index: usize, state: State) -> Result<(), String> {
        let joined = match self.0.get(&index) {
            Some(other) => other.join(&state, None)?,
            None => state,
        };
        self.0.insert(index, joined);
        Ok(())
    }

    fn pop(&mut self) -> Option<(usize, State)> {
        self.0.pop_first()
    }
}

/// Goes on from a place to the next label or the end of the flow.
fn walk(
    items: &[Item],
    from: usize,
    mut state: State,
    labels: &Labels<usize>,
    work: &mut Pending,
    with_claims: bool,
) -> Result<(), String> {
    for (index, item) in items.iter().enumerate().skip(from) {
        if index > from && matches!(item, Item::Label(_)) {
            return work.push(index, state);
        }
        match item {
            Item::Claim(claim) if with_claims => {
                let found = state.top();
                if !found.within(*claim) {
                    return Err(format!(
                        "instruction {index}: a value is taken to be in {}..={}, it may be in {}..={}",
                        claim.low, claim.high, found.low, found.high
                    ));
                }
            }
            Item::Promise(promise) => state.promise(*promise),
            Item::LocalPromise(word, promise) => state.promise_word(*word, *promise),
            Item::Branch(opcode, target) => {
                let before = state.clone();
                state.step(item)?;
                let [jumps, goes_on] = state.branch(*opcode, &before);
                if let (Some(index), Some(state)) = (labels.get(*target), jumps) {
                    work.push(*index, state)?;
                }
                match goes_on {
                    Some(on) if !item.ends_flow() => state = on,
                    _ => return Ok(()),
                }
                continue;
            }
            // It does not return.
            other if is_throw(other) => return Ok(()),
            other => state.step(other)?,
        }
        for target in item.targets() {
            if let Some(index) = labels.get(target) {
                work.push(*index, state.clone())?;
            }
        }
        if item.ends_flow() {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::item::Label;
    use crate::codegen::item::Symbol;
    use cap_file::{Opcode, Operands};

    fn frame() -> Vec<Interval> {
        vec![Interval::UNSIGNED_BYTE, ANY]
    }

    fn proves(items: Vec<Item>) -> bool {
        prove(&items, frame()).is_ok()
    }

    fn claim(low: i32, high: i32) -> Item {
        Item::Claim(Interval::new(low, high))
    }

    #[test]
    fn what_follows_is_proved_and_nothing_more() {
        let masked = |mask: i16, high: i32| {
            proves(vec![
                Item::op(Opcode::Sload1),
                Item::push(mask),
                Item::op(Opcode::Sand),
                claim(0, high),
                Item::op(Opcode::Sreturn),
            ])
        };
        assert!(masked(255, 255));
        assert!(!masked(255, 254));
        assert!(!masked(-1, 255));
        // A parameter is in the range of its type, one more is not.
        let added = |by: i16, high: i32| {
            proves(vec![
                Item::op(Opcode::Sload0),
                Item::push(by),
                Item::op(Opcode::Sadd),
                claim(by.into(), high),
                Item::op(Opcode::Sreturn),
            ])
        };
        assert!(added(1, 256));
        assert!(!added(1, 255));
        // 255 + 32767 wraps.
        assert!(!added(i16::MAX, i32::from(i16::MAX) + 255));
    }

    /// `i = 0; loop { claim; i += 1 }` with and without the promise that `i` does not overflow.
    #[test]
    fn loops_are_followed_to_their_end() {
        let counting = |promise: Option<Interval>| {
            let mut items = vec![
                Item::op(Opcode::Sconst0),
                Item::op(Opcode::Sstore1),
                Item::Label(Label(0)),
                Item::op(Opcode::Sload1),
                claim(0, 0x7fff),
                Item::op(Opcode::Pop),
                Item::Plain(Opcode::Sinc, Operands::Increment { local: 1, value: 1 }),
            ];
            items.extend(promise.map(|promise| Item::LocalPromise(1, promise)));
            items.push(Item::Branch(Opcode::Goto, Label(0)));
            proves(items)
        };
        assert!(counting(Some(Interval::NON_NEGATIVE)));
        assert!(!counting(None));
    }

    /// What a throw is followed by is reached on other ways alone.
    #[test]
    fn a_throw_ends_its_way() {
        let guarded = |method: crate::ir::ApiMethod| {
            proves(vec![
                Item::op(Opcode::Sload0),
                Item::push(3),
                Item::Branch(Opcode::IfScmpge, Label(0)),
                Item::push(0x6f00),
                Item::Invoke {
                    opcode: Opcode::Invokestatic,
                    method: Symbol::ApiStatic(method),
                    pops: 1,
                    pushes: 0,
                },
                Item::Label(Label(0)),
                Item::op(Opcode::Sload0),
                claim(3, 255),
                Item::op(Opcode::Sreturn),
            ])
        };
        let throw = crate::codegen::terminator::throw_it();
        let mut other = throw.clone();
        other.name = "setReason".to_owned();
        assert!(guarded(throw));
        assert!(!guarded(other));
    }

    /// A number that goes through an `int` is the same number.
    #[test]
    fn widening_and_back_changes_nothing() {
        let through = |high: i32| {
            proves(vec![
                Item::op(Opcode::Sload0),
                Item::op(Opcode::S2i),
                Item::op(Opcode::I2s),
                claim(0, high),
                Item::op(Opcode::Sreturn),
            ])
        };
        assert!(through(255));
        assert!(!through(254));
    }

    /// A claim must hold on every way that leads to it.
    #[test]
    fn every_way_counts() {
        let joined = |other: i16| {
            proves(vec![
                Item::op(Opcode::Sload0),
                Item::Branch(Opcode::Ifeq, Label(0)),
                Item::push(3),
                Item::Branch(Opcode::Goto, Label(1)),
                Item::Label(Label(0)),
                Item::push(other),
                Item::Label(Label(1)),
                claim(0, 7),
                Item::op(Opcode::Sreturn),
            ])
        };
        assert!(joined(7));
        assert!(!joined(8));
    }
}
