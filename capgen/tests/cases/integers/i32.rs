// `i32`: operators and methods, at the ends of its range and of its words.

pub fn add(a: i32, b: i32) -> i32 {
    a + b
}
// run: add(0, 255) == 255
// run: add(-1, 2147483647) == 2147483646
// run: add(-65536, 16711935) == 16646399
// run: add(65536, 196605) == 262141
// run: add(-1, 65537) == 65536
// run: add(32767, 0) == 32767
// run: add(2147483646, 1) == 2147483647
// run: add(0, 65536) == 65536

pub fn sub(a: i32, b: i32) -> i32 {
    a - b
}
// run: sub(0, 65537) == -65537
// run: sub(-65536, -1) == -65535
// run: sub(196605, 65535) == 131070
// run: sub(16711935, 32767) == 16679168
// run: sub(1, 65535) == -65534
// run: sub(305419896, 255) == 305419641
// run: sub(0, 32768) == -32768
// run: sub(-1, 2147483646) == -2147483647

pub fn mul(a: i32, b: i32) -> i32 {
    a * b
}
// run: mul(0, 255) == 0
// run: mul(32767, 0) == 0
// run: mul(-65536, 32767) == -2147418112
// run: mul(255, 32767) == 8355585
// run: mul(1, 0) == 0
// run: mul(32768, 1) == 32768
// run: mul(-1, 65535) == -65535
// run: mul(2147483646, 0) == 0

pub fn div(a: i32, b: i32) -> i32 {
    a / b
}
// run: div(305419896, 65536) == 4660
// run: div(65535, 32768) == 1
// run: div(255, 2147483646) == 0
// run: div(305419896, 2147483647) == 0
// run: div(0, -2147483648) == 0
// run: div(-2147483648, 1) == -2147483648
// run: div(2147483647, 65535) == 32768
// run: div(-2147483647, -65536) == 32767
// run: div(32768, -2147483648) == 0
// run: div(32767, 196605) == 0

pub fn rem(a: i32, b: i32) -> i32 {
    a % b
}
// run: rem(-65536, 65535) == -1
// run: rem(-2147483647, 65537) == -32768
// run: rem(2147483646, -2147483647) == 2147483646
// run: rem(-2147483648, 65536) == 0
// run: rem(65536, 1) == 0
// run: rem(32768, 196605) == 32768
// run: rem(65536, 65535) == 1
// run: rem(16711935, -65536) == 255
// run: rem(-65536, 1) == 0
// run: rem(2147483646, 2147483646) == 0

pub fn bits(a: i32, b: i32) -> i32 {
    (a & b) ^ (a | !b)
}
// run: bits(16711935, 32767) == -32768
// run: bits(16711935, -65536) == 65535
// run: bits(65536, 16711935) == -16711936
// run: bits(2147483647, 65536) == -65537
// run: bits(255, 255) == -256
// run: bits(-2147483648, 1) == -2

pub fn compared(a: i32, b: i32) -> u8 {
    (a < b) as u8 | ((a <= b) as u8) << 1 | ((a > b) as u8) << 2 | ((a >= b) as u8) << 3 | ((a == b) as u8) << 4 | ((a != b) as u8) << 5
}
// run: compared(65535, -65536) == 44
// run: compared(2147483647, 65537) == 44
// run: compared(-2147483648, 2147483647) == 35
// run: compared(32767, 255) == 44
// run: compared(-2147483647, -1) == 35
// run: compared(16711935, 65537) == 44
// run: compared(65537, 32768) == 44
// run: compared(65537, 305419896) == 35
// run: compared(196605, -2147483647) == 44
// run: compared(32767, -2147483647) == 44
// run: compared(-2147483647, 32767) == 35
// run: compared(2147483647, 255) == 44
// run: compared(-1, -2147483647) == 44
// run: compared(65535, 65535) == 26
// run: compared(-1, 2147483647) == 35
// run: compared(1, 65536) == 35

