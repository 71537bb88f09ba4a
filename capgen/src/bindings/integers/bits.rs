fn T_wrapping_neg(a: T) -> T {
    (0 as T).wrapping_sub(a)
}

/// By 1 to one less than the width, a constant.
fn T_rotate_left(a: T, by: u8) -> T {
    let bits = a as U;
    (bits << by | bits >> (BITS - by)) as T
}

fn T_rotate_right(a: T, by: u8) -> T {
    let bits = a as U;
    (bits >> by | bits << (BITS - by)) as T
}

/// By any number: no shift is as far as the width.
fn T_rotate_left_by(a: T, by: u8) -> T {
    let (bits, by) = (a as U, by & (BITS - 1));
    (bits << by | bits >> 1 >> (BITS - 1 - by)) as T
}

fn T_rotate_right_by(a: T, by: u8) -> T {
    let (bits, by) = (a as U, by & (BITS - 1));
    (bits >> by | bits << 1 << (BITS - 1 - by)) as T
}

fn T_count_ones(a: T) -> u8 {
    let mut bits = a as U;
    let mut count = 0u8;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn T_count_zeros(a: T) -> u8 {
    T_count_ones(!a)
}

fn T_leading_zeros(a: T) -> u8 {
    let mut bits = a as U;
    let mut count = BITS;
    while bits != 0 {
        bits >>= 1;
        count -= 1;
    }
    count
}

fn T_leading_ones(a: T) -> u8 {
    T_leading_zeros(!a)
}

fn T_trailing_zeros(a: T) -> u8 {
    let mut bits = a as U;
    let mut count = 0u8;
    while count < BITS && bits & 1 == 0 {
        bits >>= 1;
        count += 1;
    }
    count
}

fn T_trailing_ones(a: T) -> u8 {
    T_trailing_zeros(!a)
}

fn T_wrapping_shl(a: T, by: u8) -> T {
    a << (by & (BITS - 1))
}

fn T_wrapping_shr(a: T, by: u8) -> T {
    a >> (by & (BITS - 1))
}

fn T_pow(a: T, by: u8) -> T {
    T_wrapping_pow(a, by)
}

fn T_wrapping_pow(a: T, by: u8) -> T {
    let mut power: T = 1;
    let mut left = by;
    while left > 0 {
        power = power.wrapping_mul(a);
        left -= 1;
    }
    power
}

fn T_overflowing_add(a: T, b: T) -> (T, bool) {
    (a.wrapping_add(b), a.checked_add(b).is_none())
}

fn T_overflowing_sub(a: T, b: T) -> (T, bool) {
    (a.wrapping_sub(b), a.checked_sub(b).is_none())
}

fn T_overflowing_mul(a: T, b: T) -> (T, bool) {
    (a.wrapping_mul(b), a.checked_mul(b).is_none())
}
