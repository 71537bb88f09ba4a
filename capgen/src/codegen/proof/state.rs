//! What is known at one place: intervals of words, and which values are words of the frame.

use super::ANY;
use super::words::{BYTE, int_stored, local_of, plain, wrapped};
use crate::codegen::interval::Interval;
use crate::codegen::item::Item;
use crate::ir::{CompareOp, LONGEST_ARRAY};
use cap_file::{Opcode, Operands};

/// A value on the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) range: Interval,
    /// A word of the frame and a number that, added to it, gives the value.
    is: Option<(u8, i32)>,
    /// Whether it is a copy of the value below.
    is_copy: bool,
}

impl Value {
    fn of(range: Interval) -> Self {
        Self {
            range,
            is: None,
            is_copy: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) stack: Vec<Value>,
    pub(super) words: Vec<Interval>,
}

const UNDERFLOW: &str = "more taken from the stack than is there";

impl State {
    pub(super) fn at_start(words: Vec<Interval>) -> Self {
        Self {
            stack: Vec::new(),
            words,
        }
    }

    /// The word on top of the stack.
    pub(super) fn top(&self) -> Interval {
        self.stack.last().map_or(ANY, |value| value.range)
    }

    /// The word on top is one of these; that alone is kept where the two have nothing in common.
    pub(super) fn promise(&mut self, promise: Interval) {
        if let Some(top) = self.stack.last_mut() {
            top.range = meet(top.range, promise);
        }
    }

    /// So is a word of the frame.
    pub(super) fn promise_word(&mut self, word: u8, promise: Interval) {
        if let Some(slot) = self.words.get_mut(usize::from(word)) {
            *slot = meet(*slot, promise);
        }
    }

    /// What is known where two ways meet; intervals that still grow do so up to the next step.
    pub(super) fn join(&self, new: &State, steps: Option<&[i32]>) -> Result<State, String> {
        if self.stack.len() != new.stack.len() || self.words.len() != new.words.len() {
            return Err("two depths of the stack at one place".to_owned());
        }
        let pair = |(old, new): (&Interval, &Interval)| {
            let both = old.join(*new);
            let Some(steps) = steps.filter(|_| both != *old) else {
                return both;
            };
            let below = steps.iter().rev().find(|step| **step <= both.low);
            let above = steps.iter().find(|step| **step >= both.high);
            Interval::new(
                below.copied().unwrap_or(ANY.low),
                above.copied().unwrap_or(ANY.high),
            )
        };
        let value = |(old, new): (&Value, &Value)| Value {
            range: pair((&old.range, &new.range)),
            is: old.is.filter(|_| old.is == new.is),
            is_copy: old.is_copy && new.is_copy,
        };
        Ok(State {
            stack: self.stack.iter().zip(&new.stack).map(value).collect(),
            words: self.words.iter().zip(&new.words).map(pair).collect(),
        })
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
                    if let Some(slot) = self.words.get_mut(usize::from(word)) {
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
        let taken = self.stack.split_off(rest);
        let ranges: Vec<Interval> = taken.iter().map(|value| value.range).collect();
        let result = match item {
            Item::Plain(opcode, operands) => {
                self.found_in_bounds(*opcode, &taken);
                if let (Opcode::S2i, [short]) = (*opcode, taken.as_slice()) {
                    // The low word, which `i2s` takes again, lies on top here.
                    self.stack.extend([Value::of(ANY), Value::of(short.range)]);
                    return Ok(());
                }
                let range = plain(*opcode, operands, &ranges);
                Value {
                    is: moved(*opcode, &taken),
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

    /// A value is one of these; whether that can be.
    fn narrow(&mut self, value: Value, to: Interval) -> bool {
        let Some((word, by)) = value.is else {
            return true;
        };
        let Some(slot) = self.words.get_mut(usize::from(word)) else {
            return true;
        };
        let to = Interval::new(to.low - by, to.high - by);
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
                is: Some((word, 0)),
                ..Value::of(*slot)
            });
            return Ok(());
        }
        let stored = self.stack.pop().ok_or_else(|| UNDERFLOW.to_owned())?;
        *slot = stored.range;
        self.forget(word);
        if let Some(below) = self.stack.last_mut().filter(|_| stored.is_copy) {
            below.is = Some((word, 0));
        }
        Ok(())
    }

    /// A word of the frame has changed.
    fn forget(&mut self, word: u8) {
        for value in &mut self.stack {
            value.is = value.is.filter(|(other, _)| *other != word);
        }
    }

    /// What is known on either way of a branch, the jump first; nothing of a way that cannot be.
    pub(super) fn branch(&self, opcode: Opcode, before: &State) -> [Option<State>; 2] {
        let Some((relation, pops)) = relation(opcode) else {
            return [Some(self.clone()), Some(self.clone())];
        };
        let Some(taken) = before
            .stack
            .len()
            .checked_sub(pops)
            .and_then(|rest| before.stack.get(rest..))
        else {
            return [Some(self.clone()), Some(self.clone())];
        };
        let zero = Value::of(Interval::new(0, 0));
        let (a, b) = match *taken {
            [a] => (a, zero),
            [a, b] => (a, b),
            _ => return [Some(self.clone()), Some(self.clone())],
        };
        [relation, relation.negated()].map(|relation| {
            let (for_a, for_b) = a.range.compared(relation, b.range)?;
            let mut state = self.clone();
            (state.narrow(a, for_a) && state.narrow(b, for_b)).then_some(state)
        })
    }
}

/// What a promise leaves; the promise alone where the two have nothing in common.
fn meet(a: Interval, promise: Interval) -> Interval {
    let both = Interval::new(a.low.max(promise.low), a.high.min(promise.high));
    if both.low <= both.high { both } else { promise }
}

/// Which word of the frame a result is, a number being added to it.
fn moved(opcode: Opcode, taken: &[Value]) -> Option<(u8, i32)> {
    let [a, b] = *taken else { return None };
    let (value, by) = match opcode {
        Opcode::Sadd if b.range.low == b.range.high => (a, b.range.low),
        Opcode::Sadd if a.range.low == a.range.high => (b, a.range.low),
        Opcode::Ssub if b.range.low == b.range.high => (a, -b.range.low),
        _ => return None,
    };
    let (word, from) = value.is?;
    let moved = Interval::new(value.range.low + by, value.range.high + by);
    // The sum must not wrap.
    moved.within(ANY).then_some((word, from + by))
}

fn relation(opcode: Opcode) -> Option<(CompareOp, usize)> {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    Some(match opcode {
        Opcode::Ifeq => (Eq, 1),
        Opcode::Ifne => (Ne, 1),
        Opcode::Iflt => (Lt, 1),
        Opcode::Ifge => (Ge, 1),
        Opcode::Ifgt => (Gt, 1),
        Opcode::Ifle => (Le, 1),
        Opcode::IfScmpeq => (Eq, 2),
        Opcode::IfScmpne => (Ne, 2),
        Opcode::IfScmplt => (Lt, 2),
        Opcode::IfScmpge => (Ge, 2),
        Opcode::IfScmpgt => (Gt, 2),
        Opcode::IfScmple => (Le, 2),
        _ => return None,
    })
}
