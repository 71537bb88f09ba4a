// Structs, tuples and options as constants, and tables of them.

#[derive(Clone, Copy)]
struct Entry {
    tag: u16,
    access: u8,
    limit: Option<u8>,
    name: &'static [u8],
}

impl Entry {
    const fn open(tag: u16, name: &'static [u8]) -> Self {
        Self { tag, access: 0xFF, limit: None, name }
    }

    fn is_open(&self) -> bool {
        self.access == 0xFF
    }
}

const BASE: Entry = Entry { tag: 0x5F01, access: 1, limit: Some(9), name: b"base" };
const TABLE: [Entry; 4] = [
    BASE,
    Entry::open(0x5F02, b"a"),
    Entry { tag: 0x7F21, limit: Some(3), ..BASE },
    Entry { tag: BASE.tag + TABLE_START, access: 2, limit: None, name: &[1, 2, 3] },
];
const TABLE_START: u16 = 0x100;
const PAIRS: &[(u8, u16)] = &[(1, 100), (3, 300), (7, 40000)];
const NAMES: [&[u8]; 3] = [b"one", b"", b"three"];
const KEYS: [[u8; 2]; 3] = [[1, 2], [3, 4], [5, 6]];
const NUMBERS: (u8, u32) = (7, 0x12345678);
const SECOND: u16 = TABLE[1].tag;
const LENGTH: usize = TABLE.len() + PAIRS.len();

pub fn field(i: u8) -> u16 {
    TABLE[i as usize].tag
}
// run: field(0) == 0x5F01
// run: field(2) == 0x7F21
// run: field(3) == 0x6001

pub fn row(i: u8) -> u16 {
    let entry = &TABLE[i as usize];
    let limit = entry.limit.unwrap_or(0x77);
    u16::from(limit) << 8 | u16::from(entry.access) ^ entry.name.len() as u16
}
// run: row(0) == 0x0905
// run: row(1) == 0x77FE
// run: row(2) == 0x0305
// run: row(3) == 0x7701

pub fn find(tag: u16) -> u16 {
    match TABLE.iter().find(|entry| entry.tag == tag) {
        Some(entry) if entry.is_open() => 1,
        Some(entry) => entry.name[0] as u16,
        None => 0,
    }
}
// run: find(0x5F02) == 1
// run: find(0x7F21) == 0x62
// run: find(0x6001) == 1
// run: find(9) == 0

pub fn looked_up(key: u8) -> u16 {
    for (k, value) in PAIRS {
        if *k == key {
            return *value;
        }
    }
    PAIRS.iter().map(|pair| pair.0).max().unwrap_or(0) as u16
}
// run: looked_up(3) == 300
// run: looked_up(7) == 40000
// run: looked_up(2) == 7

pub fn names(data: &[u8]) -> u8 {
    NAMES.iter().position(|name| *name == data).map_or(9, |at| at as u8)
}
// run: names([0x6F, 0x6E, 0x65]) == 0
// run: names([]) == 1
// run: names([1]) == 9

pub fn keys(i: u8, j: u8) -> u8 {
    let mut sum = 0;
    for key in &KEYS {
        sum += key[1];
    }
    KEYS[i as usize][j as usize] + sum * 10
}
// run: keys(2, 0) == 125
// run: keys(1, 1) == 124

pub fn tuple() -> u32 {
    let (a, b) = NUMBERS;
    b + u32::from(a) + NUMBERS.1
}
// run: tuple() == 0x2468ACF7

pub fn whole() -> u16 {
    let entry = BASE;
    let mut room = [0u8; LENGTH];
    room.fill(1);
    entry.tag + SECOND + room.len() as u16 + entry.name.len() as u16
}
// run: whole() == 0xBE0E
