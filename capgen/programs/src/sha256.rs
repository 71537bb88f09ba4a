//! SHA-256 (FIPS 180-4) in software, with 16-bit halves, for cards without `int`.

use platform::{Apdu, Applet, Bytes, Package, Platform, Result, StatusWord};

const HASH: u8 = 0x10;
/// Padding takes 9 bytes; two blocks are enough for what one command brings.
const MOST: usize = 119;

/// The round constants, high half first.
const ROUND: [u16; 128] = [
    0x428A, 0x2F98, 0x7137, 0x4491, 0xB5C0, 0xFBCF, 0xE9B5, 0xDBA5, 0x3956, 0xC25B, 0x59F1, 0x11F1,
    0x923F, 0x82A4, 0xAB1C, 0x5ED5, 0xD807, 0xAA98, 0x1283, 0x5B01, 0x2431, 0x85BE, 0x550C, 0x7DC3,
    0x72BE, 0x5D74, 0x80DE, 0xB1FE, 0x9BDC, 0x06A7, 0xC19B, 0xF174, 0xE49B, 0x69C1, 0xEFBE, 0x4786,
    0x0FC1, 0x9DC6, 0x240C, 0xA1CC, 0x2DE9, 0x2C6F, 0x4A74, 0x84AA, 0x5CB0, 0xA9DC, 0x76F9, 0x88DA,
    0x983E, 0x5152, 0xA831, 0xC66D, 0xB003, 0x27C8, 0xBF59, 0x7FC7, 0xC6E0, 0x0BF3, 0xD5A7, 0x9147,
    0x06CA, 0x6351, 0x1429, 0x2967, 0x27B7, 0x0A85, 0x2E1B, 0x2138, 0x4D2C, 0x6DFC, 0x5338, 0x0D13,
    0x650A, 0x7354, 0x766A, 0x0ABB, 0x81C2, 0xC92E, 0x9272, 0x2C85, 0xA2BF, 0xE8A1, 0xA81A, 0x664B,
    0xC24B, 0x8B70, 0xC76C, 0x51A3, 0xD192, 0xE819, 0xD699, 0x0624, 0xF40E, 0x3585, 0x106A, 0xA070,
    0x19A4, 0xC116, 0x1E37, 0x6C08, 0x2748, 0x774C, 0x34B0, 0xBCB5, 0x391C, 0x0CB3, 0x4ED8, 0xAA4A,
    0x5B9C, 0xCA4F, 0x682E, 0x6FF3, 0x748F, 0x82EE, 0x78A5, 0x636F, 0x84C8, 0x7814, 0x8CC7, 0x0208,
    0x90BE, 0xFFFA, 0xA450, 0x6CEB, 0xBEF9, 0xA3F7, 0xC671, 0x78F2,
];

/// The initial hash value, high half first.
const INITIAL: [u16; 16] = [
    0x6A09, 0xE667, 0xBB67, 0xAE85, 0x3C6E, 0xF372, 0xA54F, 0xF53A, 0x510E, 0x527F, 0x9B05, 0x688C,
    0x1F83, 0xD9AB, 0x5BE0, 0xCD19,
];

/// The applet: the message schedule and the hash value are kept in transient memory, big-endian.
pub struct Sha256<P: Platform> {
    message: P::TransientBytes<128>,
    schedule: P::TransientBytes<256>,
    state: P::TransientBytes<32>,
}

impl<P: Platform> Applet<P> for Sha256<P> {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x03],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x03, 0x01];

    fn install(platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Sha256 {
            message: platform.transient_bytes::<128>(),
            schedule: platform.transient_bytes::<256>(),
            state: platform.transient_bytes::<32>(),
        })
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if apdu.ins() != HASH {
            return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED);
        }
        let length = apdu.receive()?;
        if length > MOST {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.message.fill(0, 128, 0);
        self.message.write(0, &apdu.buffer()[..length]);
        self.message.set(length, 0x80);
        let blocks = if length > 55 { 2 } else { 1 };
        let bits = (length as u16) << 3;
        self.message.set(blocks * 64 - 2, (bits >> 8) as u8);
        self.message.set(blocks * 64 - 1, bits as u8);
        for at in 0..16 {
            self.put_state(2 * at, INITIAL[at]);
        }
        for block in 0..blocks {
            self.compress(block * 64);
        }
        self.state.read(0, &mut apdu.buffer()[..32]);
        apdu.send(32)
    }
}

impl<P: Platform> Sha256<P> {
    fn put_state(&mut self, at: usize, half: u16) {
        self.state.set(at, (half >> 8) as u8);
        self.state.set(at + 1, half as u8);
    }

    fn state_half(&self, at: usize) -> u16 {
        ((self.state.get(at) as u16) << 8) | self.state.get(at + 1) as u16
    }

    fn schedule_half(&self, at: usize) -> u16 {
        ((self.schedule.get(at) as u16) << 8) | self.schedule.get(at + 1) as u16
    }

