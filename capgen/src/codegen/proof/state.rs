//! What is known at one place: intervals of words, and which values are words of the frame.

use super::ANY;
use super::words::{BYTE, WORDS, int_stored, local_of, plain, signed, wrapped};
use crate::codegen::interval::Interval;
use crate::codegen::item::Item;
use crate::ir::{CompareOp, LONGEST_ARRAY};
use cap_file::{Opcode, Operands};
use std::collections::BTreeSet;

/// Words of the frame and a number that give a value, added as words are.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sum {
    first: u8,
    second: Option<u8>,
    by: i32,
}

impl Sum {
    const fn of(word: u8) -> Self {
        Self {
            first: word,
            second: None,
            by: 0,
        }
    }

    fn has(self, word: u8) -> bool {
        self.first == word || self.second == Some(word)
    }

    /// The word, where it is nothing else.
    fn alone(self) -> Option<u8> {
        (self == Self::of(self.first)).then_some(self.first)
    }

    fn plus(self, by: i32) -> Option<Self> {
        let by = self.by + by;
        Interval::new(by, by)
            .within(ANY)
            .then_some(Self { by, ..self })
    }

    fn plus_word(self, word: u8) -> Option<Self> {
        self.second.is_none().then_some(Self {
            second: Some(word),
            ..self
        })
    }
}

/// A value on the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) range: Interval,
    is: Option<Sum>,
    /// A word of the frame that was taken from a number that is not negative, neither of them: to give this.
    less: Option<u8>,
    /// A word of the frame whose low byte, its sign extended, it is.
    byte: Option<u8>,
    /// Whether it is a copy of the value below.
    is_copy: bool,
}

