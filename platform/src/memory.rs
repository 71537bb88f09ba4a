//! Memory that an applet may change after its installation.

/// What a [`Cell`] holds: `bool`, `u8`, `i8`, `u16`, `i16`, `u32`, `i32`, `usize` (0..=32767), a C-like enum
/// with `#[repr(u8)]`, or a tuple struct over one of these. Card Rust refuses other types.
pub trait Value: Copy + 'static {}
impl<T: Copy + 'static> Value for T {}

/// One value.
pub trait Cell<T: Value> {
    /// The value.
    fn get(&self) -> T;
    /// Changes the value: one write, which a transaction takes back where it does not commit.
    fn set(&mut self, value: T);
}

/// A byte array of fixed length. Offsets and lengths are in bytes; going past the end is a panic
/// here and status 6F00 on the card.
pub trait Bytes {
    /// The byte at `index`.
    fn get(&self, index: usize) -> u8;
    /// Changes the byte at `index`.
    fn set(&mut self, index: usize, value: u8);
    /// Copies from `offset` on to all of `out` (`Util.arrayCopyNonAtomic`).
    fn read(&self, offset: usize, out: &mut [u8]);
    /// Copies all of `data` to `offset`, all or nothing when power fails (`Util.arrayCopy`). Counts
    /// against the card's commit capacity.
    fn write(&mut self, offset: usize, data: &[u8]);
    /// Sets `length` bytes from `offset` on to `value`, outside of every transaction
    /// (`Util.arrayFillNonAtomic`); when power fails any part of them may be set.
    fn fill(&mut self, offset: usize, length: usize, value: u8);
}
