// Where the least and greatest numbers meet: what Rust defines there is the same on the card.

pub fn wrapping_neg_i16(a: i16) -> i16 {
    a.wrapping_neg()
}
// run: wrapping_neg_i16(-32768) == -32768
// run: wrapping_neg_i16(5) == -5

pub fn wrapping_neg_i8(a: i8) -> i8 {
    a.wrapping_neg()
}
// run: wrapping_neg_i8(-128) == -128

pub fn wrapping_neg_u32(a: u32) -> u32 {
    a.wrapping_neg()
}
// run: wrapping_neg_u32(1) == 0xFFFFFFFF
// run: wrapping_neg_u32(0) == 0

pub fn divided(a: i16, b: i16) -> i16 {
    a.checked_div(b).unwrap_or(7) ^ a.checked_rem(b).unwrap_or(9)
}
// run: divided(-32768, -1) == 14
// run: divided(-32768, 0) == 14
// run: divided(-32768, 1) == -32768

pub fn divided_bytes(a: i8, b: i8) -> i8 {
    a.checked_div(b).unwrap_or(7)
}
// run: divided_bytes(-128, -1) == 7
// run: divided_bytes(127, -1) == -127

pub fn divided_wide(a: i32, b: i32) -> i32 {
    a.checked_div(b).unwrap_or(7)
}
// run: divided_wide(-2147483648, -1) == 7
// run: divided_wide(-2147483648, 2) == -1073741824

pub fn absolute(a: i16) -> u16 {
    a.unsigned_abs() ^ a.wrapping_abs() as u16
}
// run: absolute(-32768) == 0
// run: absolute(-7) == 0

pub fn absolute_byte(a: i8) -> u8 {
    a.unsigned_abs()
}
// run: absolute_byte(-128) == 128

pub fn absolute_wide(a: i32) -> u32 {
    a.unsigned_abs()
}
// run: absolute_wide(-2147483648) == 2147483648

pub fn saturated(a: i16, b: i16) -> i16 {
    a.saturating_add(b) ^ a.saturating_sub(b) ^ a.saturating_mul(b)
}
// run: saturated(-32768, -1) == 32766
// run: saturated(32767, 32767) == 0

pub fn counted(a: u32) -> u8 {
    (a.count_ones() + a.count_zeros() + a.leading_zeros() + a.trailing_zeros()) as u8
}
// run: counted(0) == 96
// run: counted(0x80000000) == 63
// run: counted(1) == 63

pub fn counted_as_a_size(a: u32, data: &[u8]) -> u8 {
    if a.count_ones() as usize >= data.len() { 0 } else { data[a.count_ones() as usize] }
}
// run: counted_as_a_size(7, b"abcd") == b'd'
// run: counted_as_a_size(15, b"abcd") == 0

pub fn counted_short(a: u16) -> u32 {
    a.leading_ones() * 100 + a.trailing_ones()
}
// run: counted_short(0xFFFF) == 1616
// run: counted_short(0xC003) == 202

pub fn chain(a: u16) -> i16 {
    a as u8 as i8 as i16 + a as i8 as u8 as i16
}
// run: chain(0x1FF) == 254
// run: chain(0x17F) == 254
// run: chain(0x180) == 0

pub fn wide_chain(a: i32) -> u32 {
    a as i8 as u32 ^ a as u16 as i16 as i32 as u32
}
// run: wide_chain(0x8080) == 32512
// run: wide_chain(-1) == 0

pub fn shifts(a: u16, by: u32) -> u16 {
    a.wrapping_shl(by) ^ a.wrapping_shr(by) ^ a.rotate_left(by)
}
// run: shifts(0x8001, 16) == 32769
// run: shifts(0x8001, 17) == 16385

pub fn at_the_top(a: u16) -> u8 {
    let mut n = 0;
    for i in a..=0xFFFF {
        n += (i & 1) as u8;
    }
    n
}
// run: at_the_top(0xFFFC) == 2

pub fn at_the_top_of_bytes() -> u16 {
    let mut n = 0;
    for i in 0..=255u8 {
        n += i as u16;
    }
    n
}
// run: at_the_top_of_bytes() == 32640
