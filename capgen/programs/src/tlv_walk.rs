//! Finds a data object among nested BER-TLV data objects.

use platform::{Apdu, Applet, Package, Platform, Result, StatusWord};

const FIND: u8 = 0x10;
const COUNT: u8 = 0x12;

/// The applet. It keeps nothing.
pub struct TlvWalk {
    /// How deep it looks.
    depth: u8,
}

impl<P: Platform> Applet<P> for TlvWalk {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x01],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x01, 0x01];

    fn install(_platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(TlvWalk { depth: 6 })
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let ins = apdu.ins();
        let tag = ((apdu.p1() as u16) << 8) | apdu.p2() as u16;
        let length = apdu.receive()?;
        let buffer = apdu.buffer();
        match ins {
            FIND => {
                let mut at = 0;
                while at < length {
                    let found = tag_at(buffer, at);
                    let header = at + tag_size(buffer, at);
                    let value = header + length_size(buffer, header)?;
                    let size = length_at(buffer, header);
                    if value + size > length {
                        return Err(StatusWord::WRONG_DATA);
                    }
                    if found == tag {
                        buffer.copy_within(value..value + size, 0);
                        return apdu.send(size);
                    }
                    // Into what is constructed, past what is not.
                    at = if buffer[at] & 0x20 != 0 {
                        value
                    } else {
                        value + size
                    };
                }
                Err(StatusWord::FILE_NOT_FOUND)
            }
            COUNT => {
                let mut count: u8 = 0;
                let mut at = 0;
                while at < length {
                    let header = at + tag_size(buffer, at);
                    let value = header + length_size(buffer, header)?;
                    let size = length_at(buffer, header);
                    if value + size > length {
                        return Err(StatusWord::WRONG_DATA);
                    }
                    count = count.wrapping_add(1);
                    at = if buffer[at] & 0x20 != 0 {
                        value
                    } else {
                        value + size
                    };
                }
                buffer[0] = count;
                buffer[1] = self.depth;
                apdu.send(2)
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}

/// One byte, or two where the number of the tag does not fit (ISO 7816-4).
fn tag_at(data: &[u8], at: usize) -> u16 {
    let first = data[at];
    if first & 0x1F == 0x1F {
        ((first as u16) << 8) | data[at + 1] as u16
    } else {
        first as u16
    }
}

fn tag_size(data: &[u8], at: usize) -> usize {
    if data[at] & 0x1F == 0x1F { 2 } else { 1 }
}

fn length_size(data: &[u8], at: usize) -> Result<usize> {
    match data[at] {
        0..=0x7F => Ok(1),
        0x81 => Ok(2),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

fn length_at(data: &[u8], at: usize) -> usize {
    if data[at] == 0x81 {
        data[at + 1] as usize
    } else {
        data[at] as usize
    }
}
