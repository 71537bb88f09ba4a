//! Value ranges, proved again on the instructions.
//!
//! The generator leaves masks and conversions out where [`super::interval`] says that they are idle. It is not
//! trusted in that: where it relies on a range it writes that down ([`Item::Claim`]), and what the language
//! promises ([`Item::Promise`]: sums that do not overflow, results of the API in the range of their type).
//! What functions are given and give back is claimed on one side and promised on the other. Here the instructions are run over intervals of
//! 16-bit words, from the entry on along every branch, without a look at the IR; each claim must follow. A function for
//! which one does not is compiled again without any range but those of the types.

use super::interval::Interval;
use super::item::{Item, Label};
use cap_file::{Opcode, Operands};
use std::collections::HashMap;

/// Every word there is.
const ANY: Interval = Interval {
    low: -0x8000,
    high: 0x7fff,
};

/// Where intervals that keep growing stop on their way to everything.
const STEPS: [i32; 8] = [-0x8000, -128, -1, 0, 1, 127, 255, 0x7fff];

/// So many joins at one place may be exact.
const EXACT_JOINS: u32 = 6;

#[derive(Clone, Debug, PartialEq)]
struct State {
    stack: Vec<Interval>,
    words: Vec<Interval>,
}

/// Proves all claims of a function; `words` is what its frame's words hold at the start.
///
/// # Errors
/// What could not be proved, and where.
pub(super) fn prove(items: &[Item], words: Vec<Interval>) -> Result<(), String> {
    let start = State {
        stack: Vec::new(),
        words,
    };
    run(items, start)
}