impl Value {
    fn of(range: Interval) -> Self {
        Self {
            range,
            is: None,
            less: None,
            byte: None,
            is_copy: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::codegen) struct State {
    pub(super) stack: Vec<Value>,
    pub(super) words: Vec<Interval>,
    /// Pairs of words of the frame whose sum is no more than 32767.
    sums: BTreeSet<(u8, u8)>,
}

const UNDERFLOW: &str = "more taken from the stack than is there";

impl State {
    pub(super) fn at_start(words: Vec<Interval>) -> Self {
        Self {
            stack: Vec::new(),
            words,
            sums: BTreeSet::new(),
        }
    }

    /// The word on top of the stack.
    pub(super) fn top(&self) -> Interval {
        self.below(0)
    }

    /// The word below so many others.
    pub(super) fn below(&self, others: usize) -> Interval {
        let value = self.stack.iter().rev().nth(others);
        value.map_or(ANY, |value| signed(value.range))
    }

    /// So many words from the top, the lowest first.
    pub(super) fn topmost(&self, count: usize) -> Vec<Interval> {
        let first = self.stack.len().saturating_sub(count);
        let words = self.stack.iter().skip(first);
        words.map(|value| signed(value.range)).collect()
    }

    /// The word on top is one of these; that alone is kept where the two have nothing in common.
    pub(super) fn promise(&mut self, promise: Interval) {
        if let Some(top) = self.stack.last_mut() {
            top.range = meet(top.range, promise);
            let value = *top;
            self.narrow(value, promise);
        }
    }

    /// So is a word of the frame.
    pub(super) fn promise_word(&mut self, word: u8, promise: Interval) {
        if let Some(slot) = self.slot(word) {
            *slot = meet(*slot, promise);
        }
    }

    /// Keeps what is known on another way as well; intervals that still grow do so up to the next step. Whether less is
    /// known now.
    pub(super) fn join(&mut self, new: &State, steps: Option<&[i32]>) -> Result<bool, String> {
        if self.stack.len() != new.stack.len() || self.words.len() != new.words.len() {
            return Err("two depths of the stack at one place".to_owned());
        }
        let mut is_changed = false;
        for (old, new) in self.words.iter_mut().zip(&new.words) {
            is_changed |= change(old, joined(*old, *new, steps));
        }
        for (old, new) in self.stack.iter_mut().zip(&new.stack) {
            let value = Value {
                range: joined(old.range, new.range, steps),
                is: old.is.filter(|_| old.is == new.is),
                less: old.less.filter(|_| old.less == new.less),
                byte: old.byte.filter(|_| old.byte == new.byte),
                is_copy: old.is_copy && new.is_copy,
            };
            is_changed |= change(old, value);
        }
        let count = self.sums.len();
        self.sums.retain(|pair| new.sums.contains(pair));
        Ok(is_changed || self.sums.len() != count)
    }

    /// Goes on behind an instruction.
    pub(super) fn step(&mut self, item: &Item) -> Result<(), String> {
        let (pops, pushes) = item.stack_effect();
        if let Item::Plain(opcode, operands) = item {
            if let Some(word) = local_of(*opcode, operands) {
                return self.local(*opcode, word, operands);
            }
            // Nothing is known of the two words of an `int`.
            if let Some(word) = int_stored(*opcode, operands) {
                for word in [word, word.saturating_add(1)] {
                    if let Some(slot) = self.slot(word) {
                        *slot = ANY;
                    }
                    self.forget(word);
                }
            }
            if let (Opcode::Dup, Some(top)) = (*opcode, self.stack.last().copied()) {
                self.stack.push(Value {
                    is_copy: true,
                    ..top
                });
                return Ok(());
            }
        }
        let Some(rest) = self.stack.len().checked_sub(pops) else {
            return Err(UNDERFLOW.to_owned());
        };
        // More than two values are taken by what gives nothing, or nothing of which is known.
        let mut buffer = [Value::of(ANY); MOST_TAKEN];
        let taken = match (buffer.get_mut(..pops), self.stack.get(rest..)) {
            (Some(taken), Some(top)) => {
                taken.copy_from_slice(top);
                &*taken
            }
            _ => &[],
        };
        self.stack.truncate(rest);
        let result = match item {
            Item::Plain(opcode, operands) => {
                self.found_in_bounds(*opcode, taken);
                if let (Opcode::S2i, [short]) = (*opcode, taken) {
                    // The low word, which `i2s` takes again, lies on top here.
                    self.stack.extend([Value::of(ANY), Value::of(short.range)]);
                    return Ok(());
                }
                let range = self.sum(*opcode, taken);
                let range = range.unwrap_or_else(|| plain(*opcode, operands, &ranges(taken)));
                Value {
                    is: moved(*opcode, taken),
                    less: subtracted(*opcode, taken),
                    byte: low_byte(*opcode, taken),
                    ..Value::of(range)
                }
            }
            Item::Pool(Opcode::GetfieldB | Opcode::GetfieldBThis, _) => Value::of(BYTE),
            _ => Value::of(ANY),
        };
        self.stack.extend(std::iter::repeat_n(result, pushes));
        Ok(())
    }

    /// Behind an access that no exception has ended, the index was in bounds.
    fn found_in_bounds(&mut self, opcode: Opcode, taken: &[Value]) {
        let index = match opcode {
            Opcode::Baload | Opcode::Saload | Opcode::Aaload => taken.get(1),
            Opcode::Bastore | Opcode::Sastore | Opcode::Aastore => taken.get(1),
            _ => None,
        };
        if let Some(index) = index {
            self.narrow(*index, Interval::new(0, LONGEST_ARRAY - 1));
        }
    }

    fn slot(&mut self, word: u8) -> Option<&mut Interval> {
        self.words.get_mut(usize::from(word))
    }

    fn word(&self, word: u8) -> Interval {
        self.words.get(usize::from(word)).copied().unwrap_or(ANY)
    }

    /// The sum that a value is, where that, being in a range, cannot have wrapped.
    fn sum_of(&self, value: Value, range: Interval) -> Option<Sum> {
        let sum = value.is?;
        let (a, b) = (self.word(sum.first), self.second(sum));
        let wraps = |turns: i32| {
            let least = range.low + turns * WORDS;
            let most = range.high + turns * WORDS;
            a.low + b.low + sum.by <= most && a.high + b.high + sum.by >= least
        };
        (!wraps(-1) && !wraps(1)).then_some(sum)
    }

    fn second(&self, sum: Sum) -> Interval {
        sum.second
            .map_or(Interval::new(0, 0), |word| self.word(word))
    }

    /// A sum that is known to be no more than a word holds.
    fn sum(&self, opcode: Opcode, taken: &[Value]) -> Option<Interval> {
        let [a, b] = *taken else { return None };
        let pair = ordered(a.is?.alone()?, b.is?.alone()?);
        let is_known = opcode == Opcode::Sadd && self.sums.contains(&pair);
        is_known.then(|| {
            let (a, b) = (signed(a.range), signed(b.range));
            let high = (a.high + b.high).min(ANY.high);
            wrapped((a.low + b.low).into(), high.into())
        })
    }

    /// Takes a note of `a <= c - b`, where no `c` is more than a word holds.
    fn relate(&mut self, relation: CompareOp, a: Value, b: Value) {
        let (one, difference) = match relation {
            CompareOp::Lt | CompareOp::Le | CompareOp::Eq => (a, b),
            CompareOp::Gt | CompareOp::Ge => (b, a),
            CompareOp::Ne => return,
        };
        if let (Some(word), Some(less)) = (one.is.and_then(Sum::alone), difference.less) {
            self.sums.insert(ordered(word, less));
        }
    }

    /// A value is one of these; whether that can be.
    fn narrow(&mut self, value: Value, to: Interval) -> bool {
        if let Some(word) = value.byte
            && self.word(word).within(Interval::UNSIGNED_BYTE)
        {
            return match () {
                () if to.low >= 0 => self.narrow_word(word, to),
                () if to.high < 0 => {
                    self.narrow_word(word, Interval::new(to.low + 256, to.high + 256))
                }
                () => true,
            };
        }
        let known = signed(value.range);
        let to = Interval::new(to.low.max(known.low), to.high.min(known.high));
        let Some(sum) = self.sum_of(value, to) else {
            return true;
        };
        let rest = |other: Interval| {
            Interval::new(to.low - sum.by - other.high, to.high - sum.by - other.low)
        };
        let (first, second) = (self.word(sum.first), self.second(sum));
        self.narrow_word(sum.first, rest(second))
            && sum
                .second
                .is_none_or(|word| self.narrow_word(word, rest(first)))
    }

    fn narrow_word(&mut self, word: u8, to: Interval) -> bool {
        let Some(slot) = self.slot(word) else {
            return true;
        };
        let both = Interval::new(slot.low.max(to.low), slot.high.min(to.high));
        if both.low > both.high {
            return false;
        }
        *slot = both;
        true
    }

    fn local(&mut self, opcode: Opcode, word: u8, operands: &Operands) -> Result<(), String> {
        let Some(slot) = self.words.get_mut(usize::from(word)) else {
            return Err(format!("word {word} is not in the frame"));
        };
        if let Operands::Increment { value, .. } = operands {
            let by = i64::from(*value);
            *slot = wrapped(i64::from(slot.low) + by, i64::from(slot.high) + by);
            self.forget(word);
            return Ok(());
        }
        let item = Item::Plain(opcode, operands.clone());
        if item.stack_effect().1 == 1 {
            self.stack.push(Value {
                is: Some(Sum::of(word)),
                ..Value::of(*slot)
            });
            return Ok(());
        }
        let stored = self.stack.pop().ok_or_else(|| UNDERFLOW.to_owned())?;
        *slot = stored.range;
        self.forget(word);
        if let Some(below) = self.stack.last_mut().filter(|_| stored.is_copy) {
            below.is = Some(Sum::of(word));
        }
        Ok(())
    }

    /// A word of the frame has changed.
    fn forget(&mut self, word: u8) {
        for value in &mut self.stack {
            value.is = value.is.filter(|sum| !sum.has(word));
            value.byte = value.byte.filter(|other| *other != word);
            value.less = value.less.filter(|other| *other != word);
        }
        self.sums.retain(|(a, b)| *a != word && *b != word);
    }

    /// The values that a branch is going to take.
    pub(super) fn to_be_taken(&self, branch: &Item) -> Vec<Value> {
        let rest = self.stack.len().saturating_sub(branch.stack_effect().0);
        self.stack.get(rest..).unwrap_or_default().to_vec()
    }

    /// What is known on either way of a branch that has taken these, the jump first; nothing of a way that cannot be.
    pub(super) fn branch(self, opcode: Opcode, taken: &[Value]) -> [Option<State>; 2] {
        let zero = Value::of(Interval::new(0, 0));
        let (relation, a, b) = match (relation(opcode), taken) {
            (Some(relation), [a]) => (relation, *a, zero),
            (Some(relation), [a, b]) => (relation, *a, *b),
            _ if opcode.ends_flow() => return [Some(self), None],
            _ => return [Some(self.clone()), Some(self)],
        };
        let jumps = self.clone().related(relation, a, b);
        [jumps, self.related(relation.negated(), a, b)]
    }

    /// What is known where two values compare so; nothing if they cannot.
    fn related(mut self, relation: CompareOp, a: Value, b: Value) -> Option<State> {
        if let Some(part) = by_sign(a.range, relation, b.range) {
            if let Some(slot) = a.is.and_then(Sum::alone).and_then(|word| self.slot(word)) {
                *slot = part;
            }
            return Some(self);
        }
        let (for_a, for_b) = signed(a.range).compared(relation, signed(b.range))?;
        self.relate(relation, a, b);
        (self.narrow(a, for_a) && self.narrow(b, for_b)).then_some(self)
    }
}

/// So many values are looked at that an instruction takes.
const MOST_TAKEN: usize = 4;

/// What values are, at most two of them.
fn ranges(taken: &[Value]) -> [Interval; 2] {
    let range = |at: usize| taken.get(at).map_or(ANY, |value| value.range);
    [range(0), range(1)]
}

/// Sets one to the other; whether that is new.
fn change<T: PartialEq>(old: &mut T, new: T) -> bool {
    let is_new = *old != new;
    *old = new;
    is_new
}

/// The intervals of two ways.
fn joined(old: Interval, new: Interval, steps: Option<&[i32]>) -> Interval {
    let both = match old.join(new) {
        both if both == old => return old,
        both if both.high > ANY.high && both.low < 0 => ANY,
        both => both,
    };
    let Some(steps) = steps.filter(|_| both != old) else {
        return both;
    };
    if both.high > ANY.high {
        return ANY;
    }
    let below = steps.iter().rev().find(|step| **step <= both.low);
    let above = steps.iter().find(|step| **step >= both.high);
    Interval::new(
        below.copied().unwrap_or(ANY.low),
        above.copied().unwrap_or(ANY.high),
    )
}

/// Of words without sign those that as words with sign compare so with zero.
fn by_sign(range: Interval, relation: CompareOp, other: Interval) -> Option<Interval> {
    if range.high <= ANY.high || other != Interval::new(0, 0) {
        return None;
    }
    match relation {
        CompareOp::Lt => Some(Interval::new(ANY.low, range.high - WORDS)),
        CompareOp::Ge => Some(Interval::new(range.low, ANY.high)),
        _ => None,
    }
}

/// What a promise leaves; the promise alone where the two have nothing in common.
fn meet(a: Interval, promise: Interval) -> Interval {
    let a = match promise.low {
        0.. => a,
        _ => signed(a),
    };
    let both = Interval::new(a.low.max(promise.low), a.high.min(promise.high));
    if both.low <= both.high { both } else { promise }
}

fn ordered(a: u8, b: u8) -> (u8, u8) {
    (a.min(b), a.max(b))
}

/// The word of the frame that was taken from a number, neither of them negative.
fn subtracted(opcode: Opcode, taken: &[Value]) -> Option<u8> {
    let [from, by] = *taken else { return None };
    let fits = |value: Value| value.range.within(Interval::NON_NEGATIVE);
    let is_less = opcode == Opcode::Ssub && fits(from) && fits(by);
    by.is?.alone().filter(|_| is_less)
}

/// The word of the frame whose low byte is a result.
fn low_byte(opcode: Opcode, taken: &[Value]) -> Option<u8> {
    match (opcode, taken) {
        (Opcode::S2b, [value]) => value.is?.alone(),
        _ => None,
    }
}

/// Which sum a result is.
fn moved(opcode: Opcode, taken: &[Value]) -> Option<Sum> {
    let [a, b] = *taken else { return None };
    let number = |value: Value| {
        let Interval { low, high } = value.range;
        (low == high).then_some(low)
    };
    match opcode {
        Opcode::Sadd => match (number(a), number(b)) {
            (_, Some(by)) => a.is?.plus(by),
            (Some(by), _) => b.is?.plus(by),
            _ => match (a.is?, b.is?) {
                (sum, other) | (other, sum) if other.alone().is_some() => {
                    sum.plus_word(other.first)
                }
                _ => None,
            },
        },
        Opcode::Ssub => a.is?.plus(-number(b)?),
        _ => None,
    }
}

fn relation(opcode: Opcode) -> Option<CompareOp> {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    Some(match opcode {
        Opcode::Ifeq | Opcode::IfScmpeq => Eq,
        Opcode::Ifne | Opcode::IfScmpne => Ne,
        Opcode::Iflt | Opcode::IfScmplt => Lt,
        Opcode::Ifge | Opcode::IfScmpge => Ge,
        Opcode::Ifgt | Opcode::IfScmpgt => Gt,
        Opcode::Ifle | Opcode::IfScmple => Le,
        _ => return None,
    })
}