    /// Adds a word to the word of the hash value at `at`.
    fn add_to_state(&mut self, at: usize, high: u16, low: u16) {
        let sum = self.state_half(at + 2).wrapping_add(low);
        let above = self
            .state_half(at)
            .wrapping_add(high)
            .wrapping_add(carry(sum, low));
        self.put_state(at, above);
        self.put_state(at + 2, sum);
    }

    fn expand(&mut self, start: usize) {
        for at in 0..64 {
            self.schedule.set(at, self.message.get(start + at));
        }
        let mut at = 64;
        while at < 256 {
            let (h, l) = (self.schedule_half(at - 60), self.schedule_half(at - 58));
            let mut high = rotated(h, l, 7) ^ rotated(l, h, 2) ^ (h >> 3);
            let mut low = rotated(l, h, 7) ^ rotated(h, l, 2) ^ rotated(l, h, 3);
            let (h, l) = (self.schedule_half(at - 8), self.schedule_half(at - 6));
            let high_1 = rotated(l, h, 1) ^ rotated(l, h, 3) ^ (h >> 10);
            let low_1 = rotated(h, l, 1) ^ rotated(h, l, 3) ^ rotated(l, h, 10);
            low = low.wrapping_add(low_1);
            high = high.wrapping_add(high_1).wrapping_add(carry(low, low_1));
            let other = self.schedule_half(at - 62);
            low = low.wrapping_add(other);
            high = high
                .wrapping_add(self.schedule_half(at - 64))
                .wrapping_add(carry(low, other));
            let other = self.schedule_half(at - 26);
            low = low.wrapping_add(other);
            high = high
                .wrapping_add(self.schedule_half(at - 28))
                .wrapping_add(carry(low, other));
            self.schedule.set(at, (high >> 8) as u8);
            self.schedule.set(at + 1, high as u8);
            self.schedule.set(at + 2, (low >> 8) as u8);
            self.schedule.set(at + 3, low as u8);
            at += 4;
        }
    }

    fn compress(&mut self, start: usize) {
        self.expand(start);
        let (mut ah, mut al) = (self.state_half(0), self.state_half(2));
        let (mut bh, mut bl) = (self.state_half(4), self.state_half(6));
        let (mut ch, mut cl) = (self.state_half(8), self.state_half(10));
        let (mut dh, mut dl) = (self.state_half(12), self.state_half(14));
        let (mut eh, mut el) = (self.state_half(16), self.state_half(18));
        let (mut fh, mut fl) = (self.state_half(20), self.state_half(22));
        let (mut gh, mut gl) = (self.state_half(24), self.state_half(26));
        let (mut hh, mut hl) = (self.state_half(28), self.state_half(30));
        for round in 0..64 {
            // hh:hl += S1(e) + ch(e, f, g) + K + W
            let part = rotated(el, eh, 6) ^ rotated(el, eh, 11) ^ rotated(eh, el, 9);
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add(rotated(eh, el, 6) ^ rotated(eh, el, 11) ^ rotated(el, eh, 9))
                .wrapping_add(carry(hl, part));
            let part = (el & fl) ^ (!el & gl);
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add((eh & fh) ^ (!eh & gh))
                .wrapping_add(carry(hl, part));
            let part = ROUND[2 * round + 1];
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add(ROUND[2 * round])
                .wrapping_add(carry(hl, part));
            let part = self.schedule_half(4 * round + 2);
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add(self.schedule_half(4 * round))
                .wrapping_add(carry(hl, part));
            dl = dl.wrapping_add(hl);
            dh = dh.wrapping_add(hh).wrapping_add(carry(dl, hl));
            // + S0(a) + maj(a, b, c)
            let part = rotated(al, ah, 2) ^ rotated(al, ah, 13) ^ rotated(ah, al, 6);
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add(rotated(ah, al, 2) ^ rotated(ah, al, 13) ^ rotated(al, ah, 6))
                .wrapping_add(carry(hl, part));
            let part = (al & bl) ^ (al & cl) ^ (bl & cl);
            hl = hl.wrapping_add(part);
            hh = hh
                .wrapping_add((ah & bh) ^ (ah & ch) ^ (bh & ch))
                .wrapping_add(carry(hl, part));
            let (th, tl) = (hh, hl);
            hh = gh;
            hl = gl;
            gh = fh;
            gl = fl;
            fh = eh;
            fl = el;
            eh = dh;
            el = dl;
            dh = ch;
            dl = cl;
            ch = bh;
            cl = bl;
            bh = ah;
            bl = al;
            ah = th;
            al = tl;
        }
        self.add_to_state(0, ah, al);
        self.add_to_state(4, bh, bl);
        self.add_to_state(8, ch, cl);
        self.add_to_state(12, dh, dl);
        self.add_to_state(16, eh, el);
        self.add_to_state(20, fh, fl);
        self.add_to_state(24, gh, gl);
        self.add_to_state(28, hh, hl);
    }
}

/// What an addition carried, given its sum and a summand.
fn carry(sum: u16, summand: u16) -> u16 {
    if sum < summand { 1 } else { 0 }
}

/// The half that a rotation to the right by 1 to 15 places gives, out of itself and what comes in.
fn rotated(half: u16, other: u16, places: u16) -> u16 {
    (half >> places) | (other << (16 - places))
}
