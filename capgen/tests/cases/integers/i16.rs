// The methods of `i16`, at the ends of its range.

pub fn checked_add(a: i16, b: i16) -> i16 {
    match a.checked_add(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_add(-32768, 32766) == -1
// run: checked_add(-32767, 32766) == 0
// run: checked_add(-10923, -32767) == 12345
// run: checked_add(-10923, 0) == -5461
// run: checked_add(-1, 10922) == 5460
// run: checked_add(32766, -32768) == -1

pub fn saturating_add(a: i16, b: i16) -> i16 {
    a.saturating_add(b)
}
// run: saturating_add(-10923, 1) == -10922
// run: saturating_add(-1, -32768) == -32768
// run: saturating_add(10922, -1) == 10921
// run: saturating_add(10922, 10922) == 21844
// run: saturating_add(32766, -32767) == -1
// run: saturating_add(32767, 0) == 32767

pub fn wrapping_add(a: i16, b: i16) -> i16 {
    a.wrapping_add(b)
}
// run: wrapping_add(-32768, 10922) == -21846
// run: wrapping_add(-32767, 1) == -32766
// run: wrapping_add(-1, -10923) == -10924
// run: wrapping_add(0, -32768) == -32768
// run: wrapping_add(10922, -32767) == -21845
// run: wrapping_add(10922, -10923) == -1

pub fn checked_sub(a: i16, b: i16) -> i16 {
    match a.checked_sub(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_sub(-32767, 10922) == 12345
// run: checked_sub(-1, -32767) == 16383
// run: checked_sub(-1, 32766) == -16383
// run: checked_sub(0, 1) == 0
// run: checked_sub(32767, 0) == 16383
// run: checked_sub(32767, 10922) == 10922

pub fn saturating_sub(a: i16, b: i16) -> i16 {
    a.saturating_sub(b)
}
// run: saturating_sub(-32768, -10923) == -21845
// run: saturating_sub(-32768, -1) == -32767
// run: saturating_sub(-10923, -1) == -10922
// run: saturating_sub(10922, 32766) == -21844
// run: saturating_sub(32766, 1) == 32765
// run: saturating_sub(32767, -10923) == 32767

pub fn wrapping_sub(a: i16, b: i16) -> i16 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(-32768, -32768) == 0
// run: wrapping_sub(-10923, -32768) == 21845
// run: wrapping_sub(-1, 32767) == -32768
// run: wrapping_sub(1, -1) == 2
// run: wrapping_sub(10922, 0) == 10922
// run: wrapping_sub(32767, 0) == 32767

pub fn checked_mul(a: i16, b: i16) -> i16 {
    match a.checked_mul(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_mul(-32768, -1) == 12345
// run: checked_mul(-32767, -1) == 16383
// run: checked_mul(10922, -32768) == 12345
// run: checked_mul(10922, 10922) == 12345
// run: checked_mul(32766, -32768) == 12345
// run: checked_mul(32767, -32768) == 12345

pub fn saturating_mul(a: i16, b: i16) -> i16 {
    a.saturating_mul(b)
}
// run: saturating_mul(-1, 0) == 0
// run: saturating_mul(0, 1) == 0
// run: saturating_mul(1, 1) == 1
// run: saturating_mul(10922, -32768) == -32768
// run: saturating_mul(10922, -10923) == -32768
// run: saturating_mul(32766, 32766) == 32767

pub fn wrapping_mul(a: i16, b: i16) -> i16 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(-32768, -10923) == -32768
// run: wrapping_mul(-10923, 10922) == -25486
// run: wrapping_mul(0, 1) == 0
// run: wrapping_mul(32766, -1) == -32766
// run: wrapping_mul(32766, 0) == 0
// run: wrapping_mul(32766, 32767) == -32766

pub fn checked_div(a: i16, b: i16) -> i16 {
    a.checked_div(b).unwrap_or(77)
}
// run: checked_div(-1, 0) == 77
// run: checked_div(-1, 32766) == 0
// run: checked_div(1, 0) == 77
// run: checked_div(1, 1) == 1
// run: checked_div(10922, -1) == -10922
// run: checked_div(10922, 1) == 10922

pub fn checked_rem(a: i16, b: i16) -> i16 {
    a.checked_rem(b).unwrap_or(77)
}
// run: checked_rem(-32768, -1) == 77
// run: checked_rem(-10923, 1) == 0
// run: checked_rem(-1, 32767) == -1
// run: checked_rem(1, -32767) == 1
// run: checked_rem(32767, -32768) == 32767
// run: checked_rem(32767, 1) == 0

pub fn abs_diff(a: i16, b: i16) -> u16 {
    a.abs_diff(b)
}
// run: abs_diff(-32768, -32767) == 1
// run: abs_diff(-32768, 10922) == 43690
// run: abs_diff(0, 32767) == 32767
// run: abs_diff(32766, -1) == 32767
// run: abs_diff(32766, 10922) == 21844
// run: abs_diff(32767, -10923) == 43690

pub fn wrapping_neg(a: i16) -> i16 {
    a.wrapping_neg()
}
// run: wrapping_neg(-32768) == -32768
// run: wrapping_neg(-32767) == 32767
// run: wrapping_neg(-1) == 1
// run: wrapping_neg(0) == 0
// run: wrapping_neg(32766) == -32766
// run: wrapping_neg(32767) == -32767

pub fn rotated(a: i16) -> i16 {
    a.rotate_left(3) ^ a.rotate_right(1)
}
// run: rotated(-32767) == -16372
// run: rotated(-10923) == 16388
// run: rotated(-1) == 0
// run: rotated(1) == -32760
// run: rotated(10922) == 16388
// run: rotated(32766) == -16372

pub fn ones(a: i16) -> u8 {
    a.count_ones() as u8 * 16 + a.count_zeros() as u8
}
// run: ones(-32768) == 31
// run: ones(0) == 16
// run: ones(1) == 31
// run: ones(10922) == 121
// run: ones(32766) == 226

pub fn zeros(a: i16) -> u16 {
    a.leading_zeros() as u16 * 256 + a.trailing_zeros() as u16
}
// run: zeros(-10923) == 0
// run: zeros(-1) == 0
// run: zeros(0) == 4112
// run: zeros(10922) == 513
// run: zeros(32766) == 257
// run: zeros(32767) == 256

pub fn clamped(a: i16) -> i16 {
    a.clamp(3, 100)
}
// run: clamped(-32767) == 3
// run: clamped(-1) == 3
// run: clamped(0) == 3
// run: clamped(10922) == 100
// run: clamped(32766) == 100
// run: clamped(32767) == 100

pub fn unsigned_abs(a: i16) -> u16 {
    a.unsigned_abs()
}
// run: unsigned_abs(-32768) == 32768
// run: unsigned_abs(-32767) == 32767
// run: unsigned_abs(-10923) == 10923
// run: unsigned_abs(1) == 1
// run: unsigned_abs(32766) == 32766
// run: unsigned_abs(32767) == 32767

pub fn wrapping_abs(a: i16) -> i16 {
    a.wrapping_abs()
}
// run: wrapping_abs(-32768) == -32768
// run: wrapping_abs(-10923) == 10923
// run: wrapping_abs(0) == 0
// run: wrapping_abs(10922) == 10922
// run: wrapping_abs(32766) == 32766
// run: wrapping_abs(32767) == 32767

pub fn signum(a: i16) -> i16 {
    a.signum() + a.is_negative() as i16 * 4 + a.is_positive() as i16 * 2
}
// run: signum(-32768) == 3
// run: signum(-32767) == 3
// run: signum(-10923) == 3
// run: signum(0) == 0
// run: signum(10922) == 3
// run: signum(32766) == 3

pub fn rem_euclid(a: i16, b: i16) -> i16 {
    if b == 0 || a == i16::MIN && b == -1 { 55 } else { a.rem_euclid(b) }
}
// run: rem_euclid(-32767, 32766) == 32765
// run: rem_euclid(0, -1) == 0
// run: rem_euclid(1, -10923) == 1
// run: rem_euclid(1, 32766) == 1
// run: rem_euclid(32766, 0) == 55
// run: rem_euclid(32766, 1) == 0

pub fn div_euclid(a: i16, b: i16) -> i16 {
    if b == 0 || a == i16::MIN && b == -1 { 55 } else { a.div_euclid(b) }
}
// run: div_euclid(-32768, 1) == -32768
// run: div_euclid(1, 0) == 55
// run: div_euclid(10922, -10923) == 0
// run: div_euclid(10922, 0) == 55
// run: div_euclid(32766, 10922) == 3
// run: div_euclid(32767, -32767) == -1

pub fn swapped(a: i16) -> i16 {
    a.swap_bytes()
}
// run: swapped(-32767) == 384
// run: swapped(-10923) == 21973
// run: swapped(-1) == -1
// run: swapped(1) == 256
// run: swapped(32766) == -385
// run: swapped(32767) == -129

pub fn little(a: i16) -> i16 {
    let [low, high] = a.to_le_bytes();
    i16::from_le_bytes([high, low])
}
// run: little(-32768) == 128
// run: little(-32767) == 384
// run: little(-10923) == 21973
// run: little(-1) == -1
// run: little(1) == 256
// run: little(32767) == -129
