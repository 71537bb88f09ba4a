//! Words of the current frame: operand stack and locals.

use super::{Frame, NO_FRAME, Word, WordTag};
use crate::vm::Vm;
use crate::vm::trap::Trap;

const OVERFLOW: Trap = Trap::BadCode("more words on the operand stack than max_stack");
const UNDERFLOW: Trap = Trap::BadCode("the operand stack is empty");
const NO_LOCAL: Trap = Trap::BadCode("a local variable that the method has not");
const SPLIT: Trap = Trap::BadCode("an int torn apart");
const NOT_SHORT: Trap = Trap::BadCode("no short where one is wanted");
const NOT_REFERENCE: Trap = Trap::BadCode("no reference where one is wanted");
const NOT_INT: Trap = Trap::BadCode("no int where one is wanted");
const NOT_RETURN_ADDRESS: Trap = Trap::BadCode("no return address where one is wanted");

impl<'a> Vm<'a> {
    /// The current frame and the words.
    fn current(&mut self) -> Result<(&mut Frame<'a>, &mut [Word]), Trap> {
        let machine = self.machine()?;
        let frame = machine.frames.last_mut().ok_or(NO_FRAME)?;
        Ok((frame, &mut machine.words))
    }

    pub(super) fn push(&mut self, word: Word) -> Result<(), Trap> {
        let (frame, words) = self.current()?;
        if frame.depth >= frame.max_stack {
            return Err(OVERFLOW);
        }
        let place = words.get_mut(frame.base + frame.locals + frame.depth);
        *place.ok_or(OVERFLOW)? = word;
        frame.depth += 1;
        Ok(())
    }

    pub(super) fn push_words(&mut self, words: &[Word]) -> Result<(), Trap> {
        words.iter().try_for_each(|word| self.push(*word))
    }

    pub(super) fn push_short(&mut self, value: i16) -> Result<(), Trap> {
        self.push(Word::short(value))
    }

    pub(super) fn push_reference(&mut self, reference: u16) -> Result<(), Trap> {
        self.push(Word::reference(reference))
    }

    pub(super) fn push_int(&mut self, value: i32) -> Result<(), Trap> {
        self.push_words(&Word::int(value))
    }

    pub(super) fn pop_any(&mut self) -> Result<Word, Trap> {
        let (frame, words) = self.current()?;
        frame.depth = frame.depth.checked_sub(1).ok_or(UNDERFLOW)?;
        words
            .get(frame.base + frame.locals + frame.depth)
            .copied()
            .ok_or(UNDERFLOW)
    }

    pub(super) fn pop_short(&mut self) -> Result<i16, Trap> {
        let word = self.pop_any()?;
        match word.tag {
            WordTag::Short => Ok(word.value),
            _ => Err(NOT_SHORT),
        }
    }

    pub(super) fn pop_reference(&mut self) -> Result<u16, Trap> {
        let word = self.pop_any()?;
        match word.tag {
            WordTag::Reference => Ok(word.value.cast_unsigned()),
            _ => Err(NOT_REFERENCE),
        }
    }

    pub(super) fn pop_int(&mut self) -> Result<i32, Trap> {
        let low = self.pop_any()?;
        let high = self.pop_any()?;
        int(high, low)
    }

    /// The word that lies `below` words under the top.
    pub(super) fn peek(&mut self, below: usize) -> Result<Word, Trap> {
        let (frame, words) = self.current()?;
        let depth = frame.depth.checked_sub(below + 1).ok_or(UNDERFLOW)?;
        words
            .get(frame.base + frame.locals + depth)
            .copied()
            .ok_or(UNDERFLOW)
    }

    /// Takes the top `count` words off as they are, which must not begin or end within an int.
    pub(super) fn pop_words(&mut self, count: usize) -> Result<Vec<Word>, Trap> {
        let (frame, words) = self.current()?;
        let depth = frame.depth.checked_sub(count).ok_or(UNDERFLOW)?;
        let start = frame.base + frame.locals + depth;
        let taken = words.get(start..start + count).ok_or(UNDERFLOW)?.to_vec();
        frame.depth = depth;
        if taken
            .first()
            .is_some_and(|word| word.tag == WordTag::IntLow)
            || taken
                .last()
                .is_some_and(|word| word.tag == WordTag::IntHigh)
        {
            return Err(SPLIT);
        }
        Ok(taken)
    }

    fn local(&mut self, index: usize) -> Result<&mut Word, Trap> {
        let (frame, words) = self.current()?;
        if index >= frame.locals {
            return Err(NO_LOCAL);
        }
        words.get_mut(frame.base + index).ok_or(NO_LOCAL)
    }

    pub(super) fn load_short(&mut self, index: usize) -> Result<i16, Trap> {
        let word = *self.local(index)?;
        match word.tag {
            WordTag::Short => Ok(word.value),
            _ => Err(NOT_SHORT),
        }
    }

    pub(super) fn load_reference(&mut self, index: usize) -> Result<u16, Trap> {
        let word = *self.local(index)?;
        match word.tag {
            WordTag::Reference => Ok(word.value.cast_unsigned()),
            _ => Err(NOT_REFERENCE),
        }
    }

    pub(super) fn load_return_address(&mut self, index: usize) -> Result<u16, Trap> {
        let word = *self.local(index)?;
        match word.tag {
            WordTag::ReturnAddress => Ok(word.value.cast_unsigned()),
            _ => Err(NOT_RETURN_ADDRESS),
        }
    }

    pub(super) fn load_int(&mut self, index: usize) -> Result<i32, Trap> {
        let high = *self.local(index)?;
        let low = *self.local(index + 1)?;
        int(high, low)
    }

    pub(super) fn store(&mut self, index: usize, word: Word) -> Result<(), Trap> {
        // What is left of an int of which one half is overwritten is nothing.
        match self.local(index)?.tag {
            WordTag::IntHigh => *self.local(index + 1)? = Word::NOTHING,
            WordTag::IntLow if index > 0 => *self.local(index - 1)? = Word::NOTHING,
            _ => {}
        }
        *self.local(index)? = word;
        Ok(())
    }

    pub(super) fn store_int(&mut self, index: usize, value: i32) -> Result<(), Trap> {
        let [high, low] = Word::int(value);
        self.local(index + 1)?;
        self.store(index, Word::NOTHING)?;
        self.store(index + 1, Word::NOTHING)?;
        *self.local(index)? = high;
        *self.local(index + 1)? = low;
        Ok(())
    }
}

fn int(high: Word, low: Word) -> Result<i32, Trap> {
    match (high.tag, low.tag) {
        (WordTag::IntHigh, WordTag::IntLow) => {
            Ok(i32::from(high.value) << 16 | i32::from(low.value.cast_unsigned()))
        }
        _ => Err(NOT_INT),
    }
}