pub fn with_zero(a: i32) -> u8 {
    (a < 0) as u8 | ((a <= 0) as u8) << 1 | ((a > 0) as u8) << 2 | ((a >= 0) as u8) << 3 | ((a == 0) as u8) << 4 | ((a != 0) as u8) << 5
}
// run: with_zero(-1) == 35
// run: with_zero(1) == 44
// run: with_zero(305419896) == 44
// run: with_zero(65537) == 44
// run: with_zero(2147483646) == 44
// run: with_zero(255) == 44
// run: with_zero(0) == 26
// run: with_zero(-2147483648) == 35

pub fn shl_1(a: i32) -> i32 {
    a << 1
}
// run: shl_1(1) == 2
// run: shl_1(196605) == 393210
// run: shl_1(65536) == 131072

pub fn shr_1(a: i32) -> i32 {
    a >> 1
}
// run: shr_1(-1) == -1
// run: shr_1(-2147483648) == -1073741824
// run: shr_1(2147483646) == 1073741823

pub fn shl_8(a: i32) -> i32 {
    a << 8
}
// run: shl_8(-2147483648) == 0
// run: shl_8(305419896) == 878082048
// run: shl_8(196605) == 50330880

pub fn shr_8(a: i32) -> i32 {
    a >> 8
}
// run: shr_8(-1) == -1
// run: shr_8(196605) == 767
// run: shr_8(255) == 0

pub fn shl_15(a: i32) -> i32 {
    a << 15
}
// run: shl_15(-1) == -32768
// run: shl_15(16711935) == -2139127808
// run: shl_15(2147483647) == -32768

pub fn shr_15(a: i32) -> i32 {
    a >> 15
}
// run: shr_15(65535) == 1
// run: shr_15(-65536) == -2
// run: shr_15(-2147483647) == -65536

pub fn shl_16(a: i32) -> i32 {
    a << 16
}
// run: shl_16(-2147483648) == 0
// run: shl_16(196605) == -196608
// run: shl_16(65537) == 65536

pub fn shr_16(a: i32) -> i32 {
    a >> 16
}
// run: shr_16(305419896) == 4660
// run: shr_16(0) == 0
// run: shr_16(-2147483648) == -32768

pub fn shl_17(a: i32) -> i32 {
    a << 17
}
// run: shl_17(0) == 0
// run: shl_17(-2147483647) == 131072
// run: shl_17(-65536) == 0

pub fn shr_17(a: i32) -> i32 {
    a >> 17
}
// run: shr_17(305419896) == 2330
// run: shr_17(-2147483648) == -16384
// run: shr_17(32768) == 0

pub fn shl_31(a: i32) -> i32 {
    a << 31
}
// run: shl_31(32767) == -2147483648
// run: shl_31(0) == 0
// run: shl_31(2147483647) == -2147483648

pub fn shr_31(a: i32) -> i32 {
    a >> 31
}
// run: shr_31(0) == 0
// run: shr_31(305419896) == 0
// run: shr_31(-2147483647) == -1

pub fn shl(a: i32, by: u8) -> i32 {
    a << by
}
// run: shl(65537, 30) == 1073741824
// run: shl(196605, 5) == 6291360
// run: shl(1, 15) == 32768
// run: shl(2147483646, 27) == -268435456
// run: shl(-1, 0) == -1
// run: shl(-1, 24) == -16777216
// run: shl(65536, 13) == 536870912
// run: shl(2147483646, 24) == -33554432
// run: shl(2147483646, 6) == -128
// run: shl(-2147483647, 15) == 32768

