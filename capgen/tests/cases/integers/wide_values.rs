// Integers of 32 bits as parameters, results, in tuples, options, enums, slices of bytes and patterns.

const LIMIT: u32 = 100_000;
const TABLE: [u32; 5] = [1, 0x1_0000, 0xFFFF_FFFF, 0x1234_5678, 7];
const SIGNED: [i32; 3] = [-1, 65536, i32::MIN];

const fn doubled(x: u32) -> u32 {
    x.wrapping_mul(2)
}

const DOUBLED: u32 = doubled(0x9000_0001);

pub fn constants(n: u8) -> u32 {
    match n {
        0 => LIMIT,
        1 => DOUBLED,
        2 => u32::MAX,
        3 => u32::BITS,
        _ => i32::MAX as u32,
    }
}
// run: constants(0) == 100000
// run: constants(1) == 0x20000002
// run: constants(2) == 4294967295
// run: constants(3) == 32
// run: constants(4) == 2147483647

pub fn table(n: u8) -> u32 {
    TABLE[n as usize]
}
// run: table(0) == 1
// run: table(1) == 65536
// run: table(2) == 4294967295
// run: table(3) == 0x12345678
// run: table(4) == 7

pub fn fixed() -> u32 {
    TABLE[3] ^ TABLE[2]
}
// run: fixed() == 0xEDCBA987

pub fn signed(n: u8) -> i32 {
    SIGNED[n as usize]
}
// run: signed(0) == -1
// run: signed(1) == 65536
// run: signed(2) == -2147483648

pub fn sum() -> u32 {
    let mut sum = 0u32;
    for x in &TABLE {
        sum = sum.wrapping_add(*x);
    }
    for (i, x) in TABLE[1..4].iter().enumerate() {
        sum ^= *x << (i as u8);
    }
    sum
}
// run: sum() == 0xA51AF061

pub fn from_bytes(data: &[u8]) -> u32 {
    u32::from_be_bytes([data[0], data[1], data[2], data[3]])
}
// run: from_bytes([0x12, 0x34, 0x56, 0x78]) == 0x12345678
// run: from_bytes([0xFF, 0, 0x80, 0]) == 0xFF008000

pub fn from_little(data: &[u8]) -> i32 {
    i32::from_le_bytes([data[0], data[1], data[2], data[3]])
}
// run: from_little([1, 2, 3, 0x84]) == -2080177663

pub fn to_bytes(x: u32, out: &mut [u8]) {
    let [a, b, c, d] = x.to_be_bytes();
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
    let little = x.to_le_bytes();
    out[4] = little[0];
    out[5] = little[3];
}
// run: to_bytes(0x12345678, [0; 6]) == [0x12, 0x34, 0x56, 0x78, 0x78, 0x12]

fn split(x: u32) -> (u32, i32) {
    (x / 3, x as i32 - 5)
}

pub fn tuple(x: u32) -> u32 {
    let (third, less) = split(x);
    third + less as u32
}
// run: tuple(300000) == 399995

fn found(x: u32) -> Option<u32> {
    if x > LIMIT { Some(x - LIMIT) } else { None }
}

fn both(x: u32) -> Option<(u32, i32)> {
    let rest = found(x)?;
    Some((rest, -1))
}

pub fn option(x: u32) -> u32 {
    if let Some((rest, less)) = both(x) {
        return rest.wrapping_add(less as u32);
    }
    found(x).unwrap_or(7)
}
// run: option(100001) == 0
// run: option(100000) == 7
// run: option(4294967295) == 4294867294

enum Amount {
    Small(u8),
    Large { whole: u32, rest: i32 },
}

fn amount(x: u32) -> Amount {
    if x < 256 { Amount::Small(x as u8) } else { Amount::Large { whole: x, rest: -(x as i32) } }
}

pub fn data(x: u32) -> i32 {
    match amount(x) {
        Amount::Small(n) => n as i32,
        Amount::Large { whole: 1000, .. } => 1,
        Amount::Large { whole, rest } if whole > LIMIT => rest,
        Amount::Large { rest, .. } => rest - 1,
    }
}
// run: data(255) == 255
// run: data(1000) == 1
// run: data(256) == -257
// run: data(100001) == -100001

