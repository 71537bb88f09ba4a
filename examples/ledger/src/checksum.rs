//! CRC-16/IBM-3740, bit by bit.

/// What a checksum starts with.
pub const SEED: u16 = 0xFFFF;

const POLYNOMIAL: u16 = 0x1021;

/// Continues a checksum over `data`.
pub fn checksum(seed: u16, data: &[u8]) -> u16 {
    let mut rest = seed;
    for byte in data {
        rest ^= u16::from(*byte) << 8;
        for _ in 0..8u8 {
            let carry = rest & 0x8000 != 0;
            rest <<= 1;
            if carry {
                rest ^= POLYNOMIAL;
            }
        }
    }
    rest
}
