// `u32`: operators and methods, at the ends of its range and of its words.

pub fn add(a: u32, b: u32) -> u32 {
    a + b
}
// run: add(32768, 1) == 32769
// run: add(196605, 0) == 196605
// run: add(16711935, 32767) == 16744702
// run: add(1, 1) == 2
// run: add(255, 32767) == 33022
// run: add(2147483648, 1) == 2147483649
// run: add(32767, 0) == 32767
// run: add(32768, 65536) == 98304

pub fn sub(a: u32, b: u32) -> u32 {
    a - b
}
// run: sub(2147483648, 65536) == 2147418112
// run: sub(16711935, 65535) == 16646400
// run: sub(65535, 0) == 65535
// run: sub(65537, 65536) == 1
// run: sub(4294967294, 65537) == 4294901757
// run: sub(305419896, 0) == 305419896
// run: sub(65536, 65535) == 1
// run: sub(32768, 0) == 32768

pub fn mul(a: u32, b: u32) -> u32 {
    a * b
}
// run: mul(0, 4294967294) == 0
// run: mul(0, 305419896) == 0
// run: mul(1, 305419896) == 305419896
// run: mul(65536, 255) == 16711680
// run: mul(255, 65536) == 16711680
// run: mul(0, 1) == 0
// run: mul(2147483648, 0) == 0
// run: mul(4294901760, 1) == 4294901760

pub fn div(a: u32, b: u32) -> u32 {
    a / b
}
// run: div(16711935, 4294967295) == 0
// run: div(65536, 65537) == 0
// run: div(1, 32767) == 0
// run: div(16711935, 1) == 16711935
// run: div(196605, 1) == 196605
// run: div(196605, 32768) == 5
// run: div(1, 305419896) == 0
// run: div(4294967295, 4294901760) == 1
// run: div(0, 65537) == 0
// run: div(4294967294, 196605) == 21845

pub fn rem(a: u32, b: u32) -> u32 {
    a % b
}
// run: rem(1, 65535) == 1
// run: rem(4294967294, 32768) == 32766
// run: rem(0, 305419896) == 0
// run: rem(4294967294, 305419896) == 19088750
// run: rem(65535, 305419896) == 65535
// run: rem(255, 65536) == 255
// run: rem(2147483648, 4294967295) == 2147483648
// run: rem(32767, 1) == 0
// run: rem(32768, 16711935) == 32768
// run: rem(4294901760, 65535) == 0

pub fn bits(a: u32, b: u32) -> u32 {
    (a & b) ^ (a | !b)
}
// run: bits(4294967295, 4294967295) == 0
// run: bits(255, 4294967294) == 1
// run: bits(65537, 65535) == 4294901760
// run: bits(65535, 4294901760) == 65535
// run: bits(1, 65536) == 4294901759
// run: bits(4294901760, 1) == 4294967294

pub fn compared(a: u32, b: u32) -> u8 {
    (a < b) as u8 | ((a <= b) as u8) << 1 | ((a > b) as u8) << 2 | ((a >= b) as u8) << 3 | ((a == b) as u8) << 4 | ((a != b) as u8) << 5
}
// run: compared(65535, 4294967295) == 35
// run: compared(4294901760, 305419896) == 44
// run: compared(65535, 16711935) == 35
// run: compared(65536, 196605) == 35
// run: compared(16711935, 255) == 44
// run: compared(4294967294, 255) == 44
// run: compared(32768, 305419896) == 35
// run: compared(255, 2147483648) == 35
// run: compared(65535, 1) == 44
// run: compared(2147483648, 65536) == 44
// run: compared(255, 4294967294) == 35
// run: compared(65536, 0) == 44
// run: compared(255, 32768) == 35
// run: compared(196605, 196605) == 26
// run: compared(1, 0) == 44
// run: compared(1, 4294967295) == 35

pub fn with_zero(a: u32) -> u8 {
    (a < 0) as u8 | ((a <= 0) as u8) << 1 | ((a > 0) as u8) << 2 | ((a >= 0) as u8) << 3 | ((a == 0) as u8) << 4 | ((a != 0) as u8) << 5
}
// run: with_zero(305419896) == 44
// run: with_zero(1) == 44
// run: with_zero(32768) == 44
// run: with_zero(255) == 44
// run: with_zero(4294967294) == 44
// run: with_zero(65536) == 44
// run: with_zero(0) == 26
// run: with_zero(16711935) == 44

pub fn shl_1(a: u32) -> u32 {
    a << 1
}
// run: shl_1(305419896) == 610839792
// run: shl_1(196605) == 393210
// run: shl_1(1) == 2

