//! Stack and local variables at one point of a method.

use super::types::Value;
use crate::verify::Rule;

/// A broken rule, not yet placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Fault {
    pub(crate) fn new(rule: Rule, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            rule,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// The types at one point.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) locals: Vec<Value>,
    pub(crate) stack: Vec<Value>,
    /// A constructor has not yet called another one.
    pub(crate) owes_super: bool,
    /// Local variable 0 still is `this`.
    pub(crate) holds_this: bool,
    max_stack: usize,
}

impl Clone for Frame {
    fn clone(&self) -> Self {
        self.with_stack(&self.stack)
    }

    /// Without new memory, if there is enough.
    fn clone_from(&mut self, other: &Self) {
        self.locals.clone_from(&other.locals);
        self.stack.clone_from(&other.stack);
        self.owes_super = other.owes_super;
        self.holds_this = other.holds_this;
        self.max_stack = other.max_stack;
    }
}

impl Frame {
    pub(crate) fn new(locals: Vec<Value>, max_stack: usize, owes_super: bool) -> Self {
        Self {
            locals,
            stack: Vec::with_capacity(max_stack),
            owes_super,
            holds_this: false,
            max_stack,
        }
    }

    /// The same with another stack.
    pub(crate) fn with_stack(&self, stack: &[Value]) -> Frame {
        Frame {
            locals: self.locals.clone(),
            stack: stack.to_vec(),
            owes_super: self.owes_super,
            holds_this: self.holds_this,
            max_stack: self.max_stack,
        }
    }

    pub(crate) const fn max_stack(&self) -> usize {
        self.max_stack
    }

    /// One word too many.
    pub(crate) fn overflow(&self) -> Fault {
        let limit = format!("at most {} words on the stack", self.max_stack);
        Fault::new(Rule::StackOverflow, limit, "one more")
    }

    fn push_word(&mut self, value: Value) -> Result<(), Fault> {
        if self.stack.len() >= self.max_stack {
            return Err(self.overflow());
        }
        self.stack.push(value);
        Ok(())
    }

    /// Pushes a value; [`Value::IntHigh`] stands for both words of an int.
    pub(crate) fn push(&mut self, value: Value) -> Result<(), Fault> {
        self.push_word(value)?;
        if value == Value::IntHigh {
            self.push_word(Value::IntLow)
        } else {
            Ok(())
        }
    }

    fn pop_raw(&mut self) -> Result<Value, Fault> {
        self.stack.pop().ok_or_else(|| {
            Fault::new(
                Rule::StackUnderflow,
                "a word on the stack",
                "an empty stack",
            )
        })
    }

    /// Takes any value of one word.
    pub(crate) fn pop_word(&mut self) -> Result<Value, Fault> {
        match self.pop_raw()? {
            Value::IntLow | Value::IntHigh => Err(Fault::new(
                Rule::StackInt,
                "a value of one word",
                "one word of an int",
            )),
            value => Ok(value),
        }
    }

    /// Takes a value: an int gives [`Value::IntHigh`].
    pub(crate) fn pop(&mut self) -> Result<Value, Fault> {
        match self.pop_raw()? {
            Value::IntLow => match self.pop_raw()? {
                Value::IntHigh => Ok(Value::IntHigh),
                _ => Err(Fault::new(
                    Rule::StackInt,
                    "both words of an int",
                    "one word of an int",
                )),
            },
            Value::IntHigh => Err(Fault::new(
                Rule::StackInt,
                "both words of an int",
                "one word of an int",
            )),
            value => Ok(value),
        }
    }

    /// Takes exactly this value.
    pub(crate) fn pop_exact(&mut self, wanted: Value, name: &str) -> Result<(), Fault> {
        let found = self.pop()?;
        if found == wanted {
            Ok(())
        } else {
            Err(Fault::new(Rule::StackType, name, format!("{found:?}")))
        }
    }

    /// That the topmost `count` words are there and split no int: where they start.
    fn cut(&self, count: usize) -> Result<usize, Fault> {
        let start = self.stack.len().checked_sub(count).ok_or_else(|| {
            Fault::new(
                Rule::StackUnderflow,
                format!("{count} words on the stack"),
                self.stack.len().to_string(),
            )
        })?;
        if self.stack.get(start) == Some(&Value::IntLow) {
            return Err(Fault::new(
                Rule::StackInt,
                "whole ints",
                "a cut between the words of an int",
            ));
        }
        Ok(start)
    }

    /// `pop2`
    pub(crate) fn drop_words(&mut self, count: usize) -> Result<(), Fault> {
        let start = self.cut(count)?;
        self.stack.truncate(start);
        Ok(())
    }

    /// `dup`, `dup2` and `dup_x`: copies the topmost `m` words below the topmost `n` (`n` = 0: on top).
    pub(crate) fn duplicate(&mut self, m: usize, n: usize) -> Result<(), Fault> {
        let top = self.cut(m)?;
        let below = self.cut(n.max(m))?;
        if self.stack.len() + m > self.max_stack {
            return Err(self.overflow());
        }
        self.stack.extend_from_within(top..);
        if let Some(words) = self.stack.get_mut(below..) {
            words.rotate_right(m);
        }
        Ok(())
    }

    /// `swap_x`: the topmost `m` words change places with the `n` below.
    pub(crate) fn swap(&mut self, m: usize, n: usize) -> Result<(), Fault> {
        self.cut(m)?;
        let below = self.cut(m + n)?;
        if let Some(words) = self.stack.get_mut(below..) {
            words.rotate_right(m);
        }
        Ok(())
    }

    /// The value of a local variable; an int gives [`Value::IntHigh`] if both words are there.
    pub(crate) fn local(&self, index: usize) -> Result<Value, Fault> {
        let out_of_bounds = || {
            let bound = format!("a local variable below {}", self.locals.len());
            Fault::new(Rule::LocalBounds, bound, index.to_string())
        };
        let value = *self.locals.get(index).ok_or_else(out_of_bounds)?;
        if value == Value::IntHigh && self.locals.get(index + 1) != Some(&Value::IntLow) {
            return Ok(Value::Unusable);
        }
        Ok(value)
    }

    /// Stores into a local variable, and a second word for an int. What is left of an int that is overwritten
    /// in part is of no use: [`Frame::local`] sees to the first word, nobody reads a second word alone.
    pub(crate) fn set_local(&mut self, index: usize, value: Value) -> Result<(), Fault> {
        let words = if value == Value::IntHigh { 2 } else { 1 };
        let bound = self.locals.len();
        let Some(places) = self.locals.get_mut(index..index + words) else {
            return Err(Fault::new(
                Rule::LocalBounds,
                format!("{words} local variables below {bound}"),
                index.to_string(),
            ));
        };
        for (place, word) in places.iter_mut().zip([value, Value::IntLow]) {
            *place = word;
        }
        self.holds_this &= index > 0;
        // A new value where the second word of an int was leaves a first word without its second.
        if let Some(before) = index.checked_sub(1)
            && let Some(place) = self.locals.get_mut(before)
            && *place == Value::IntHigh
        {
            *place = Value::Unusable;
        }
        Ok(())
    }

    /// Replaces a value wherever it is.
    pub(crate) fn replace(&mut self, old: Value, new: Value) {
        for value in self.locals.iter_mut().chain(&mut self.stack) {
            if *value == old {
                *value = new;
            }
        }
    }
}
