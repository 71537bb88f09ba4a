//! SHA-256 (FIPS 180-4) as one writes it in Rust, with `u32`: what the card's `int` is worth, beside
//! [`Sha256`](crate::Sha256) with its halves by hand.

use platform::{Apdu, Applet, Package, Platform, Result, StatusWord};

const HASH: u8 = 0x10;
/// Padding takes 9 bytes; two blocks are enough for what one command brings.
const MOST: usize = 119;

/// The round constants.
const ROUND: [u32; 64] = [
    0x428A_2F98,
    0x7137_4491,
    0xB5C0_FBCF,
    0xE9B5_DBA5,
    0x3956_C25B,
    0x59F1_11F1,
    0x923F_82A4,
    0xAB1C_5ED5,
    0xD807_AA98,
    0x1283_5B01,
    0x2431_85BE,
    0x550C_7DC3,
    0x72BE_5D74,
    0x80DE_B1FE,
    0x9BDC_06A7,
    0xC19B_F174,
    0xE49B_69C1,
    0xEFBE_4786,
    0x0FC1_9DC6,
    0x240C_A1CC,
    0x2DE9_2C6F,
    0x4A74_84AA,
    0x5CB0_A9DC,
    0x76F9_88DA,
    0x983E_5152,
    0xA831_C66D,
    0xB003_27C8,
    0xBF59_7FC7,
    0xC6E0_0BF3,
    0xD5A7_9147,
    0x06CA_6351,
    0x1429_2967,
    0x27B7_0A85,
    0x2E1B_2138,
    0x4D2C_6DFC,
    0x5338_0D13,
    0x650A_7354,
    0x766A_0ABB,
    0x81C2_C92E,
    0x9272_2C85,
    0xA2BF_E8A1,
    0xA81A_664B,
    0xC24B_8B70,
    0xC76C_51A3,
    0xD192_E819,
    0xD699_0624,
    0xF40E_3585,
    0x106A_A070,
    0x19A4_C116,
    0x1E37_6C08,
    0x2748_774C,
    0x34B0_BCB5,
    0x391C_0CB3,
    0x4ED8_AA4A,
    0x5B9C_CA4F,
    0x682E_6FF3,
    0x748F_82EE,
    0x78A5_636F,
    0x84C8_7814,
    0x8CC7_0208,
    0x90BE_FFFA,
    0xA450_6CEB,
    0xBEF9_A3F7,
    0xC671_78F2,
];

/// The initial hash value.
const INITIAL: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];

/// The applet: everything is local to a command.
pub struct Sha256Words {}

impl<P: Platform> Applet<P> for Sha256Words {
    const PACKAGE: Package = Package {
        aid: &[0xF0, 0x54, 0x4B, 0x01, 0x06],
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = &[0xF0, 0x54, 0x4B, 0x01, 0x06, 0x01];

    fn install(_platform: &mut P, _parameters: &[u8]) -> Result<Self> {
        Ok(Sha256Words {})
    }

    fn process(&mut self, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
        if apdu.ins() != HASH {
            return Err(StatusWord::INSTRUCTION_NOT_SUPPORTED);
        }
        let length = apdu.receive()?;
        if length > MOST {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let mut message = [0u8; 128];
        let buffer = apdu.buffer();
        message[..length].copy_from_slice(&buffer[..length]);
        message[length] = 0x80;
        let end = if length > 55 { 128 } else { 64 };
        let bits = (length as u32) << 3;
        message[end - 4..end].copy_from_slice(&bits.to_be_bytes());
        let mut state = INITIAL;
        for block in message[..end].chunks_exact(64) {
            compress(&mut state, block);
        }
        for (word, out) in state.iter().zip(buffer.chunks_exact_mut(4)) {
            out.copy_from_slice(&word.to_be_bytes());
        }
        apdu.send(32)
    }
}

fn compress(state: &mut [u32], block: &[u8]) {
    let mut schedule = [0u32; 64];
    for (word, bytes) in schedule.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for at in 16..64usize {
        let (early, late) = (schedule[at - 15], schedule[at - 2]);
        let first = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let second = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        schedule[at] = schedule[at - 16]
            .wrapping_add(first)
            .wrapping_add(schedule[at - 7])
            .wrapping_add(second);
    }
    let (mut a, mut b, mut c, mut d) = (state[0], state[1], state[2], state[3]);
    let (mut e, mut f, mut g, mut h) = (state[4], state[5], state[6], state[7]);
    for round in 0..64usize {
        let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h
            .wrapping_add(sum)
            .wrapping_add(choice)
            .wrapping_add(ROUND[round])
            .wrapping_add(schedule[round]);
        let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        h = g;
        g = f;
        f = e;
        e = d.wrapping_add(first);
        d = c;
        c = b;
        b = a;
        a = first.wrapping_add(sum).wrapping_add(majority);
    }
    let sums = [a, b, c, d, e, f, g, h];
    for (word, sum) in state.iter_mut().zip(sums.iter()) {
        *word = word.wrapping_add(*sum);
    }
}
