//! Value ranges, proved again on the instructions.
//!
//! The generator leaves masks and conversions out where [`super::interval`] says that they are idle. It is not trusted
//! in that: where it relies on a range it writes that down ([`Item::Claim`]), and what the language promises
//! ([`Item::Promise`]: sums that do not overflow, results of the API in the range of their type). What functions are
//! given and give back is claimed on one side and promised on the other. Here the instructions are run over intervals
//! of 16-bit words, from the entry on along every branch and with what each branch asks, without a look at the IR;
//! each claim must follow. A function for which one does not is compiled again without any range but those of the
//! types.

mod exception;
mod state;
mod words;

use super::interval::Interval;
use super::item::{Item, Symbol};
use super::label::{Labels, places};
use super::tails::is_throw;
use crate::ir::FunctionId;
use cap_file::Opcode;
pub(super) use exception::Ways;
use state::State;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

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

/// So often everything is looked at again then.
const NARROWING: u32 = 16;

/// The places to which a jump leads back: every loop goes through one.
fn heads(items: &[Item], labels: &Labels<usize>) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let targets = item.targets().filter_map(|target| labels.get(target));
        found.extend(targets.filter(|target| **target <= index));
    }
    found
}

/// What the instructions of a function show.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The first claim that does not follow, and where it stands.
    pub(super) unproved: Option<String>,
    /// The questions that stand in the code, and the words on top of the stack there; nothing where no way leads to one.
    pub(super) answers: BTreeMap<usize, Option<Interval>>,
    /// What is known where the last of them stands, if that is come to.
    pub(super) asked_with: Option<State>,
    /// The words that the function gives back, if it comes back with one.
    pub(super) result: Option<Interval>,
    /// What it calls functions of the package with, word by word.
    pub(super) calls: Vec<(FunctionId, Vec<Interval>)>,
}

/// Follows a function; `words` is what its frame's words hold at the start, `results` what functions of the package
/// were found to give back.
///
/// # Errors
/// Code in which the stack does not come out even.
pub(super) fn run(
    items: &[Item],
    words: Vec<Interval>,
    results: &[Option<Interval>],
) -> Result<Found, String> {
    let code = Code {
        items,
        labels: places(items),
        results,
    };
    let heads = heads(items, &code.labels);
    let steps = steps(items);
    let mut known: BTreeMap<usize, (State, u32)> = BTreeMap::new();
    let mut work = Pending::default();
    let start = State::at_start(words);
    work.push(0, start.clone())?;
    let mut is_exact = true;
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
                if !old.join(&state, widened)? {
                    continue;
                }
                *joins += 1;
                is_exact &= !is_wide;
                old.clone()
            }
        };
        code.walk(index, joined, &mut work, None)?;
    }
    let mut known: BTreeMap<usize, State> = known
        .into_iter()
        .map(|(index, (state, _))| (index, state))
        .collect();
    if !is_exact {
        code.narrow_again(&mut known, &start)?;
    }
    let mut found = Found::default();
    for item in items {
        if let Item::Ask(number) = item {
            found.answers.insert(*number, None);
        }
    }
    for (index, state) in known {
        code.walk(index, state, &mut Pending::default(), Some(&mut found))?;
    }
    Ok(found)
}

/// The places to go on from, the first in the code first, each with what came there since the last time: however many
/// ways lead to it, it waits once.
#[derive(Default)]
struct Pending(BTreeMap<usize, State>);