pub fn shr_1(a: u32) -> u32 {
    a >> 1
}
// run: shr_1(1) == 0
// run: shr_1(32768) == 16384
// run: shr_1(4294901760) == 2147450880

pub fn shl_8(a: u32) -> u32 {
    a << 8
}
// run: shl_8(1) == 256
// run: shl_8(65536) == 16777216
// run: shl_8(16711935) == 4278255360

pub fn shr_8(a: u32) -> u32 {
    a >> 8
}
// run: shr_8(1) == 0
// run: shr_8(4294967294) == 16777215
// run: shr_8(196605) == 767

pub fn shl_15(a: u32) -> u32 {
    a << 15
}
// run: shl_15(65535) == 2147450880
// run: shl_15(196605) == 2147385344
// run: shl_15(65536) == 2147483648

pub fn shr_15(a: u32) -> u32 {
    a >> 15
}
// run: shr_15(65537) == 2
// run: shr_15(1) == 0
// run: shr_15(255) == 0

pub fn shl_16(a: u32) -> u32 {
    a << 16
}
// run: shl_16(305419896) == 1450704896
// run: shl_16(0) == 0
// run: shl_16(4294901760) == 0

pub fn shr_16(a: u32) -> u32 {
    a >> 16
}
// run: shr_16(65536) == 1
// run: shr_16(196605) == 2
// run: shr_16(4294901760) == 65535

pub fn shl_17(a: u32) -> u32 {
    a << 17
}
// run: shl_17(305419896) == 2901409792
// run: shl_17(32768) == 0
// run: shl_17(0) == 0

pub fn shr_17(a: u32) -> u32 {
    a >> 17
}
// run: shr_17(65537) == 0
// run: shr_17(65536) == 0
// run: shr_17(16711935) == 127

pub fn shl_31(a: u32) -> u32 {
    a << 31
}
// run: shl_31(65536) == 0
// run: shl_31(32767) == 2147483648
// run: shl_31(4294967295) == 2147483648

pub fn shr_31(a: u32) -> u32 {
    a >> 31
}
// run: shr_31(255) == 0
// run: shr_31(32767) == 0
// run: shr_31(65536) == 0

pub fn shl(a: u32, by: u8) -> u32 {
    a << by
}
// run: shl(4294967295, 8) == 4294967040
// run: shl(1, 20) == 1048576
// run: shl(65536, 30) == 0
// run: shl(65537, 2) == 262148
// run: shl(4294901760, 29) == 0
// run: shl(1, 24) == 16777216
// run: shl(0, 13) == 0
// run: shl(32767, 23) == 4286578688
// run: shl(0, 22) == 0
// run: shl(2147483648, 17) == 0

pub fn shr(a: u32, by: u32) -> u32 {
    a >> by
}
// run: shr(4294901760, 7) == 33553920
// run: shr(1, 2) == 0
// run: shr(305419896, 6) == 4772185
// run: shr(305419896, 21) == 145
// run: shr(305419896, 22) == 72
// run: shr(65535, 26) == 0
// run: shr(4294901760, 23) == 511
// run: shr(16711935, 9) == 32640
// run: shr(65536, 24) == 0
// run: shr(255, 12) == 0
// run: shr(65535, 5) == 2047
// run: shr(1, 0) == 1

pub fn wrapping_add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}
// run: wrapping_add(2147483648, 1) == 2147483649
// run: wrapping_add(4294967294, 65535) == 65533
// run: wrapping_add(4294967294, 2147483648) == 2147483646
// run: wrapping_add(4294901760, 4294901760) == 4294836224
// run: wrapping_add(32767, 255) == 33022
// run: wrapping_add(305419896, 255) == 305420151
// run: wrapping_add(2147483648, 2147483648) == 0
// run: wrapping_add(65536, 32768) == 98304