fn run(items: &[Item], start: State) -> Result<(), String> {
    let labels: HashMap<Label, usize> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match item {
            Item::Label(label) => Some((*label, index)),
            _ => None,
        })
        .collect();
    let mut known: HashMap<usize, (State, u32)> = HashMap::new();
    let mut work = vec![(0, start)];
    // First everything that can be there, then what is claimed of it.
    while let Some((index, state)) = work.pop() {
        let joined = match known.get_mut(&index) {
            None => {
                known.insert(index, (state.clone(), 0));
                state
            }
            Some((old, joins)) => {
                let new = join(old, &state, *joins >= EXACT_JOINS)?;
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
        walk(items, index, state, &labels, &mut Vec::new(), true)?;
    }
    Ok(())
}

/// Goes on from a place to the next label or the end of the flow.
fn walk(
    items: &[Item],
    from: usize,
    mut state: State,
    labels: &HashMap<Label, usize>,
    work: &mut Vec<(usize, State)>,
    with_claims: bool,
) -> Result<(), String> {
    for (index, item) in items.iter().enumerate().skip(from) {
        if index > from && matches!(item, Item::Label(_)) {
            work.push((index, state));
            return Ok(());
        }
        match item {
            Item::Claim(claim) if with_claims => {
                let found = state.stack.last().copied().unwrap_or(ANY);
                if !found.within(*claim) {
                    return Err(format!(
                        "instruction {index}: a value is taken to be in {}..={}, it may be in {}..={}",
                        claim.low, claim.high, found.low, found.high
                    ));
                }
            }
            Item::Promise(promise) => {
                if let Some(top) = state.stack.last_mut() {
                    *top = meet(*top, *promise);
                }
            }
            Item::LocalPromise(word, promise) => {
                if let Some(slot) = state.words.get_mut(usize::from(*word)) {
                    *slot = meet(*slot, *promise);
                }
            }
            other => step(other, &mut state)?,
        }
        for target in item.targets() {
            if let Some(index) = labels.get(&target) {
                work.push((*index, state.clone()));
            }
        }
        if item.ends_flow() {
            return Ok(());
        }
    }
    Ok(())
}

/// What a promise leaves; the promise alone where the two have nothing in common.
fn meet(a: Interval, promise: Interval) -> Interval {
    let both = Interval::new(a.low.max(promise.low), a.high.min(promise.high));
    if both.low <= both.high { both } else { promise }
}

fn join(old: &State, new: &State, widen: bool) -> Result<State, String> {
    if old.stack.len() != new.stack.len() || old.words.len() != new.words.len() {
        return Err("two depths of the stack at one place".to_owned());
    }
    let pair = |(old, new): (&Interval, &Interval)| {
        let both = old.join(*new);
        if !widen || both == *old {
            return both;
        }
        let below = STEPS.iter().rev().find(|step| **step <= both.low);
        let above = STEPS.iter().find(|step| **step >= both.high);
        Interval::new(
            below.copied().unwrap_or(ANY.low),
            above.copied().unwrap_or(ANY.high),
        )
    };
    Ok(State {
        stack: old.stack.iter().zip(&new.stack).map(pair).collect(),
        words: old.words.iter().zip(&new.words).map(pair).collect(),
    })
}

/// A result as the word that it is.
fn wrapped(low: i64, high: i64) -> Interval {
    match (i32::try_from(low), i32::try_from(high)) {
        (Ok(low), Ok(high)) if Interval::new(low, high).within(ANY) => Interval::new(low, high),
        _ => ANY,
    }
}

fn hull(values: [i64; 4]) -> Interval {
    let low = values.iter().copied().min().unwrap_or(i64::MIN);
    let high = values.iter().copied().max().unwrap_or(i64::MAX);
    wrapped(low, high)
}

/// The words that every byte loaded is one of.
const BYTE: Interval = Interval::BYTE;

fn step(item: &Item, state: &mut State) -> Result<(), String> {
    let (pops, pushes) = item.stack_effect();
    if let Item::Plain(opcode, operands) = item {
        if let Some(word) = local_of(*opcode, operands) {
            return local(*opcode, word, operands, state);
        }
        // Nothing is known of the two words of an `int`.
        if let Some(word) = int_stored(*opcode, operands) {
            for word in [usize::from(word), usize::from(word) + 1] {
                if let Some(slot) = state.words.get_mut(word) {
                    *slot = ANY;
                }
            }
        }
        if let (Opcode::Dup, Some(top)) = (*opcode, state.stack.last().copied()) {
            state.stack.push(top);
            return Ok(());
        }
    }
    let Some(rest) = state.stack.len().checked_sub(pops) else {
        return Err("more taken from the stack than is there".to_owned());
    };
    let taken = state.stack.split_off(rest);
    let result = match item {
        Item::Plain(opcode, operands) => plain(*opcode, operands, &taken),
        Item::Pool(Opcode::GetfieldB | Opcode::GetfieldBThis, _) => BYTE,
        _ => ANY,
    };
    state.stack.extend(std::iter::repeat_n(result, pushes));
    Ok(())
}

fn plain(opcode: Opcode, operands: &Operands, taken: &[Interval]) -> Interval {
    let constant = |value: i32| Interval::new(value, value);
    let (a, b) = match *taken {
        [a] => (a, ANY),
        [a, b] => (a, b),
        _ => (ANY, ANY),
    };
    let (al, ah, bl, bh) = (
        i64::from(a.low),
        i64::from(a.high),
        i64::from(b.low),
        i64::from(b.high),
    );
    match opcode {
        Opcode::SconstM1 => constant(-1),
        Opcode::Sconst0 => constant(0),
        Opcode::Sconst1 => constant(1),
        Opcode::Sconst2 => constant(2),
        Opcode::Sconst3 => constant(3),
        Opcode::Sconst4 => constant(4),
        Opcode::Sconst5 => constant(5),
        Opcode::Bspush | Opcode::Sspush => match operands {
            Operands::Immediate(value) => constant(*value),
            _ => ANY,
        },
        Opcode::Baload | Opcode::I2b => BYTE,
        Opcode::Icmp => Interval::new(-1, 1),
        Opcode::Arraylength => Interval::LENGTH,
        Opcode::Sadd => wrapped(al + bl, ah + bh),
        Opcode::Ssub => wrapped(al - bh, ah - bl),
        Opcode::Smul => hull([al * bl, al * bh, ah * bl, ah * bh]),
        Opcode::Sneg => wrapped(-ah, -al),
        Opcode::S2b if a.within(BYTE) => a,
        // Within one run of 256 words the order stays.
        Opcode::S2b if (al + 128).div_euclid(256) == (ah + 128).div_euclid(256) => {
            let run = (al + 128).div_euclid(256) * 256;
            wrapped(al - run, ah - run)
        }
        Opcode::S2b => BYTE,
        Opcode::Sdiv if al >= 0 && bl >= 0 => wrapped(al / bh.max(1), ah / bl.max(1)),
        // The quotient is no larger than the dividend, whatever the divisor's sign.
        Opcode::Sdiv => {
            let most = al.abs().max(ah.abs());
            wrapped(-most, most)
        }
        // The remainder has the dividend's sign and is smaller than the divisor.
        Opcode::Srem => {
            let most = (bl.abs().max(bh.abs()) - 1).max(0);
            wrapped(al.min(0).max(-most), ah.max(0).min(most))
        }
        Opcode::Sand
            if bl == bh
                && bl > 0
                && bl & (bl + 1) == 0
                && al.div_euclid(bl + 1) == ah.div_euclid(bl + 1) =>
        {
            let run = al.div_euclid(bl + 1) * (bl + 1);
            wrapped(al - run, ah - run)
        }
        Opcode::Sxor if bl == -1 && bh == -1 => wrapped(-1 - ah, -1 - al),
        Opcode::Sand if al >= 0 && bl >= 0 => wrapped(0, ah.min(bh)),
        Opcode::Sand if al >= 0 => wrapped(0, ah),
        Opcode::Sand if bl >= 0 => wrapped(0, bh),
        Opcode::Sor | Opcode::Sxor if al >= 0 && bl >= 0 => {
            let bits = 64 - (ah | bh).leading_zeros();
            let low = if opcode == Opcode::Sor { al.max(bl) } else { 0 };
            wrapped(low, (1 << bits) - 1)
        }
        // All ones above the sign of both: what has the sign of a byte keeps it.
        Opcode::Sand | Opcode::Sor | Opcode::Sxor if a.within(BYTE) && b.within(BYTE) => BYTE,
        Opcode::Sshl if bl >= 0 && bh < 16 => hull([al << bl, al << bh, ah << bl, ah << bh]),
        Opcode::Sshr if bl >= 0 && bh < 16 => hull([al >> bl, al >> bh, ah >> bl, ah >> bh]),
        // By whatever distance: towards 0, or -1.
        Opcode::Sshr => wrapped(al.min(0), ah.max(-1)),
        Opcode::Sushr if al >= 0 && bl >= 0 && bh < 16 => wrapped(al >> bh, ah >> bl),
        _ => ANY,
    }
}

/// The first of the two words of the frame that an instruction stores an `int` in or adds to.
fn int_stored(opcode: Opcode, operands: &Operands) -> Option<u8> {
    match (opcode, operands) {
        (Opcode::Istore, Operands::Local(word)) => Some(*word),
        (Opcode::Iinc | Opcode::IincW, Operands::Increment { local, .. }) => Some(*local),
        (Opcode::Istore0, _) => Some(0),
        (Opcode::Istore1, _) => Some(1),
        (Opcode::Istore2, _) => Some(2),
        (Opcode::Istore3, _) => Some(3),
        _ => None,
    }
}

/// The word of the frame that an instruction loads, stores or adds to.
fn local_of(opcode: Opcode, operands: &Operands) -> Option<u8> {
    use Opcode::{
        Aload, Aload0, Aload1, Aload2, Aload3, Astore, Astore0, Astore1, Astore2, Astore3, Sload,
        Sload0, Sload1, Sload2, Sload3, Sstore, Sstore0, Sstore1, Sstore2, Sstore3,
    };
    match (opcode, operands) {
        (Aload | Sload | Astore | Sstore, Operands::Local(word)) => Some(*word),
        (Opcode::Sinc | Opcode::SincW, Operands::Increment { local, .. }) => Some(*local),
        (Aload0 | Sload0 | Astore0 | Sstore0, _) => Some(0),
        (Aload1 | Sload1 | Astore1 | Sstore1, _) => Some(1),
        (Aload2 | Sload2 | Astore2 | Sstore2, _) => Some(2),
        (Aload3 | Sload3 | Astore3 | Sstore3, _) => Some(3),
        _ => None,
    }
}

fn local(opcode: Opcode, word: u8, operands: &Operands, state: &mut State) -> Result<(), String> {
    let Some(slot) = state.words.get_mut(usize::from(word)) else {
        return Err(format!("word {word} is not in the frame"));
    };
    if let Operands::Increment { value, .. } = operands {
        let by = i64::from(*value);
        *slot = wrapped(i64::from(slot.low) + by, i64::from(slot.high) + by);
        return Ok(());
    }
    let item = Item::Plain(opcode, operands.clone());
    if item.stack_effect().1 == 1 {
        state.stack.push(*slot);
    } else {
        *slot = state
            .stack
            .pop()
            .ok_or_else(|| "more taken from the stack than is there".to_owned())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
