#![doc = include_str!("../README.md")]

pub mod atr;
pub mod contact;
pub mod edc;
pub mod iso14443;
pub mod pn532;
pub mod pps;
pub mod t0;
pub mod t1;
pub mod timing;

/// Something on the far side of a serial line: bytes in, bytes out, and no clock of its own.
pub trait Peripheral {
    /// Power comes, or the reset line goes up and down: what it then says.
    fn reset(&mut self) -> Vec<u8>;

    /// Takes bytes from the line and gives what it answers at once.
    fn receive(&mut self, bytes: &[u8]) -> Vec<u8>;

    /// Whether the line has one wire for both directions, so that whoever sends hears it: the line's echo comes at once,
    /// whatever the device does with what it received, and is not in what [`Peripheral::receive`] gives.
    fn echoes(&self) -> bool {
        false
    }

    /// The line has been quiet for longer than a frame may pause: what it says to that.
    fn silence(&mut self) -> Vec<u8>;

    /// How many bits a second it speaks now, where its line starts at `initial`.
    fn baud(&self, initial: u32) -> u32;
}
