// The methods of `u8`, at the ends of its range.

pub fn checked_add(a: u8, b: u8) -> i16 {
    match a.checked_add(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_add(0, 0) == 0
// run: checked_add(0, 1) == 0
// run: checked_add(0, 254) == 127
// run: checked_add(0, 255) == 127
// run: checked_add(1, 85) == 43
// run: checked_add(254, 255) == 12345

pub fn saturating_add(a: u8, b: u8) -> u8 {
    a.saturating_add(b)
}
// run: saturating_add(0, 255) == 255
// run: saturating_add(1, 128) == 129
// run: saturating_add(1, 255) == 255
// run: saturating_add(128, 128) == 255
// run: saturating_add(254, 0) == 254
// run: saturating_add(255, 0) == 255

pub fn wrapping_add(a: u8, b: u8) -> u8 {
    a.wrapping_add(b)
}
// run: wrapping_add(1, 254) == 255
// run: wrapping_add(85, 85) == 170
// run: wrapping_add(85, 255) == 84
// run: wrapping_add(128, 128) == 0
// run: wrapping_add(254, 0) == 254
// run: wrapping_add(255, 85) == 84

pub fn checked_sub(a: u8, b: u8) -> i16 {
    match a.checked_sub(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_sub(0, 254) == 12345
// run: checked_sub(1, 255) == 12345
// run: checked_sub(128, 85) == 21
// run: checked_sub(254, 0) == 127
// run: checked_sub(255, 0) == 127
// run: checked_sub(255, 128) == 63

pub fn saturating_sub(a: u8, b: u8) -> u8 {
    a.saturating_sub(b)
}
// run: saturating_sub(0, 85) == 0
// run: saturating_sub(0, 255) == 0
// run: saturating_sub(1, 128) == 0
// run: saturating_sub(128, 255) == 0
// run: saturating_sub(254, 128) == 126
// run: saturating_sub(255, 128) == 127

pub fn wrapping_sub(a: u8, b: u8) -> u8 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(0, 1) == 255
// run: wrapping_sub(85, 1) == 84
// run: wrapping_sub(85, 85) == 0
// run: wrapping_sub(128, 254) == 130
// run: wrapping_sub(254, 0) == 254
// run: wrapping_sub(255, 0) == 255

pub fn checked_mul(a: u8, b: u8) -> i16 {
    match a.checked_mul(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_mul(0, 1) == 0
// run: checked_mul(1, 1) == 0
// run: checked_mul(1, 128) == 64
// run: checked_mul(85, 0) == 0
// run: checked_mul(85, 0) == 0
// run: checked_mul(254, 0) == 0

pub fn saturating_mul(a: u8, b: u8) -> u8 {
    a.saturating_mul(b)
}
// run: saturating_mul(0, 0) == 0
// run: saturating_mul(1, 254) == 254
// run: saturating_mul(128, 0) == 0
// run: saturating_mul(254, 0) == 0
// run: saturating_mul(254, 85) == 255
// run: saturating_mul(255, 128) == 255

pub fn wrapping_mul(a: u8, b: u8) -> u8 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(0, 128) == 0
// run: wrapping_mul(0, 254) == 0
// run: wrapping_mul(1, 255) == 255
// run: wrapping_mul(85, 0) == 0
// run: wrapping_mul(85, 254) == 86
// run: wrapping_mul(255, 128) == 128

pub fn checked_div(a: u8, b: u8) -> u8 {
    a.checked_div(b).unwrap_or(77)
}
// run: checked_div(0, 255) == 0
// run: checked_div(1, 255) == 0
// run: checked_div(85, 1) == 85
// run: checked_div(254, 85) == 2
// run: checked_div(255, 1) == 255
// run: checked_div(255, 255) == 1

pub fn checked_rem(a: u8, b: u8) -> u8 {
    a.checked_rem(b).unwrap_or(77)
}
// run: checked_rem(0, 128) == 0
// run: checked_rem(1, 255) == 1
// run: checked_rem(85, 255) == 85
// run: checked_rem(128, 1) == 0
// run: checked_rem(128, 255) == 128
// run: checked_rem(255, 0) == 77

pub fn abs_diff(a: u8, b: u8) -> u8 {
    a.abs_diff(b)
}
// run: abs_diff(0, 0) == 0
// run: abs_diff(0, 255) == 255
// run: abs_diff(1, 0) == 1
// run: abs_diff(1, 1) == 0
// run: abs_diff(1, 128) == 127
// run: abs_diff(1, 254) == 253

pub fn wrapping_neg(a: u8) -> u8 {
    a.wrapping_neg()
}
// run: wrapping_neg(0) == 0
// run: wrapping_neg(1) == 255
// run: wrapping_neg(85) == 171
// run: wrapping_neg(128) == 128
// run: wrapping_neg(254) == 2
// run: wrapping_neg(255) == 1

pub fn rotated(a: u8) -> u8 {
    a.rotate_left(3) ^ a.rotate_right(1)
}
// run: rotated(0) == 0
// run: rotated(0) == 0
// run: rotated(1) == 136
// run: rotated(85) == 0
// run: rotated(254) == 136
// run: rotated(255) == 0

pub fn ones(a: u8) -> u8 {
    a.count_ones() as u8 * 16 + a.count_zeros() as u8
}
// run: ones(0) == 8
// run: ones(1) == 23
// run: ones(85) == 68
// run: ones(128) == 23
// run: ones(254) == 113
// run: ones(255) == 128

pub fn zeros(a: u8) -> u16 {
    a.leading_zeros() as u16 * 256 + a.trailing_zeros() as u16
}
// run: zeros(0) == 2056
// run: zeros(0) == 2056
// run: zeros(1) == 1792
// run: zeros(128) == 7
// run: zeros(254) == 1
// run: zeros(255) == 0

pub fn clamped(a: u8) -> u8 {
    a.clamp(3, 100)
}
// run: clamped(0) == 3
// run: clamped(0) == 3
// run: clamped(85) == 85
// run: clamped(128) == 100
// run: clamped(254) == 100
// run: clamped(255) == 100

pub fn div_ceil(a: u8, b: u8) -> u8 {
    if b == 0 { 0 } else { a.div_ceil(b) }
}
// run: div_ceil(0, 254) == 0
// run: div_ceil(85, 255) == 1
// run: div_ceil(254, 85) == 3
// run: div_ceil(254, 128) == 2
// run: div_ceil(255, 128) == 2
// run: div_ceil(255, 255) == 1

pub fn power_of_two(a: u8) -> bool {
    a.is_power_of_two()
}
// run: power_of_two(0) == false
// run: power_of_two(1) == true
// run: power_of_two(85) == false
// run: power_of_two(128) == true
// run: power_of_two(254) == false
// run: power_of_two(255) == false

pub fn ascii(a: u8) -> u8 {
    let kinds = a.is_ascii_digit() as u8
        | (a.is_ascii_uppercase() as u8) << 1
        | (a.is_ascii_lowercase() as u8) << 2
        | (a.is_ascii_alphabetic() as u8) << 3
        | (a.is_ascii_alphanumeric() as u8) << 4
        | (a.is_ascii_hexdigit() as u8) << 5;
    kinds ^ a.to_ascii_uppercase() ^ a.to_ascii_lowercase()
}
// run: ascii(48) == 49
// run: ascii(71) == 58
// run: ascii(102) == 28
// run: ascii(193) == 0
// run: ascii(64) == 0

pub fn ascii_other(a: u8) -> u8 {
    a.is_ascii_whitespace() as u8
        | (a.is_ascii_graphic() as u8) << 1
        | (a.is_ascii_punctuation() as u8) << 2
        | (a.is_ascii_control() as u8) << 3
        | (a.is_ascii() as u8) << 4
}
// run: ascii_other(9) == 25
// run: ascii_other(11) == 24
// run: ascii_other(12) == 25
// run: ascii_other(32) == 17
// run: ascii_other(33) == 22
// run: ascii_other(65) == 18
// run: ascii_other(126) == 22
// run: ascii_other(127) == 24
// run: ascii_other(128) == 0
