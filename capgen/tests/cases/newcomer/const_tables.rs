// Tables that const fns build.
const fn crc_entry(index: usize) -> u16 {
    let mut crc = (index as u16) << 8;
    let mut bit = 0;
    loop {
        if bit == 8 {
            break;
        }
        crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
        bit += 1;
    }
    crc
}

const fn crc_table() -> [u16; 16] {
    let mut table = [0u16; 16];
    let mut i = 0;
    while i < table.len() {
        table[i] = crc_entry(i);
        i += 1;
    }
    table
}

const TABLE: [u16; 16] = crc_table();

pub fn entry(index: usize) -> u16 {
    TABLE[index]
}
// run: entry(1) == 0x1021
// run: entry(15) == 0xF1EF

const fn first_square_above(limit: u16) -> u16 {
    let mut n = 1u16;
    let found = loop {
        match n.checked_mul(n) {
            Some(square) if square > limit => break square,
            None => break 0xFFFF,
            _ => n += 1,
        }
    };
    found
}
const SQUARE: u16 = first_square_above(1000);
const NONE: u16 = first_square_above(65_100);

pub fn squares() -> u16 {
    SQUARE + NONE / 2
}
// run: squares() == 33791

const fn clamped(n: u8) -> u8 {
    n.saturating_add(250).saturating_sub(3)
}
const CLAMPED: [u8; 2] = [clamped(1), clamped(9)];

pub fn clamp(at: usize) -> u8 {
    CLAMPED[at]
}
// run: clamp(0) == 248
// run: clamp(1) == 252

struct Limits(u8, u16, bool);
const LIMITS: Limits = Limits(3, 500, true);
const WIDE: u16 = u16::MAX - 0xFF00;

pub fn limits() -> u16 {
    let Limits(low, high, on) = LIMITS;
    low as u16 + high + on as u16 + WIDE + LIMITS.1
}
// run: limits() == 1259

const fn reversed(text: &[u8; 4]) -> [u8; 4] {
    let mut out = *text;
    let mut i = 0;
    'outer: loop {
        while i < 2 {
            let j = 3 - i;
            let kept = out[i];
            out[i] = out[j];
            out[j] = kept;
            i += 1;
            if i == 2 {
                break 'outer;
            }
            continue 'outer;
        }
    }
    out
}
const REVERSED: [u8; 4] = reversed(b"card");

pub fn letter(at: usize) -> u8 {
    REVERSED[at]
}
// run: letter(0) == b'd'
// run: letter(2) == b'a'