pub fn shr(a: i32, by: u32) -> i32 {
    a >> by
}
// run: shr(1, 13) == 0
// run: shr(305419896, 19) == 582
// run: shr(32768, 4) == 2048
// run: shr(65536, 4) == 4096
// run: shr(-65536, 11) == -32
// run: shr(32767, 4) == 2047
// run: shr(-65536, 26) == -1
// run: shr(32767, 27) == 0
// run: shr(255, 15) == 0
// run: shr(305419896, 26) == 4
// run: shr(32768, 5) == 1024
// run: shr(2147483646, 11) == 1048575

pub fn wrapping_add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}
// run: wrapping_add(-65536, -2147483648) == 2147418112
// run: wrapping_add(65535, 1) == 65536
// run: wrapping_add(305419896, 65536) == 305485432
// run: wrapping_add(-65536, 65537) == 1
// run: wrapping_add(2147483646, 1) == 2147483647
// run: wrapping_add(2147483646, 0) == 2147483646
// run: wrapping_add(2147483647, 255) == -2147483394
// run: wrapping_add(65535, 196605) == 262140

pub fn checked_add(a: i32, b: i32) -> i32 {
    match a.checked_add(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_add(0, 2147483646) == 1073741823
// run: checked_add(65537, 16711935) == 8388736
// run: checked_add(-1, 32767) == 16383
// run: checked_add(255, 1) == 128
// run: checked_add(-2147483648, 65537) == -1073709055
// run: checked_add(65536, 1) == 32768
// run: checked_add(65535, -2147483647) == -1073709056
// run: checked_add(1, 16711935) == 8355968

pub fn saturating_add(a: i32, b: i32) -> i32 {
    a.saturating_add(b)
}
// run: saturating_add(2147483646, 65536) == 2147483647
// run: saturating_add(1, -2147483647) == -2147483646
// run: saturating_add(1, 0) == 1
// run: saturating_add(65537, 65537) == 131074
// run: saturating_add(2147483646, -2147483647) == -1
// run: saturating_add(65536, 16711935) == 16777471
// run: saturating_add(0, 32767) == 32767
// run: saturating_add(-1, 16711935) == 16711934

pub fn overflowing_add(a: i32, b: i32) -> i32 {
    let (x, over) = a.overflowing_add(b);
    if over { 7 } else { x }
}
// run: overflowing_add(-1, -2147483648) == 7
// run: overflowing_add(1, -2147483647) == -2147483646
// run: overflowing_add(65535, -2147483648) == -2147418113
// run: overflowing_add(255, -1) == 254
// run: overflowing_add(2147483646, 0) == 2147483646
// run: overflowing_add(255, 305419896) == 305420151

pub fn wrapping_sub(a: i32, b: i32) -> i32 {
    a.wrapping_sub(b)
}
// run: wrapping_sub(-2147483648, 1) == 2147483647
// run: wrapping_sub(255, -2147483647) == -2147483394
// run: wrapping_sub(65537, 2147483646) == -2147418109
// run: wrapping_sub(-1, 65535) == -65536
// run: wrapping_sub(305419896, 255) == 305419641
// run: wrapping_sub(0, 1) == -1
// run: wrapping_sub(305419896, -65536) == 305485432
// run: wrapping_sub(2147483646, 0) == 2147483646

pub fn checked_sub(a: i32, b: i32) -> i32 {
    match a.checked_sub(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_sub(196605, -65536) == 131070
// run: checked_sub(2147483647, 32767) == 1073725440
// run: checked_sub(-65536, 32767) == -49151
// run: checked_sub(32768, 0) == 16384
// run: checked_sub(65535, 32768) == 16383
// run: checked_sub(1, 255) == -127
// run: checked_sub(-65536, 65536) == -65536
// run: checked_sub(-1, 32767) == -16384

pub fn saturating_sub(a: i32, b: i32) -> i32 {
    a.saturating_sub(b)
}
// run: saturating_sub(0, 16711935) == -16711935
// run: saturating_sub(-2147483647, 65535) == -2147483648
// run: saturating_sub(0, -2147483648) == 2147483647
// run: saturating_sub(65535, -2147483647) == 2147483647
// run: saturating_sub(-2147483648, -2147483648) == 0
// run: saturating_sub(32768, 16711935) == -16679167
// run: saturating_sub(-1, 196605) == -196606
// run: saturating_sub(0, 2147483647) == -2147483647

pub fn overflowing_sub(a: i32, b: i32) -> i32 {
    let (x, over) = a.overflowing_sub(b);
    if over { 7 } else { x }
}
// run: overflowing_sub(65537, 65537) == 0
// run: overflowing_sub(16711935, -2147483648) == 7
// run: overflowing_sub(255, 196605) == -196350
// run: overflowing_sub(0, 32768) == -32768
// run: overflowing_sub(-2147483648, 2147483647) == 7
// run: overflowing_sub(65536, -1) == 65537

pub fn wrapping_mul(a: i32, b: i32) -> i32 {
    a.wrapping_mul(b)
}
// run: wrapping_mul(196605, -65536) == 196608
// run: wrapping_mul(2147483647, 65537) == 2147418111
// run: wrapping_mul(-2147483648, -65536) == 0
// run: wrapping_mul(-65536, -65536) == 0
// run: wrapping_mul(-1, -2147483648) == -2147483648
// run: wrapping_mul(65536, 2147483646) == -131072
// run: wrapping_mul(65535, 305419896) == 1145285000
// run: wrapping_mul(65537, -65536) == -65536

pub fn checked_mul(a: i32, b: i32) -> i32 {
    match a.checked_mul(b) {
        Some(x) => x / 2,
        None => 12345,
    }
}
// run: checked_mul(0, -2147483647) == 0
// run: checked_mul(65537, -1) == -32768
// run: checked_mul(-65536, 65537) == 12345
// run: checked_mul(32768, 65535) == 1073725440
// run: checked_mul(255, -2147483647) == 12345
// run: checked_mul(305419896, -2147483648) == 12345
// run: checked_mul(1, 65536) == 32768
// run: checked_mul(16711935, 0) == 0

pub fn saturating_mul(a: i32, b: i32) -> i32 {
    a.saturating_mul(b)
}
// run: saturating_mul(0, -1) == 0
// run: saturating_mul(2147483647, -65536) == -2147483648
// run: saturating_mul(65535, 65537) == 2147483647
// run: saturating_mul(-2147483648, 255) == -2147483648
// run: saturating_mul(2147483646, 16711935) == 2147483647
// run: saturating_mul(65535, 16711935) == 2147483647
// run: saturating_mul(32767, 0) == 0
// run: saturating_mul(-2147483647, -2147483648) == 2147483647

pub fn overflowing_mul(a: i32, b: i32) -> i32 {
    let (x, over) = a.overflowing_mul(b);
    if over { 7 } else { x }
}
// run: overflowing_mul(-2147483648, 65536) == 7
// run: overflowing_mul(-65536, 0) == 0
// run: overflowing_mul(32768, 65535) == 2147450880
// run: overflowing_mul(-2147483647, 2147483646) == 7
// run: overflowing_mul(65537, 65535) == 7
// run: overflowing_mul(305419896, 196605) == 7

pub fn checked_div(a: i32, b: i32) -> i32 {
    a.checked_div(b).unwrap_or(9)
}
// run: checked_div(0, 305419896) == 0
// run: checked_div(1, 1) == 1
// run: checked_div(-1, -2147483647) == 0
// run: checked_div(305419896, -2147483647) == 0
// run: checked_div(255, 0) == 9
// run: checked_div(16711935, 32767) == 510

pub fn checked_rem(a: i32, b: i32) -> i32 {
    a.checked_rem(b).unwrap_or(9)
}
// run: checked_rem(65535, 32768) == 32767
// run: checked_rem(-2147483648, 0) == 9
// run: checked_rem(-2147483648, -1) == 9
// run: checked_rem(65535, 32767) == 1
// run: checked_rem(255, 2147483647) == 255
// run: checked_rem(-2147483648, -2147483648) == 0

pub fn rotate(a: i32, by: u32) -> i32 {
    a.rotate_left(by) ^ a.rotate_right(7) ^ a.rotate_left(16)
}
// run: rotate(65537, 26) == 100730369
// run: rotate(32767, 32) == -2113962240
// run: rotate(32767, 19) == 2114388220
// run: rotate(2147483647, 32) == 2130673663
// run: rotate(32767, 2) == -2113995005
// run: rotate(-1, 22) == -1
// run: rotate(-2147483648, 19) == 17072128
// run: rotate(16711935, 28) == 250679025

pub fn counts(a: i32) -> u32 {
    a.count_ones() | a.leading_zeros() << 8 | a.trailing_zeros() << 16 | a.count_zeros() << 24
}
// run: counts(1) == 520101633
// run: counts(-2147483647) == 503316482
// run: counts(196605) == 268439056
// run: counts(32768) == 521080833
// run: counts(-1) == 32
// run: counts(305419896) == 318964493
// run: counts(65536) == 521146113
// run: counts(0) == 538976256

pub fn swapped(a: i32) -> i32 {
    a.swap_bytes()
}
// run: swapped(16711935) == -16711936
// run: swapped(2147483647) == -129
// run: swapped(65537) == 16777472
// run: swapped(196605) == -33619456

pub fn least(a: i32, b: i32) -> i32 {
    a.min(b) ^ a.max(b) ^ a.clamp(5, 70000)
}
// run: least(-1, 1) == -5
// run: least(196605, 305419896) == 305641717
// run: least(-2147483647, -65536) == 2147418116
// run: least(65535, 16711935) == 16711935
// run: least(-2147483647, 0) == -2147483644
// run: least(255, -2147483648) == -2147483648

pub fn abs_diff(a: i32, b: i32) -> u32 {
    a.abs_diff(b)
}
// run: abs_diff(65537, 16711935) == 16646398
// run: abs_diff(2147483647, 2147483647) == 0
// run: abs_diff(0, 1) == 1
// run: abs_diff(2147483646, 65535) == 2147418111
// run: abs_diff(-2147483647, 2147483646) == 4294967293

pub fn abs(a: i32) -> i32 {
    a.abs() ^ a.signum()
}
// run: abs(32768) == 32769
// run: abs(255) == 254
// run: abs(65535) == 65534
// run: abs(1) == 0
// run: abs(-1) == -2
// run: abs(65536) == 65537

pub fn unsigned_abs(a: i32) -> u32 {
    a.unsigned_abs()
}
// run: unsigned_abs(32767) == 32767
// run: unsigned_abs(32768) == 32768
// run: unsigned_abs(16711935) == 16711935
// run: unsigned_abs(65536) == 65536
// run: unsigned_abs(65535) == 65535

pub fn euclid(a: i32, b: i32) -> i32 {
    a.div_euclid(b) ^ a.rem_euclid(b)
}
// run: euclid(2147483647, -2147483647) == -1
// run: euclid(1, -2147483648) == 1
// run: euclid(16711935, 2147483647) == 16711935
// run: euclid(255, 2147483647) == 255
// run: euclid(-2147483648, -65536) == 32768
// run: euclid(1, -65536) == 1
// run: euclid(196605, 16711935) == 196605
// run: euclid(32767, 1) == 32767

pub fn neg(a: i32) -> i32 {
    -a
}
// run: neg(0) == 0
// run: neg(2147483647) == -2147483647
// run: neg(16711935) == -16711935
// run: neg(305419896) == -305419896
// run: neg(196605) == -196605

pub fn pow(a: i32) -> i32 {
    a.wrapping_pow(5)
}
// run: pow(0) == 0
// run: pow(32768) == 0
// run: pow(1) == 1
// run: pow(-1) == -1
