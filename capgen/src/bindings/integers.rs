//! The methods of the integers, each as a function `TYPE_method`. What overflows never does so inside:
//! a narrow type is computed in a wider one, a wide one is tested first.

fn u8_checked_add(a: u8, b: u8) -> Option<u8> {
    let wide = a as u16 + b as u16;
    if wide == wide as u8 as u16 { Some(wide as u8) } else { None }
}

fn u8_saturating_add(a: u8, b: u8) -> u8 {
    let wide = a as u16 + b as u16;
    if wide > 255 { 255 } else { wide as u8 }
}

fn u8_checked_sub(a: u8, b: u8) -> Option<u8> {
    let wide = a as i16 - b as i16;
    if wide == wide as u8 as i16 { Some(wide as u8) } else { None }
}

fn u8_saturating_sub(a: u8, b: u8) -> u8 {
    if a > b { a - b } else { 0 }
}

fn u8_checked_mul(a: u8, b: u8) -> Option<u8> {
    let wide = a as u16 * b as u16;
    if wide == wide as u8 as u16 { Some(wide as u8) } else { None }
}

fn u8_saturating_mul(a: u8, b: u8) -> u8 {
    let wide = a as u16 * b as u16;
    if wide > 255 { 255 } else { wide as u8 }
}

fn i8_checked_add(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 + b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_add(a: i8, b: i8) -> i8 {
    let wide = a as i16 + b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn i8_checked_sub(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 - b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_sub(a: i8, b: i8) -> i8 {
    let wide = a as i16 - b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn i8_checked_mul(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 * b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_mul(a: i8, b: i8) -> i8 {
    let wide = a as i16 * b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn u16_checked_add(a: u16, b: u16) -> Option<u16> {
    let sum = a.wrapping_add(b);
    if sum < a { None } else { Some(sum) }
}

fn u16_checked_mul(a: u16, b: u16) -> Option<u16> {
    let product = a.wrapping_mul(b);
    if a != 0 && product / a != b { None } else { Some(product) }
}

fn u16_saturating_add(a: u16, b: u16) -> u16 {
    let sum = a.wrapping_add(b);
    if sum < a { u16::MAX } else { sum }
}

fn u16_saturating_mul(a: u16, b: u16) -> u16 {
    let product = a.wrapping_mul(b);
    if a != 0 && product / a != b { u16::MAX } else { product }
}

fn u16_checked_sub(a: u16, b: u16) -> Option<u16> {
    if a < b { None } else { Some(a - b) }
}

fn u16_saturating_sub(a: u16, b: u16) -> u16 {
    if a > b { a - b } else { 0 }
}

fn usize_checked_sub(a: usize, b: usize) -> Option<usize> {
    if a < b { None } else { Some(a - b) }
}

fn usize_saturating_sub(a: usize, b: usize) -> usize {
    if a > b { a - b } else { 0 }
}

fn i16_checked_add(a: i16, b: i16) -> Option<i16> {
    let sum = a.wrapping_add(b);
    if (a ^ sum) & (b ^ sum) < 0 { None } else { Some(sum) }
}

fn i16_checked_sub(a: i16, b: i16) -> Option<i16> {
    let difference = a.wrapping_sub(b);
    if (a ^ b) & (a ^ difference) < 0 { None } else { Some(difference) }
}

fn i16_fits_product(a: i16, b: i16, product: i16) -> bool {
    // MIN / -1 is no short.
    if a == -1 {
        return b != i16::MIN;
    }
    a == 0 || product / a == b
}

fn i16_checked_mul(a: i16, b: i16) -> Option<i16> {
    let product = a.wrapping_mul(b);
    if i16_fits_product(a, b, product) { Some(product) } else { None }
}

fn i16_saturating_add(a: i16, b: i16) -> i16 {
    let sum = a.wrapping_add(b);
    if (a ^ sum) & (b ^ sum) >= 0 {
        return sum;
    }
    if a < 0 { i16::MIN } else { i16::MAX }
}

fn i16_saturating_sub(a: i16, b: i16) -> i16 {
    let difference = a.wrapping_sub(b);
    if (a ^ b) & (a ^ difference) >= 0 {
        return difference;
    }
    if a < 0 { i16::MIN } else { i16::MAX }
}

fn i16_saturating_mul(a: i16, b: i16) -> i16 {
    let product = a.wrapping_mul(b);
    if i16_fits_product(a, b, product) {
        return product;
    }
    if (a < 0) == (b < 0) { i16::MAX } else { i16::MIN }
}

fn u8_checked_div(a: u8, b: u8) -> Option<u8> {
    if b == 0 { None } else { Some(a / b) }
}

fn u8_checked_rem(a: u8, b: u8) -> Option<u8> {
    if b == 0 { None } else { Some(a % b) }
}

fn u8_div_ceil(a: u8, b: u8) -> u8 {
    if a % b == 0 { a / b } else { a / b + 1 }
}

fn u8_is_power_of_two(a: u8) -> bool {
    a != 0 && a & (a - 1) == 0
}

fn u8_abs_diff(a: u8, b: u8) -> u8 {
    if a > b { a - b } else { b - a }
}

fn u16_checked_div(a: u16, b: u16) -> Option<u16> {
    if b == 0 { None } else { Some(a / b) }
}

fn u16_checked_rem(a: u16, b: u16) -> Option<u16> {
    if b == 0 { None } else { Some(a % b) }
}

fn u16_div_ceil(a: u16, b: u16) -> u16 {
    if a % b == 0 { a / b } else { a / b + 1 }
}

fn u16_is_power_of_two(a: u16) -> bool {
    a != 0 && a & (a - 1) == 0
}

fn u16_abs_diff(a: u16, b: u16) -> u16 {
    if a > b { a - b } else { b - a }
}

fn usize_checked_div(a: usize, b: usize) -> Option<usize> {
    if b == 0 { None } else { Some(a / b) }
}

fn usize_checked_rem(a: usize, b: usize) -> Option<usize> {
    if b == 0 { None } else { Some(a % b) }
}

fn usize_div_ceil(a: usize, b: usize) -> usize {
    if a % b == 0 { a / b } else { a / b + 1 }
}

fn usize_is_power_of_two(a: usize) -> bool {
    a != 0 && a & (a - 1) == 0
}

fn usize_abs_diff(a: usize, b: usize) -> usize {
    if a > b { a - b } else { b - a }
}

fn i8_checked_div(a: i8, b: i8) -> Option<i8> {
    if b == 0 || a == i8::MIN && b == -1 { None } else { Some(a / b) }
}

fn i8_checked_rem(a: i8, b: i8) -> Option<i8> {
    if b == 0 || a == i8::MIN && b == -1 { None } else { Some(a % b) }
}

fn i8_abs(a: i8) -> i8 {
    if a < 0 { -a } else { a }
}

fn i8_unsigned_abs(a: i8) -> u8 {
    let bits = a as u8;
    if a < 0 { 0u8.wrapping_sub(bits) } else { bits }
}

fn i8_wrapping_abs(a: i8) -> i8 {
    if a < 0 { 0i8.wrapping_sub(a) } else { a }
}

fn i8_abs_diff(a: i8, b: i8) -> u8 {
    let (x, y) = (a as u8, b as u8);
    if a > b { x.wrapping_sub(y) } else { y.wrapping_sub(x) }
}

fn i8_signum(a: i8) -> i8 {
    if a < 0 { -1 } else if a > 0 { 1 } else { 0 }
}

fn i8_is_negative(a: i8) -> bool {
    a < 0
}

fn i8_is_positive(a: i8) -> bool {
    a > 0
}

fn i8_rem_euclid(a: i8, b: i8) -> i8 {
    let rest = a % b;
    // The divisor's size may not fit its type: add or take away, never negate.
    if rest >= 0 {
        return rest;
    }
    if b < 0 { rest - b } else { rest + b }
}

fn i8_div_euclid(a: i8, b: i8) -> i8 {
    let quotient = a / b;
    if a % b >= 0 {
        return quotient;
    }
    if b > 0 { quotient - 1 } else { quotient + 1 }
}

fn i16_checked_div(a: i16, b: i16) -> Option<i16> {
    if b == 0 || a == i16::MIN && b == -1 { None } else { Some(a / b) }
}

fn i16_checked_rem(a: i16, b: i16) -> Option<i16> {
    if b == 0 || a == i16::MIN && b == -1 { None } else { Some(a % b) }
}

fn i16_abs(a: i16) -> i16 {
    if a < 0 { -a } else { a }
}

fn i16_unsigned_abs(a: i16) -> u16 {
    let bits = a as u16;
    if a < 0 { 0u16.wrapping_sub(bits) } else { bits }
}

fn i16_wrapping_abs(a: i16) -> i16 {
    if a < 0 { 0i16.wrapping_sub(a) } else { a }
}

fn i16_abs_diff(a: i16, b: i16) -> u16 {
    let (x, y) = (a as u16, b as u16);
    if a > b { x.wrapping_sub(y) } else { y.wrapping_sub(x) }
}

fn i16_signum(a: i16) -> i16 {
    if a < 0 { -1 } else if a > 0 { 1 } else { 0 }
}

fn i16_is_negative(a: i16) -> bool {
    a < 0
}

fn i16_is_positive(a: i16) -> bool {
    a > 0
}

fn i16_rem_euclid(a: i16, b: i16) -> i16 {
    let rest = a % b;
    // The divisor's size may not fit its type: add or take away, never negate.
    if rest >= 0 {
        return rest;
    }
    if b < 0 { rest - b } else { rest + b }
}

fn i16_div_euclid(a: i16, b: i16) -> i16 {
    let quotient = a / b;
    if a % b >= 0 {
        return quotient;
    }
    if b > 0 { quotient - 1 } else { quotient + 1 }
}

fn u8_wrapping_neg(a: u8) -> u8 {
    0u8.wrapping_sub(a)
}

fn u8_rotate_left(a: u8, by: u8) -> u8 {
    let bits = a as u8;
    (bits << by | bits >> (8 - by)) as u8
}

fn u8_rotate_right(a: u8, by: u8) -> u8 {
    let bits = a as u8;
    (bits >> by | bits << (8 - by)) as u8
}

fn u8_count_ones(a: u8) -> u8 {
    let mut bits = a as u8;
    let mut count = 0u8;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn u8_count_zeros(a: u8) -> u8 {
    u8_count_ones(!a)
}

fn u8_leading_zeros(a: u8) -> u8 {
    let mut bits = a as u8;
    let mut count = 8u8;
    while bits != 0 {
        bits >>= 1;
        count -= 1;
    }
    count
}

fn u8_trailing_zeros(a: u8) -> u8 {
    let bits = a as u8;
    let mut count = 0u8;
    while count < 8 && bits >> count & 1 == 0 {
        count += 1;
    }
    count
}

fn i8_wrapping_neg(a: i8) -> i8 {
    0i8.wrapping_sub(a)
}

fn i8_rotate_left(a: i8, by: u8) -> i8 {
    let bits = a as u8;
    (bits << by | bits >> (8 - by)) as i8
}

fn i8_rotate_right(a: i8, by: u8) -> i8 {
    let bits = a as u8;
    (bits >> by | bits << (8 - by)) as i8
}

fn i8_count_ones(a: i8) -> u8 {
    let mut bits = a as u8;
    let mut count = 0u8;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn i8_count_zeros(a: i8) -> u8 {
    i8_count_ones(!a)
}

fn i8_leading_zeros(a: i8) -> u8 {
    let mut bits = a as u8;
    let mut count = 8u8;
    while bits != 0 {
        bits >>= 1;
        count -= 1;
    }
    count
}

fn i8_trailing_zeros(a: i8) -> u8 {
    let bits = a as u8;
    let mut count = 0u8;
    while count < 8 && bits >> count & 1 == 0 {
        count += 1;
    }
    count
}

fn u16_wrapping_neg(a: u16) -> u16 {
    0u16.wrapping_sub(a)
}

fn u16_rotate_left(a: u16, by: u8) -> u16 {
    let bits = a as u16;
    (bits << by | bits >> (16 - by)) as u16
}

fn u16_rotate_right(a: u16, by: u8) -> u16 {
    let bits = a as u16;
    (bits >> by | bits << (16 - by)) as u16
}

fn u16_count_ones(a: u16) -> u8 {
    let mut bits = a as u16;
    let mut count = 0u8;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn u16_count_zeros(a: u16) -> u8 {
    u16_count_ones(!a)
}

fn u16_leading_zeros(a: u16) -> u8 {
    let mut bits = a as u16;
    let mut count = 16u8;
    while bits != 0 {
        bits >>= 1;
        count -= 1;
    }
    count
}

fn u16_trailing_zeros(a: u16) -> u8 {
    let bits = a as u16;
    let mut count = 0u8;
    while count < 16 && bits >> count & 1 == 0 {
        count += 1;
    }
    count
}

fn i16_wrapping_neg(a: i16) -> i16 {
    0i16.wrapping_sub(a)
}

fn i16_rotate_left(a: i16, by: u8) -> i16 {
    let bits = a as u16;
    (bits << by | bits >> (16 - by)) as i16
}

fn i16_rotate_right(a: i16, by: u8) -> i16 {
    let bits = a as u16;
    (bits >> by | bits << (16 - by)) as i16
}

fn i16_count_ones(a: i16) -> u8 {
    let mut bits = a as u16;
    let mut count = 0u8;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn i16_count_zeros(a: i16) -> u8 {
    i16_count_ones(!a)
}

fn i16_leading_zeros(a: i16) -> u8 {
    let mut bits = a as u16;
    let mut count = 16u8;
    while bits != 0 {
        bits >>= 1;
        count -= 1;
    }
    count
}

fn i16_trailing_zeros(a: i16) -> u8 {
    let bits = a as u16;
    let mut count = 0u8;
    while count < 16 && bits >> count & 1 == 0 {
        count += 1;
    }
    count
}

fn u16_swap_bytes(a: u16) -> u16 {
    let bits = a as u16;
    (bits << 8 | bits >> 8) as u16
}

fn i16_swap_bytes(a: i16) -> i16 {
    let bits = a as u16;
    (bits << 8 | bits >> 8) as i16
}

fn u8_clamp(a: u8, low: u8, high: u8) -> u8 {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}

fn i8_clamp(a: i8, low: i8, high: i8) -> i8 {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}

fn u16_clamp(a: u16, low: u16, high: u16) -> u16 {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}

fn i16_clamp(a: i16, low: i16, high: i16) -> i16 {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}

fn usize_clamp(a: usize, low: usize, high: usize) -> usize {
    if a < low {
        return low;
    }
    if a > high { high } else { a }
}
