// Challenge and response: tuples, early returns, comparisons that look at every byte.
use platform::{Result, StatusWord};

type Tag = [u8; 4];

fn mix(seed: u16, byte: u8) -> u16 {
    seed.rotate_left(5) ^ u16::from(byte).wrapping_mul(0x9E37)
}

fn tag(key: &[u8], challenge: &[u8]) -> Tag {
    let (mut a, mut b) = (0x1234u16, 0xABCDu16);
    for (index, (&k, &c)) in key.iter().zip(challenge).enumerate() {
        a = mix(a, k ^ c);
        b = mix(b, c.wrapping_add(index as u8));
        (a, b) = (b, a);
    }
    let [a1, a0] = a.to_be_bytes();
    let [b1, b0] = b.to_be_bytes();
    [a1, a0, b1, b0]
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

pub fn answer(length: usize, out: &mut [u8]) -> Result<usize> {
    let secret = [5, 6, 7];
    let key = &secret[..length];
    if key.is_empty() {
        return Err(StatusWord(0x6A80));
    }
    let challenge = [1, 2, 3, 4];
    let made = tag(key, &challenge);
    out[..made.len()].copy_from_slice(&made);
    if !equal(&out[..4], &made) {
        return Err(StatusWord(0x6300));
    }
    Ok(made.len())
}
// run: answer(0, [0; 4]) == Err(0x6A80)
// run: answer(3, [0; 5]) == Ok((4, [7, 2, 84, 158, 0]))
