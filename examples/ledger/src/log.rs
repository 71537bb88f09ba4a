//! What happened last.

use platform::{Bytes, Cell, Platform, Result, StatusWord};

/// How many changes a log remembers.
const ENTRIES: usize = 4;
/// Bytes of one: the direction, and the amount.
const SIZE: usize = 3;

/// Which way an amount went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    /// Into the purse.
    In = 1,
    /// Out of it.
    Out = 2,
}

/// The last four changes, the newest first.
pub struct Log<P: Platform> {
    entries: P::Bytes<12>,
    newest: P::Cell<u8>,
    count: P::Cell<u8>,
}

impl<P: Platform> Log<P> {
    /// An empty log.
    pub fn new(platform: &mut P) -> Self {
        Log {
            entries: platform.bytes(),
            newest: platform.cell(0u8),
            count: platform.cell(0u8),
        }
    }

    /// Notes a change.
    pub fn note(&mut self, direction: Direction, amount: u16) {
        let at = (usize::from(self.newest.get()) + 1) % ENTRIES;
        let [high, low] = amount.to_be_bytes();
        let start = at * SIZE;
        self.entries.set(start, direction as u8);
        self.entries.set(start + 1, high);
        self.entries.set(start + 2, low);
        self.newest.set(at as u8);
        if usize::from(self.count.get()) < ENTRIES {
            self.count.set(self.count.get() + 1);
        }
    }

    /// How many changes it remembers.
    pub fn count(&self) -> u8 {
        self.count.get()
    }

    /// Writes direction and amount of the change before `age` others to the start of `out`.
    ///
    /// # Errors
    /// `6A83` where there is none.
    pub fn read(&self, age: u8, out: &mut [u8]) -> Result {
        if age >= self.count.get() {
            return Err(StatusWord(0x6A83));
        }
        let at = (usize::from(self.newest.get()) + ENTRIES - usize::from(age)) % ENTRIES;
        self.entries.read(at * SIZE, &mut out[..SIZE]);
        Ok(())
    }
}
