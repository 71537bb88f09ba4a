//! Sorts the bytes of a command: insertion for few, a heap for many.

use platform::{Apdu, Applet, Package, Platform, Result, StatusWord};

const SORT: u8 = 0x10;

/// The applet.
pub struct Sort {
    /// Up to so many bytes are sorted by insertion.
    few: u8,
}

impl<P: Platform> Applet<P> for Sort {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x04],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x04, 0x01];

    fn install(_platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Sort { few: 12 })
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if apdu.ins() != SORT {
            return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED);
        }
        let length = apdu.receive()?;
        let data = apdu.buffer();
        if length <= self.few as usize {
            let mut sorted = 1;
            while sorted < length {
                let value = data[sorted];
                let mut at = sorted;
                while at > 0 && data[at - 1] > value {
                    data[at] = data[at - 1];
                    at -= 1;
                }
                data[at] = value;
                sorted += 1;
            }
        } else {
            let mut start = length / 2;
            while start > 0 {
                start -= 1;
                sift(data, start, length);
            }
            let mut end = length;
            while end > 1 {
                end -= 1;
                let largest = data[0];
                data[0] = data[end];
                data[end] = largest;
                sift(data, 0, end);
            }
        }
        apdu.send(length)
    }
}

/// Lets the byte at `root` sink to its place in a heap of `end` bytes.
fn sift(data: &mut [u8], root: usize, end: usize) {
    let value = data[root];
    let mut at = root;
    loop {
        let mut child = 2 * at + 1;
        if child >= end {
            break;
        }
        if child + 1 < end && data[child] < data[child + 1] {
            child += 1;
        }
        if data[child] <= value {
            break;
        }
        data[at] = data[child];
        at = child;
    }
    data[at] = value;
}
