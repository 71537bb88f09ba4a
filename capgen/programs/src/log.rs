//! A log: entries in a list of bytes, and sums of more than 16 bits in cells. What is tested of it is what a power loss
//! leaves.

use platform::{Apdu, Applet, ByteVec, Cell, Package, Platform, Result, StatusWord};

const ADD: u8 = 0x10;
const TAKE: u8 = 0x12;
const CLEAR: u8 = 0x14;
const BOTH: u8 = 0x16;
const SHOW: u8 = 0x20;

/// P1 of BOTH: the transaction ends behind its first write, well or badly.
const SUM_ONLY: u8 = 2;
const NOTHING: u8 = 3;

/// The applet.
pub struct Log<P: Platform> {
    entries: ByteVec<P, 24>,
    marks: ByteVec<P, 4>,
    sum: P::Cell<u32>,
    lowest: P::Cell<i32>,
}

impl<P: Platform> Applet<P> for Log<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x07],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x07, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Log {
            entries: ByteVec::new(platform),
            marks: ByteVec::new(platform),
            sum: platform.cell(0xFFF0),
            lowest: platform.cell(-0x10001),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match apdu.ins() {
            // One write each decides.
            ADD => {
                let length = apdu.receive()?;
                self.entries.extend_from_slice(&apdu.buffer()[..length])
            }
            TAKE => {
                let taken = self
                    .entries
                    .pop()
                    .ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
                apdu.buffer()[0] = taken;
                apdu.send(1)
            }
            CLEAR => {
                self.entries.truncate(usize::from(apdu.p1()));
                Ok(())
            }
            // A value of several words without a transaction, and several of them in one.
            BOTH if apdu.p1() == 0 => {
                self.sum.set(self.sum.get().wrapping_add(0x0001_0013));
                Ok(())
            }
            BOTH => platform.atomically(|_| {
                self.sum.set(self.sum.get().wrapping_mul(3));
                if apdu.p1() == SUM_ONLY {
                    return Ok(());
                }
                if apdu.p1() == NOTHING {
                    return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
                }
                self.lowest.set(self.lowest.get() - 0x7FFF);
                self.marks.push(self.sum.get() as u8)
            }),
            SHOW => {
                let length = self.entries.len();
                let (entries, marks) = (length as u8, self.marks.len());
                let buffer = apdu.buffer();
                buffer[..4].copy_from_slice(&self.sum.get().to_be_bytes());
                buffer[4..8].copy_from_slice(&self.lowest.get().to_be_bytes());
                buffer[8] = entries;
                self.entries.read(0, &mut buffer[9..9 + length])?;
                let end = 9 + length + marks;
                self.marks.read(0, &mut buffer[9 + length..end])?;
                apdu.send(end)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}
