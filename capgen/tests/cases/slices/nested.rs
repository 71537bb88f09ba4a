// Arrays within tuples, taken apart.

pub fn wide(x: u32) -> u32 {
    let mut array = [0u32; 6];
    for i in 0..6 {
        array[i] = x.wrapping_mul(i as u32 + 1);
    }
    let ([a, b, c, d, e, f], g) = (array, 7u32);
    a ^ b.wrapping_mul(3) ^ c.wrapping_mul(5) ^ d.wrapping_mul(7) ^ e.wrapping_mul(11) ^ f.wrapping_mul(13) ^ g
}
// run: wide(0) == 7
// run: wide(1) == 106
// run: wide(0x12345678) == 0xF16AFFDF

pub fn bytes(x: u8) -> u16 {
    let mut array = [0u8; 5];
    for i in 0..5 {
        array[i] = x.wrapping_add(i as u8);
    }
    let (g, [a, b, c, d, e]) = (0x100u16, array);
    g + u16::from(a) + 2 * u16::from(b) + 3 * u16::from(c) + 5 * u16::from(d) + 7 * u16::from(e)
}
// run: bytes(0) == 307
// run: bytes(250) == 0x12C7

pub fn signed(x: i8) -> i16 {
    let array = [x; 6];
    let ([a, .., f], _) = (array, 1u8);
    i16::from(a) * i16::from(f)
}
// run: signed(-128) == 16384
// run: signed(3) == 9