impl Pending {
    fn push(&mut self, index: usize, state: State) -> Result<(), String> {
        match self.0.entry(index) {
            Entry::Vacant(slot) => {
                slot.insert(state);
            }
            Entry::Occupied(mut slot) => {
                slot.get_mut().join(&state, None)?;
            }
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<(usize, State)> {
        self.0.pop_first()
    }
}

struct Code<'a> {
    items: &'a [Item],
    labels: Labels<usize>,
    results: &'a [Option<Interval>],
}

impl Code<'_> {
    /// What was let go for good measure comes back where it is not needed: everything again, and then what follows a
    /// change.
    fn narrow_again(
        &self,
        known: &mut BTreeMap<usize, State>,
        start: &State,
    ) -> Result<(), String> {
        let mut ways: BTreeMap<usize, Pending> = BTreeMap::new();
        let mut changed: Vec<usize> = known.keys().copied().collect();
        for _ in 0..NARROWING {
            for index in changed {
                let mut on = Pending::default();
                if let Some(state) = known.get(&index) {
                    self.walk(index, state.clone(), &mut on, None)?;
                }
                ways.insert(index, on);
            }
            let mut next = Pending::default();
            next.push(0, start.clone())?;
            for (index, state) in ways.values().flat_map(|on| &on.0) {
                next.push(*index, state.clone())?;
            }
            let is_new = |(index, state): &(&usize, &State)| known.get(*index) != Some(*state);
            changed = next
                .0
                .iter()
                .filter(is_new)
                .map(|(index, _)| *index)
                .collect();
            if changed.is_empty() && next.0.len() == known.len() {
                return Ok(());
            }
            *known = next.0;
            ways.retain(|index, _| known.contains_key(index));
        }
        Ok(())
    }

    /// Goes on from a place to the next label or the end of the flow; what it meets is told to `found`.
    fn walk(
        &self,
        from: usize,
        mut state: State,
        work: &mut Pending,
        mut found: Option<&mut Found>,
    ) -> Result<(), String> {
        for (index, item) in self.items.iter().enumerate().skip(from) {
            if index > from && matches!(item, Item::Label(_)) {
                return work.push(index, state);
            }
            if let Some(found) = found.as_deref_mut() {
                found.look(index, item, &state);
            }
            match item {
                Item::Promise(promise) => state.promise(*promise),
                Item::LocalPromise(word, promise) => state.promise_word(*word, *promise),
                Item::Branch(opcode, target) => {
                    let taken = state.to_be_taken(item);
                    state.step(item)?;
                    let [jumps, goes_on] = state.branch(*opcode, &taken);
                    if let (Some(index), Some(state)) = (self.labels.get(*target), jumps) {
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
                other => {
                    state.step(other)?;
                    if let Some(result) =
                        called(other).and_then(|id| self.results.get(id.0).copied().flatten())
                    {
                        state.promise(result);
                    }
                }
            }
            for target in item.targets() {
                if let Some(index) = self.labels.get(target) {
                    work.push(*index, state.clone())?;
                }
            }
            if item.ends_flow() {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Found {
    /// Takes down what is to be known of an instruction, from what is known before it.
    fn look(&mut self, index: usize, item: &Item, state: &State) {
        match item {
            Item::Claim(claim) => {
                let found = state.top();
                if self.unproved.is_none() && !found.within(*claim) {
                    self.unproved = Some(format!(
                        "instruction {index}: a value is taken to be in {}..={}, it may be in {}..={}",
                        claim.low, claim.high, found.low, found.high
                    ));
                }
            }
            Item::Ask(number) => {
                self.answers.insert(*number, Some(state.top()));
                self.asked_with = Some(state.clone());
            }
            Item::Plain(Opcode::Sreturn, _) => {
                let top = state.top();
                self.result = Some(self.result.map_or(top, |result| result.join(top)));
            }
            other => {
                if let Some(id) = called(other) {
                    self.calls.push((id, state.topmost(other.stack_effect().0)));
                }
            }
        }
    }
}

/// The function of the package that an instruction calls.
fn called(item: &Item) -> Option<FunctionId> {
    match item {
        Item::Invoke {
            method: Symbol::Static(id) | Symbol::Virtual(id),
            ..
        } => Some(*id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::item::Label;
    use cap_file::Operands;

    fn frame() -> Vec<Interval> {
        vec![Interval::UNSIGNED_BYTE, ANY]
    }

    fn proves(items: Vec<Item>) -> bool {
        let found = run(&items, frame(), &[]).expect("even code");
        found.unproved.is_none()
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
