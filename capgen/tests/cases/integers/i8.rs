// The methods of `i8`, at the ends of its range.

pub fn checked_add(a: i8, b: i8) -> i16 {
    match a.checked_add(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_add(-127, 1) == -63
// run: checked_add(-43, 0) == -21
// run: checked_add(0, 0) == 0
// run: checked_add(1, -1) == 0
// run: checked_add(126, -43) == 41
// run: checked_add(127, -128) == 0

pub fn saturating_add(a: i8, b: i8) -> i8 {
    a.saturating_add(b)
}
// run: saturating_add(-43, 126) == 83
// run: saturating_add(1, 0) == 1
// run: saturating_add(42, -43) == -1
// run: saturating_add(42, 126) == 127
// run: saturating_add(127, -127) == 0
// run: saturating_add(127, -43) == 84

pub fn wrapping_add(a: i8, b: i8) -> i8 {
    a.wrapping_add(b)
}
// run: wrapping_add(-127, 42) == -85
// run: wrapping_add(-127, 127) == 0
// run: wrapping_add(-43, -43) == -86
// run: wrapping_add(-43, 126) == 83
// run: wrapping_add(1, 42) == 43
// run: wrapping_add(126, -128) == -2

pub fn checked_sub(a: i8, b: i8) -> i16 {
    match a.checked_sub(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_sub(-128, -1) == -63
// run: checked_sub(-128, 1) == 12345
// run: checked_sub(-43, -1) == -21
// run: checked_sub(-43, 126) == 12345
// run: checked_sub(42, -127) == 12345
// run: checked_sub(42, 0) == 21

pub fn saturating_sub(a: i8, b: i8) -> i8 {
    a.saturating_sub(b)
}
// run: saturating_sub(-128, -43) == -85
// run: saturating_sub(-43, -1) == -42
// run: saturating_sub(1, 42) == -41
// run: saturating_sub(1, 126) == -125
// run: saturating_sub(42, -1) == 43
// run: saturating_sub(126, -1) == 127

pub fn wrapping_sub(a: i8, b: i8) -> i8 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(-127, 42) == 87
// run: wrapping_sub(-127, 126) == 3
// run: wrapping_sub(-43, -1) == -42
// run: wrapping_sub(0, 0) == 0
// run: wrapping_sub(1, -127) == -128
// run: wrapping_sub(126, -127) == -3

pub fn checked_mul(a: i8, b: i8) -> i16 {
    match a.checked_mul(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_mul(-128, 42) == 12345
// run: checked_mul(-127, -127) == 12345
// run: checked_mul(-43, -1) == 21
// run: checked_mul(-43, 1) == -21
// run: checked_mul(0, -128) == 0
// run: checked_mul(1, -127) == -63

pub fn saturating_mul(a: i8, b: i8) -> i8 {
    a.saturating_mul(b)
}
// run: saturating_mul(-127, 42) == -128
// run: saturating_mul(-43, -43) == 127
// run: saturating_mul(1, -1) == -1
// run: saturating_mul(42, -127) == -128
// run: saturating_mul(42, -1) == -42
// run: saturating_mul(126, 126) == 127

pub fn wrapping_mul(a: i8, b: i8) -> i8 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(-127, 42) == 42
// run: wrapping_mul(-1, 0) == 0
// run: wrapping_mul(-1, 126) == -126
// run: wrapping_mul(42, 42) == -28
// run: wrapping_mul(126, -43) == -42
// run: wrapping_mul(126, 126) == 4

pub fn checked_div(a: i8, b: i8) -> i8 {
    a.checked_div(b).unwrap_or(77)
}
// run: checked_div(-128, 1) == -128
// run: checked_div(-128, 127) == -1
// run: checked_div(-127, 1) == -127
// run: checked_div(-1, -43) == 0
// run: checked_div(127, -43) == -2
// run: checked_div(127, 0) == 77

pub fn checked_rem(a: i8, b: i8) -> i8 {
    a.checked_rem(b).unwrap_or(77)
}
// run: checked_rem(1, 126) == 1
// run: checked_rem(42, 126) == 42
// run: checked_rem(126, 126) == 0
// run: checked_rem(127, -1) == 0
// run: checked_rem(127, 42) == 1
// run: checked_rem(127, 127) == 0

pub fn abs_diff(a: i8, b: i8) -> u8 {
    a.abs_diff(b)
}
// run: abs_diff(-127, 127) == 254
// run: abs_diff(-43, -128) == 85
// run: abs_diff(1, -127) == 128
// run: abs_diff(42, 126) == 84
// run: abs_diff(126, 126) == 0
// run: abs_diff(127, -128) == 255

pub fn wrapping_neg(a: i8) -> i8 {
    a.wrapping_neg()
}
// run: wrapping_neg(-128) == -128
// run: wrapping_neg(-127) == 127
// run: wrapping_neg(-43) == 43
// run: wrapping_neg(-1) == 1
// run: wrapping_neg(0) == 0
// run: wrapping_neg(42) == -42

pub fn rotated(a: i8) -> i8 {
    a.rotate_left(3) ^ a.rotate_right(1)
}
// run: rotated(-128) == 68
// run: rotated(-127) == -52
// run: rotated(-43) == 68
// run: rotated(1) == -120
// run: rotated(126) == -52
// run: rotated(127) == 68

pub fn ones(a: i8) -> u8 {
    a.count_ones() as u8 * 16 + a.count_zeros() as u8
}
// run: ones(-127) == 38
// run: ones(-43) == 83
// run: ones(-1) == 128
// run: ones(0) == 8
// run: ones(1) == 23
// run: ones(126) == 98

pub fn zeros(a: i8) -> u16 {
    a.leading_zeros() as u16 * 256 + a.trailing_zeros() as u16
}
// run: zeros(-127) == 0
// run: zeros(-43) == 0
// run: zeros(0) == 2056
// run: zeros(1) == 1792
// run: zeros(126) == 257
// run: zeros(127) == 256

pub fn clamped(a: i8) -> i8 {
    a.clamp(3, 100)
}
// run: clamped(-128) == 3
// run: clamped(-127) == 3
// run: clamped(0) == 3
// run: clamped(1) == 3
// run: clamped(126) == 100
// run: clamped(127) == 100

pub fn unsigned_abs(a: i8) -> u8 {
    a.unsigned_abs()
}
// run: unsigned_abs(-128) == 128
// run: unsigned_abs(-43) == 43
// run: unsigned_abs(-1) == 1
// run: unsigned_abs(1) == 1
// run: unsigned_abs(42) == 42
// run: unsigned_abs(126) == 126

pub fn wrapping_abs(a: i8) -> i8 {
    a.wrapping_abs()
}
// run: wrapping_abs(-128) == -128
// run: wrapping_abs(-43) == 43
// run: wrapping_abs(-1) == 1
// run: wrapping_abs(1) == 1
// run: wrapping_abs(42) == 42
// run: wrapping_abs(126) == 126

pub fn signum(a: i8) -> i8 {
    a.signum() + a.is_negative() as i8 * 4 + a.is_positive() as i8 * 2
}
// run: signum(-127) == 3
// run: signum(-43) == 3
// run: signum(0) == 0
// run: signum(1) == 3
// run: signum(42) == 3
// run: signum(127) == 3

pub fn rem_euclid(a: i8, b: i8) -> i8 {
    if b == 0 || a == i8::MIN && b == -1 { 55 } else { a.rem_euclid(b) }
}
// run: rem_euclid(-128, -43) == 1
// run: rem_euclid(-43, 42) == 41
// run: rem_euclid(-43, 126) == 83
// run: rem_euclid(-1, -1) == 0
// run: rem_euclid(0, 127) == 0
// run: rem_euclid(1, -127) == 1

pub fn div_euclid(a: i8, b: i8) -> i8 {
    if b == 0 || a == i8::MIN && b == -1 { 55 } else { a.div_euclid(b) }
}
// run: div_euclid(-128, 1) == -128
// run: div_euclid(-1, -1) == 1
// run: div_euclid(0, -127) == 0
// run: div_euclid(1, -128) == 0
// run: div_euclid(126, 0) == 55
// run: div_euclid(127, 127) == 1
