//! Bytes that become more and less.

use crate::{Bytes, Cell, Platform, Result, StatusWord};

/// Up to `N` persistent bytes with a length: what `heapless::Vec<u8, N>` is among locals, as a field.
///
/// Power that fails during a call leaves the bytes as they were before it or as they are behind it: what is added is written
/// first and counted then, in one write. An open transaction takes all of it back.
///
/// It is an ordinary struct of Card Rust, a class with a `byte[]` and a `short`.
pub struct ByteVec<P: Platform, const N: usize> {
    bytes: P::Bytes<N>,
    length: P::Cell<usize>,
}

impl<P: Platform, const N: usize> ByteVec<P, N> {
    /// Makes an empty one. Only while the applet is installed.
    pub fn new(platform: &mut P) -> Self {
        Self {
            bytes: platform.bytes(),
            length: platform.cell(0),
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.length.get()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length.get() == 0
    }

    /// How many there is room for: `N`.
    pub fn capacity(&self) -> usize {
        N
    }

    /// Whether there is no room for one more.
    pub fn is_full(&self) -> bool {
        self.len() == N
    }

    /// The byte at `index`, if there are so many.
    pub fn get(&self, index: usize) -> Option<u8> {
        if index < self.len() {
            Some(self.bytes.get(index))
        } else {
            None
        }
    }

    /// Changes the byte at `index`.
    ///
    /// # Errors
    /// [`StatusWord::WRONG_DATA`] if there are not so many.
    pub fn set(&mut self, index: usize, value: u8) -> Result {
        if index >= self.len() {
            return Err(StatusWord::WRONG_DATA);
        }
        self.bytes.set(index, value);
        Ok(())
    }

    /// Adds a byte at the end.
    ///
    /// # Errors
    /// [`StatusWord::NOT_ENOUGH_MEMORY`] if there is no room.
    pub fn push(&mut self, value: u8) -> Result {
        let length = self.len();
        if length == N {
            return Err(StatusWord::NOT_ENOUGH_MEMORY);
        }
        self.bytes.set(length, value);
        self.length.set(length + 1);
        Ok(())
    }

    /// Takes the last byte away.
    pub fn pop(&mut self) -> Option<u8> {
        let length = self.length.get();
        if length == 0 {
            return None;
        }
        self.length.set(length - 1);
        Some(self.bytes.get(length - 1))
    }

    /// Adds bytes at the end, all or none of them. Counts against the card's commit capacity.
    ///
    /// # Errors
    /// [`StatusWord::NOT_ENOUGH_MEMORY`] if there is no room for all of them.
    pub fn extend_from_slice(&mut self, more: &[u8]) -> Result {
        let length = self.len();
        if more.len() > N - length {
            return Err(StatusWord::NOT_ENOUGH_MEMORY);
        }
        self.bytes.write(length, more);
        self.length.set(length + more.len());
        Ok(())
    }

    /// Takes away all but the first `length` bytes; nothing if there are no more.
    pub fn truncate(&mut self, length: usize) {
        if length < self.len() {
            self.length.set(length);
        }
    }

    /// Takes all bytes away.
    pub fn clear(&mut self) {
        self.length.set(0);
    }

    /// Copies from `offset` on to all of `out`.
    ///
    /// # Errors
    /// [`StatusWord::WRONG_DATA`] if there are not so many.
    pub fn read(&self, offset: usize, out: &mut [u8]) -> Result {
        let length = self.len();
        if offset > length || out.len() > length - offset {
            return Err(StatusWord::WRONG_DATA);
        }
        self.bytes.read(offset, out);
        Ok(())
    }
}
