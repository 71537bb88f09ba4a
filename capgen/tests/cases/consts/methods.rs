// Methods of integers, `match` and `return` in constants.

const TEXT: &[u8] = b"\x12\x34\xF0";
const WORD: u16 = u16::from_be_bytes([TEXT[0], TEXT[1]]);
const TURNED: u32 = u32::from_le_bytes([1, 2, 3, 0x80]);
const ONES: u32 = WORD.count_ones();
const ZEROS: u32 = (WORD >> 4).leading_zeros() * 100 + 8u8.trailing_zeros();
const BITS: u8 = (0xF0u8.rotate_left(2) ^ 0x0Fu8.wrapping_sub(0x10)).swap_bytes();
const POWER: u32 = 10u32.pow(4) + 3u16.pow(2) as u32;
const CLAMPED: i8 = (-100i8).saturating_sub(100).wrapping_neg();
const BYTES: [u8; 4] = TURNED.to_be_bytes();
const SIZE: usize = 1 << (usize::div_ceil(5, 2) + TEXT.len());

const fn kind(tag: u8) -> u8 {
    match tag {
        0 => return 9,
        1..=9 | 0x80 => 1,
        n if n & 1 == 1 => n / 2,
        SPECIAL => 77,
        _ => 2,
    }
}
const SPECIAL: u8 = 200;
const KINDS: [u8; 5] = [kind(0), kind(5), kind(0x80), kind(SPECIAL), kind(13)];

const fn first_zero(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == 0 {
            return at;
        }
        at += 1;
    }
    bytes.len()
}
const FOUND: usize = first_zero(&[4, 5, 0, 6]) * 10 + first_zero(b"abc");

trait Sized2 {
    const N: usize;
}
struct Small;
impl Sized2 for Small {
    const N: usize = 3;
}
impl Small {
    const TABLE: [u8; Self::N + 1] = [1, 2, 3, 4];
}

pub fn values() -> u32 {
    u32::from(WORD) ^ TURNED
}
// run: values() == 0x80031035

pub fn counts() -> u32 {
    ONES + ZEROS * 1000 + POWER
}
// run: counts() == 713014

pub fn small(i: u8) -> u16 {
    match i {
        0 => BITS as u16,
        1 => CLAMPED as u8 as u16,
        2 => BYTES[0] as u16,
        3 => SIZE as u16,
        4 => FOUND as u16,
        5 => Small::TABLE[<Small as Sized2>::N] as u16,
        6 => [0u8; Small::N + 2].len() as u16,
        n => KINDS[n as usize - 7] as u16,
    }
}
// run: small(0) == 0x3C
// run: small(1) == 0x80
// run: small(2) == 0x80
// run: small(3) == 64
// run: small(4) == 23
// run: small(5) == 4
// run: small(6) == 5
// run: small(7) == 9
// run: small(8) == 1
// run: small(9) == 1
// run: small(10) == 77
// run: small(11) == 6
