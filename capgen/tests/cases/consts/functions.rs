// Constants that functions find: tables made by the compiler.

const fn crc_table() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut i: usize = 0;
    while i < 256 {
        let mut crc: u16 = (i as u16) << 8;
        let mut bit: u8 = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

const TABLE: [u16; 256] = crc_table();

pub fn crc(data: &[u8]) -> u16 {
    let mut crc = 0xFFFFu16;
    for byte in data {
        crc = crc << 8 ^ TABLE[(crc >> 8 ^ *byte as u16) as usize];
    }
    crc
}
// run: crc(b"123456789") == 0x29B1
// run: crc([]) == 0xFFFF

const fn power(base: u16, exponent: u8) -> u16 {
    let mut result: u16 = 1;
    let mut left = exponent;
    while left > 0 {
        result = result.wrapping_mul(base);
        left -= 1;
    }
    result
}

const MILLI: u16 = power(10, 3);
const WRAPPED: u16 = power(7, 9);

const fn limit(n: u16) -> u16 {
    let doubled = n * 2;
    if doubled > 1000 {
        return_limit(doubled)
    } else {
        let small = doubled + 1;
        small
    }
}

const fn return_limit(n: u16) -> u16 {
    n - 1000
}

pub fn powers(n: u16) -> u16 {
    n.wrapping_add(MILLI) ^ WRAPPED ^ limit(3) ^ LIMIT
}
const LIMIT: u16 = limit(700);
// run: powers(1) == 48441