pub fn checked_add(a: u32, b: u32) -> u32 {
    match a.checked_add(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_add(305419896, 255) == 152710075
// run: checked_add(32768, 4294901760) == 2147467264
// run: checked_add(0, 4294967294) == 2147483647
// run: checked_add(305419896, 65535) == 152742715
// run: checked_add(255, 0) == 127
// run: checked_add(1, 16711935) == 8355968
// run: checked_add(32767, 305419896) == 152726331
// run: checked_add(4294967295, 65535) == 12345

pub fn saturating_add(a: u32, b: u32) -> u32 {
    a.saturating_add(b)
}
// run: saturating_add(2147483648, 0) == 2147483648
// run: saturating_add(255, 32768) == 33023
// run: saturating_add(32767, 255) == 33022
// run: saturating_add(4294967295, 32767) == 4294967295
// run: saturating_add(65535, 305419896) == 305485431
// run: saturating_add(305419896, 255) == 305420151
// run: saturating_add(255, 196605) == 196860
// run: saturating_add(1, 0) == 1

pub fn overflowing_add(a: u32, b: u32) -> u32 {
    let (x, over) = a.overflowing_add(b);
    if over { 7 } else { x }
}
// run: overflowing_add(65535, 305419896) == 305485431
// run: overflowing_add(305419896, 4294967294) == 7
// run: overflowing_add(305419896, 196605) == 305616501
// run: overflowing_add(0, 16711935) == 16711935
// run: overflowing_add(1, 1) == 2
// run: overflowing_add(65535, 4294967295) == 7

pub fn wrapping_sub(a: u32, b: u32) -> u32 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(0, 32768) == 4294934528
// run: wrapping_sub(16711935, 1) == 16711934
// run: wrapping_sub(65537, 0) == 65537
// run: wrapping_sub(4294901760, 4294901760) == 0
// run: wrapping_sub(255, 2147483648) == 2147483903
// run: wrapping_sub(65537, 305419896) == 3989612937
// run: wrapping_sub(16711935, 0) == 16711935
// run: wrapping_sub(305419896, 0) == 305419896

pub fn checked_sub(a: u32, b: u32) -> u32 {
    match a.checked_sub(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_sub(4294901760, 305419896) == 1994740932
// run: checked_sub(255, 305419896) == 12345
// run: checked_sub(65535, 65536) == 12345
// run: checked_sub(255, 255) == 0
// run: checked_sub(4294967294, 65535) == 2147450879
// run: checked_sub(4294901760, 4294967295) == 12345
// run: checked_sub(0, 32767) == 12345
// run: checked_sub(32768, 0) == 16384

pub fn saturating_sub(a: u32, b: u32) -> u32 {
    a.saturating_sub(b)
}
// run: saturating_sub(0, 0) == 0
// run: saturating_sub(4294967294, 4294901760) == 65534
// run: saturating_sub(0, 2147483648) == 0
// run: saturating_sub(255, 4294967295) == 0
// run: saturating_sub(1, 1) == 0
// run: saturating_sub(32767, 1) == 32766
// run: saturating_sub(65535, 305419896) == 0
// run: saturating_sub(16711935, 65535) == 16646400

pub fn overflowing_sub(a: u32, b: u32) -> u32 {
    let (x, over) = a.overflowing_sub(b);
    if over { 7 } else { x }
}
// run: overflowing_sub(65536, 65536) == 0
// run: overflowing_sub(4294901760, 65536) == 4294836224
// run: overflowing_sub(0, 65537) == 7
// run: overflowing_sub(4294967295, 1) == 4294967294
// run: overflowing_sub(2147483648, 0) == 2147483648
// run: overflowing_sub(32768, 4294967295) == 7

pub fn wrapping_mul(a: u32, b: u32) -> u32 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(1, 2147483648) == 2147483648
// run: wrapping_mul(65535, 0) == 0
// run: wrapping_mul(4294901760, 0) == 0
// run: wrapping_mul(4294967294, 255) == 4294966786
// run: wrapping_mul(255, 1) == 255
// run: wrapping_mul(1, 4294967295) == 4294967295
// run: wrapping_mul(65535, 305419896) == 1145285000
// run: wrapping_mul(65535, 196605) == 4294574083

pub fn checked_mul(a: u32, b: u32) -> u32 {
    match a.checked_mul(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_mul(305419896, 32767) == 12345
// run: checked_mul(32768, 0) == 0
// run: checked_mul(32767, 32768) == 536854528
// run: checked_mul(305419896, 196605) == 12345
// run: checked_mul(65535, 32767) == 1073692672
// run: checked_mul(1, 16711935) == 8355967
// run: checked_mul(2147483648, 65536) == 12345
// run: checked_mul(65535, 0) == 0

pub fn saturating_mul(a: u32, b: u32) -> u32 {
    a.saturating_mul(b)
}
// run: saturating_mul(4294967294, 0) == 0
// run: saturating_mul(4294967295, 0) == 0
// run: saturating_mul(1, 196605) == 196605
// run: saturating_mul(16711935, 32767) == 4294967295
// run: saturating_mul(2147483648, 16711935) == 4294967295
// run: saturating_mul(255, 4294967294) == 4294967295
// run: saturating_mul(0, 2147483648) == 0
// run: saturating_mul(4294967295, 65535) == 4294967295

pub fn overflowing_mul(a: u32, b: u32) -> u32 {
    let (x, over) = a.overflowing_mul(b);
    if over { 7 } else { x }
}
// run: overflowing_mul(4294901760, 32767) == 7
// run: overflowing_mul(1, 0) == 0
// run: overflowing_mul(255, 65537) == 16711935
// run: overflowing_mul(65535, 2147483648) == 7
// run: overflowing_mul(1, 32767) == 32767
// run: overflowing_mul(305419896, 4294967294) == 7

pub fn checked_div(a: u32, b: u32) -> u32 {
    a.checked_div(b).unwrap_or(9)
}
// run: checked_div(1, 2147483648) == 0
// run: checked_div(2147483648, 65535) == 32768
// run: checked_div(1, 305419896) == 0
// run: checked_div(4294901760, 1) == 4294901760
// run: checked_div(196605, 4294967295) == 0
// run: checked_div(65537, 65536) == 1

pub fn checked_rem(a: u32, b: u32) -> u32 {
    a.checked_rem(b).unwrap_or(9)
}
// run: checked_rem(2147483648, 0) == 9
// run: checked_rem(1, 4294967295) == 1
// run: checked_rem(4294967295, 65536) == 65535
// run: checked_rem(65537, 65537) == 0
// run: checked_rem(4294967295, 255) == 0
// run: checked_rem(255, 1) == 0

pub fn rotate(a: u32, by: u32) -> u32 {
    a.rotate_left(by) ^ a.rotate_right(7) ^ a.rotate_left(16)
}
// run: rotate(0, 27) == 0
// run: rotate(255, 19) == 4177985537
// run: rotate(4294901760, 20) == 32570895
// run: rotate(16711935, 29) == 518069985
// run: rotate(1, 12) == 33624064
// run: rotate(65535, 10) == 33619455
// run: rotate(0, 23) == 0
// run: rotate(2147483648, 30) == 553680896

pub fn counts(a: u32) -> u32 {
    a.count_ones() | a.leading_zeros() << 8 | a.trailing_zeros() << 16 | a.count_zeros() << 24
}
// run: counts(65535) == 268439568
// run: counts(32768) == 521080833
// run: counts(1) == 520101633
// run: counts(65536) == 521146113
// run: counts(305419896) == 318964493
// run: counts(32767) == 285217039
// run: counts(4294967295) == 32
// run: counts(255) == 402659336

pub fn swapped(a: u32) -> u32 {
    a.swap_bytes()
}
// run: swapped(4294967295) == 4294967295
// run: swapped(1) == 16777216
// run: swapped(4294967294) == 4278190079
// run: swapped(0) == 0

pub fn least(a: u32, b: u32) -> u32 {
    a.min(b) ^ a.max(b) ^ a.clamp(5, 70000)
}
// run: least(16711935, 255) == 16650608
// run: least(65535, 1) == 1
// run: least(4294967294, 305419896) == 3989485814
// run: least(16711935, 32767) == 16674416
// run: least(65536, 4294967295) == 4294967295
// run: least(65537, 0) == 0

pub fn abs_diff(a: u32, b: u32) -> u32 {
    a.abs_diff(b)
}
// run: abs_diff(32767, 0) == 32767
// run: abs_diff(2147483648, 1) == 2147483647
// run: abs_diff(305419896, 65536) == 305354360
// run: abs_diff(16711935, 1) == 16711934
// run: abs_diff(305419896, 0) == 305419896

pub fn div_ceil(a: u32, b: u32) -> u32 {
    a.div_ceil(b)
}
// run: div_ceil(16711935, 65536) == 256
// run: div_ceil(32767, 65536) == 1
// run: div_ceil(65537, 4294967295) == 1
// run: div_ceil(4294901760, 32768) == 131070
// run: div_ceil(0, 16711935) == 0
// run: div_ceil(4294967295, 16711935) == 257

pub fn is_power_of_two(a: u32) -> bool {
    a.is_power_of_two()
}
// run: is_power_of_two(4294901760) == false
// run: is_power_of_two(65536) == true
// run: is_power_of_two(4294967295) == false
// run: is_power_of_two(262144) == true
// run: is_power_of_two(196605) == false
// run: is_power_of_two(2147483648) == true

pub fn pow(a: u32) -> u32 {
    a.wrapping_pow(5)
}
// run: pow(1) == 1
// run: pow(0) == 0
// run: pow(32767) == 2147647487
// run: pow(255) == 167118079