pub fn matched(x: u32) -> u8 {
    match x {
        0 => 1,
        1 | 0x1_0000 => 2,
        2..=0xFFFF => 3,
        0x8000_0000.. => 4,
        n if n % 3 == 0 => 5,
        LIMIT => 6,
        _ => 7,
    }
}
// run: matched(0) == 1
// run: matched(1) == 2
// run: matched(65536) == 2
// run: matched(65535) == 3
// run: matched(2) == 3
// run: matched(0x80000000) == 4
// run: matched(4294967295) == 4
// run: matched(65538) == 5
// run: matched(100000) == 6
// run: matched(65537) == 7

pub fn signed_match(x: i32) -> u8 {
    match x {
        i32::MIN..=-70000 => 1,
        -69999..=-1 => 2,
        0 => 3,
        _ => 4,
    }
}
// run: signed_match(-2147483648) == 1
// run: signed_match(-70000) == 1
// run: signed_match(-69999) == 2
// run: signed_match(-1) == 2
// run: signed_match(0) == 3
// run: signed_match(65536) == 4

fn gcd(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        let rest = a % b;
        a = b;
        b = rest;
    }
    a
}

pub fn greatest(a: u32, b: u32) -> u32 {
    gcd(a, b)
}
// run: greatest(1000000, 350000) == 50000
// run: greatest(4294967295, 65535) == 65535
// run: greatest(17, 4) == 1

fn is_less(a: u32, b: u32, swapped: bool) -> bool {
    let mut n = 0u8;
    while n < 3 {
        n += 1;
    }
    if swapped { b < a } else { a < b && n == 3 }
}

pub fn passed(a: u32, b: u32) -> bool {
    is_less(a, b, false) || is_less(a, b.wrapping_add(1), true)
}
// run: passed(1, 65536) == true
// run: passed(65536, 1) == true
// run: passed(9, 8) == false

pub fn looped(n: u32) -> u32 {
    let mut sum = 0u32;
    for i in 65530..=n {
        sum += i;
    }
    for i in 0..(n & 7) {
        sum ^= i << 20;
    }
    sum
}
// run: looped(65540) == 0xAFFF5
// run: looped(3) == 0x300000

pub fn narrowed(x: u32) -> u16 {
    let index = (x % 7) as usize;
    (x as u8) as u16 + (x >> 16) as u16 + index as u16
}
// run: narrowed(0x00020005) == 9

pub fn casts(a: i8, b: i16, c: u16) -> i32 {
    (a as i32) * 1000 + b as i32 + (c as u32) as i32 - (a as u32) as i32 + (c as i16) as i32
}
// run: casts(-3, -300, 65535) == 62237

pub fn widened(a: u8, flag: bool) -> u32 {
    u32::from(a) + flag as u32 + u32::from(flag)
}
// run: widened(200, true) == 202
// run: widened(200, false) == 200

pub fn compound(x: u32) -> u32 {
    let mut y = x;
    y += 70000;
    y -= 1;
    y *= 3;
    y /= 7;
    y %= 60000;
    y <<= 4;
    y >>= 1;
    y |= 0x8000_0000;
    y ^= 0xFF;
    y &= !1;
    y
}
// run: compound(12345) == 0x80044E2E

struct Count(u32);

impl Count {
    fn next(self) -> Count {
        Count(self.0 + 1)
    }
}

pub fn newtype(x: u32) -> u32 {
    let count = Count(x).next().next();
    let Count(n) = count;
    n
}
// run: newtype(65535) == 65537

pub fn labelled(n: u32) -> u32 {
    let mut x = n;
    let found = 'search: loop {
        while x < 200_000 {
            x += 70_001;
            if x % 2 == 0 {
                break 'search x;
            }
        }
        break 1;
    };
    found + { let y: u32; if n > 3 { y = 5 } else { y = 6 }; y }
}
// run: labelled(1) == 70008
// run: labelled(200001) == 6
