//! One-time passwords from a counter (HOTP, RFC 4226).

use platform::{Bytes, Cell, Digest, Platform, Result, StatusWord};

/// The digits of a password.
pub(crate) const DIGITS: usize = 6;

/// The block of SHA-1, the length of its hash, and the bytes that stand for "inner" and "outer" (RFC 2104).
const BLOCK: usize = 64;
const HASH: usize = 20;
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5C;

/// A key and the counter of the passwords that were made with it.
pub struct Hotp<P: Platform> {
    key: P::Bytes<BLOCK>,
    length: P::Cell<u8>,
    counter: P::Cell<u32>,
    hash: P::Digest,
}

impl<P: Platform> Hotp<P> {
    /// No key yet.
    pub fn new(platform: &mut P) -> Self {
        Hotp {
            key: platform.bytes(),
            length: platform.cell(0u8),
            counter: platform.cell(0u32),
            hash: platform.sha1(),
        }
    }

    /// Takes a key, and counts from 0: both or neither.
    ///
    /// # Errors
    /// [`StatusWord::WRONG_LENGTH`] where it is empty or has more than 64 bytes.
    pub fn set_key(&mut self, platform: &mut P, key: &[u8]) -> Result {
        let length = u8::try_from(key.len()).map_err(|_| StatusWord::WRONG_LENGTH)?;
        if key.is_empty() || key.len() > BLOCK {
            return Err(StatusWord::WRONG_LENGTH);
        }
        platform.atomically(|_| {
            self.key.write(0, key);
            self.length.set(length);
            self.counter.set(0);
            Ok(())
        })
    }

    /// The next password, as digits in ASCII. No password is ever made twice: the counter goes on first.
    ///
    /// # Errors
    /// [`StatusWord::CONDITIONS_NOT_SATISFIED`] without a key, or when all are used.
    pub fn next(&mut self, _platform: &mut P, out: &mut [u8]) -> Result {
        let counter = self.counter.get();
        let next = counter
            .checked_add(1)
            .ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
        if self.length.get() == 0 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.counter.set(next);
        let mut message = [0u8; 8];
        message[4..].copy_from_slice(&counter.to_be_bytes());
        let mut mac = [0u8; HASH];
        self.pass(INNER, &message, &mut mac);
        let mut inner = [0u8; HASH];
        inner.copy_from_slice(&mac);
        self.pass(OUTER, &inner, &mut mac);
        let at = (mac[HASH - 1] & 0x0F) as usize;
        let mut code = u32::from_be_bytes([mac[at] & 0x7F, mac[at + 1], mac[at + 2], mac[at + 3]]);
        for digit in out[..DIGITS].iter_mut().rev() {
            *digit = b'0' + (code % 10) as u8;
            code /= 10;
        }
        Ok(())
    }

    /// The hash of the key, each byte turned over by `pad`, and the message.
    fn pass(&mut self, pad: u8, message: &[u8], out: &mut [u8]) {
        let mut block = [pad; BLOCK];
        let length = self.length.get() as usize;
        for (i, byte) in block.iter_mut().enumerate().take(length) {
            *byte ^= self.key.get(i);
        }
        self.hash.update(&block);
        block.fill(0);
        self.hash.finish(message, out);
    }
}
