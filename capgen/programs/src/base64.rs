//! Base64 (RFC 4648), both ways.

use platform::{Apdu, Applet, Bytes, Package, Platform, Result, StatusWord};

const ENCODE: u8 = 0x10;
const DECODE: u8 = 0x12;
/// So many bytes are at most 252 characters.
const MOST: usize = 189;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The applet; what came in is put aside while the answer is written.
pub struct Base64<P: Platform> {
    input: P::TransientBytes<256>,
}

impl<P: Platform> Applet<P> for Base64<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x02],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x02, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Base64 {
            input: platform.transient_bytes::<256>(),
        })
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        let ins = apdu.ins();
        let length = apdu.receive()?;
        self.input.write(0, &apdu.buffer()[..length]);
        let length = match ins {
            ENCODE if length > MOST => return Err(StatusWord::WRONG_LENGTH),
            ENCODE => self.encode(apdu, length),
            DECODE if length % 4 != 0 => return Err(StatusWord::WRONG_LENGTH),
            DECODE => self.decode(apdu, length)?,
            _ => return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        };
        apdu.send(length)
    }
}

impl<P: Platform> Base64<P> {
    fn encode(&mut self, apdu: &mut P::Apdu, length: usize) -> usize {
        let out = apdu.buffer();
        let mut from = 0;
        let mut to = 0;
        while from < length {
            let left = length - from;
            let a = self.input.get(from);
            let b = if left > 1 {
                self.input.get(from + 1)
            } else {
                0
            };
            let c = if left > 2 {
                self.input.get(from + 2)
            } else {
                0
            };
            out[to] = ALPHABET[(a >> 2) as usize];
            out[to + 1] = ALPHABET[(((a & 0x03) << 4) | (b >> 4)) as usize];
            out[to + 2] = if left > 1 {
                ALPHABET[(((b & 0x0F) << 2) | (c >> 6)) as usize]
            } else {
                b'='
            };
            out[to + 3] = if left > 2 {
                ALPHABET[(c & 0x3F) as usize]
            } else {
                b'='
            };
            from += 3;
            to += 4;
        }
        to
    }

    fn decode(&mut self, apdu: &mut P::Apdu, length: usize) -> Result<usize> {
        let out = apdu.buffer();
        let mut from = 0;
        let mut to = 0;
        while from < length {
            let a = sextet(self.input.get(from))?;
            let b = sextet(self.input.get(from + 1))?;
            out[to] = (a << 2) | (b >> 4);
            to += 1;
            let third = self.input.get(from + 2);
            let fourth = self.input.get(from + 3);
            if third != b'=' {
                let c = sextet(third)?;
                out[to] = (b << 4) | (c >> 2);
                to += 1;
                if fourth != b'=' {
                    out[to] = (c << 6) | sextet(fourth)?;
                    to += 1;
                }
            }
            from += 4;
        }
        Ok(to)
    }
}

fn sextet(character: u8) -> Result<u8> {
    match character {
        b'A'..=b'Z' => Ok(character - b'A'),
        b'a'..=b'z' => Ok(character - b'a' + 26),
        b'0'..=b'9' => Ok(character - b'0' + 52),
        b'+' => Ok(62),
        b'/' => Ok(63),
        _ => Err(StatusWord::WRONG_DATA),
    }
}
