// The methods of `u16`, at the ends of its range.

pub fn checked_add(a: u16, b: u16) -> i16 {
    match a.checked_add(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_add(0, 0) == 0
// run: checked_add(1, 21845) == 10923
// run: checked_add(1, 65534) == 0
// run: checked_add(21845, 0) == 10922
// run: checked_add(32768, 0) == -16384
// run: checked_add(65535, 65535) == 12345

pub fn saturating_add(a: u16, b: u16) -> u16 {
    a.saturating_add(b)
}
// run: saturating_add(0, 0) == 0
// run: saturating_add(0, 65534) == 65534
// run: saturating_add(32768, 0) == 32768
// run: saturating_add(32768, 65535) == 65535
// run: saturating_add(65535, 32768) == 65535
// run: saturating_add(65535, 65535) == 65535

pub fn wrapping_add(a: u16, b: u16) -> u16 {
    a.wrapping_add(b)
}
// run: wrapping_add(0, 0) == 0
// run: wrapping_add(1, 65535) == 0
// run: wrapping_add(65534, 21845) == 21843
// run: wrapping_add(65534, 65534) == 65532
// run: wrapping_add(65535, 0) == 65535
// run: wrapping_add(65535, 65535) == 65534

pub fn checked_sub(a: u16, b: u16) -> i16 {
    match a.checked_sub(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_sub(0, 32768) == 12345
// run: checked_sub(0, 65535) == 12345
// run: checked_sub(1, 65535) == 12345
// run: checked_sub(21845, 0) == 10922
// run: checked_sub(32768, 0) == -16384
// run: checked_sub(65535, 65535) == 0

pub fn saturating_sub(a: u16, b: u16) -> u16 {
    a.saturating_sub(b)
}
// run: saturating_sub(0, 0) == 0
// run: saturating_sub(0, 65535) == 0
// run: saturating_sub(1, 65534) == 0
// run: saturating_sub(1, 65535) == 0
// run: saturating_sub(32768, 0) == 32768
// run: saturating_sub(32768, 32768) == 0

pub fn wrapping_sub(a: u16, b: u16) -> u16 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(0, 1) == 65535
// run: wrapping_sub(0, 32768) == 32768
// run: wrapping_sub(0, 65535) == 1
// run: wrapping_sub(1, 21845) == 43692
// run: wrapping_sub(21845, 0) == 21845
// run: wrapping_sub(65534, 65534) == 0

pub fn checked_mul(a: u16, b: u16) -> i16 {
    match a.checked_mul(b) {
        Some(x) => x as i16 / 2,
        None => 12345,
    }
}
// run: checked_mul(0, 0) == 0
// run: checked_mul(0, 21845) == 0
// run: checked_mul(0, 65535) == 0
// run: checked_mul(1, 1) == 0
// run: checked_mul(21845, 0) == 0
// run: checked_mul(65535, 0) == 0

pub fn saturating_mul(a: u16, b: u16) -> u16 {
    a.saturating_mul(b)
}
// run: saturating_mul(0, 21845) == 0
// run: saturating_mul(0, 65535) == 0
// run: saturating_mul(21845, 0) == 0
// run: saturating_mul(21845, 65534) == 65535
// run: saturating_mul(32768, 1) == 32768
// run: saturating_mul(65535, 21845) == 65535

pub fn wrapping_mul(a: u16, b: u16) -> u16 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(0, 65535) == 0
// run: wrapping_mul(0, 65535) == 0
// run: wrapping_mul(1, 65534) == 65534
// run: wrapping_mul(32768, 1) == 32768
// run: wrapping_mul(65534, 1) == 65534
// run: wrapping_mul(65534, 21845) == 21846

pub fn checked_div(a: u16, b: u16) -> u16 {
    a.checked_div(b).unwrap_or(77)
}
// run: checked_div(0, 0) == 77
// run: checked_div(1, 1) == 1
// run: checked_div(32768, 21845) == 1
// run: checked_div(32768, 65534) == 0
// run: checked_div(65534, 65535) == 0
// run: checked_div(65535, 0) == 77

pub fn checked_rem(a: u16, b: u16) -> u16 {
    a.checked_rem(b).unwrap_or(77)
}
// run: checked_rem(0, 65534) == 0
// run: checked_rem(0, 65535) == 0
// run: checked_rem(0, 65535) == 0
// run: checked_rem(1, 32768) == 1
// run: checked_rem(65534, 1) == 0
// run: checked_rem(65535, 1) == 0

pub fn abs_diff(a: u16, b: u16) -> u16 {
    a.abs_diff(b)
}
// run: abs_diff(0, 0) == 0
// run: abs_diff(0, 21845) == 21845
// run: abs_diff(0, 32768) == 32768
// run: abs_diff(32768, 65535) == 32767
// run: abs_diff(65535, 1) == 65534
// run: abs_diff(65535, 32768) == 32767

pub fn wrapping_neg(a: u16) -> u16 {
    a.wrapping_neg()
}
// run: wrapping_neg(0) == 0
// run: wrapping_neg(1) == 65535
// run: wrapping_neg(21845) == 43691
// run: wrapping_neg(32768) == 32768
// run: wrapping_neg(65534) == 2
// run: wrapping_neg(65535) == 1

pub fn rotated(a: u16) -> u16 {
    a.rotate_left(3) ^ a.rotate_right(1)
}
// run: rotated(0) == 0
// run: rotated(0) == 0
// run: rotated(21845) == 0
// run: rotated(32768) == 16388
// run: rotated(65534) == 32776
// run: rotated(65535) == 0

pub fn ones(a: u16) -> u8 {
    a.count_ones() as u8 * 16 + a.count_zeros() as u8
}
// run: ones(0) == 16
// run: ones(1) == 31
// run: ones(21845) == 136
// run: ones(32768) == 31
// run: ones(65534) == 241

pub fn zeros(a: u16) -> u16 {
    a.leading_zeros() as u16 * 256 + a.trailing_zeros() as u16
}
// run: zeros(0) == 4112
// run: zeros(1) == 3840
// run: zeros(21845) == 256
// run: zeros(32768) == 15
// run: zeros(65534) == 1
// run: zeros(65535) == 0

pub fn clamped(a: u16) -> u16 {
    a.clamp(3, 100)
}
// run: clamped(0) == 3
// run: clamped(0) == 3
// run: clamped(1) == 3
// run: clamped(32768) == 100
// run: clamped(65534) == 100
// run: clamped(65535) == 100

pub fn div_ceil(a: u16, b: u16) -> u16 {
    if b == 0 { 0 } else { a.div_ceil(b) }
}
// run: div_ceil(0, 0) == 0
// run: div_ceil(0, 1) == 0
// run: div_ceil(1, 0) == 0
// run: div_ceil(1, 65534) == 1
// run: div_ceil(65535, 0) == 0
// run: div_ceil(65535, 21845) == 3

pub fn power_of_two(a: u16) -> bool {
    a.is_power_of_two()
}
// run: power_of_two(0) == false
// run: power_of_two(0) == false
// run: power_of_two(1) == true
// run: power_of_two(21845) == false
// run: power_of_two(32768) == true
// run: power_of_two(65535) == false

pub fn swapped(a: u16) -> u16 {
    a.swap_bytes()
}
// run: swapped(0) == 0
// run: swapped(0) == 0
// run: swapped(1) == 256
// run: swapped(21845) == 21845
// run: swapped(32768) == 128
// run: swapped(65535) == 65535

pub fn little(a: u16) -> u16 {
    let [low, high] = a.to_le_bytes();
    u16::from_le_bytes([high, low])
}
// run: little(0) == 0
// run: little(0) == 0
// run: little(21845) == 21845
// run: little(32768) == 128
// run: little(65534) == 65279
// run: little(65535) == 65535
