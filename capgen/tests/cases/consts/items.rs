// Constants, constant functions, constant arrays.

const BASE: u16 = 0x1000;
const MASK: u8 = !0x0F;
const SIZE: usize = TABLE.len();
const TABLE: [u8; 4] = [1, 2, 4, 8];
const WORDS: [u16; 3] = [0xFFFF, twice(BASE), 7];
const GREETING: &[u8] = b"hello";

const fn twice(x: u16) -> u16 {
    x * 2
}

struct Limits;

impl Limits {
    const LEAST: u8 = 3;
    const MOST: u8 = Self::LEAST * 4;
}

pub fn table(i: u8) -> u8 {
    TABLE[i as usize]
}
// run: table(3) == 8

pub fn words(i: u8) -> u16 {
    WORDS[i as usize]
}
// run: words(0) == 0xFFFF
// run: words(1) == 0x2000

pub fn mixed(x: u8) -> u16 {
    BASE + (x & MASK) as u16 + SIZE as u16
}
// run: mixed(0xFF) == 0x10F4

pub fn limits(x: u8) -> u8 {
    x.max(Limits::LEAST).min(Limits::MOST)
}
// run: limits(0) == 3
// run: limits(200) == 12
// run: limits(5) == 5

pub fn greeting(data: &[u8]) -> bool {
    data == GREETING
}
// run: greeting(b"hello") == true
// run: greeting(b"hellO") == false
