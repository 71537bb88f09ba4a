// run: f(0, 0) == 11223
// run: f(65535, -32768) == 11059
// run: f(32768, 32767) == 15525
// run: f(12345, -12345) == 16271
pub fn f(a: u16, b: i16) -> u16 {
    let mut s = 0u16;
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_neg());
    s = s.wrapping_mul(31).wrapping_add(b.wrapping_abs() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.unsigned_abs());
    s = s.wrapping_mul(31).wrapping_add(a.rotate_left(3));
    s = s.wrapping_mul(31).wrapping_add(b.rotate_right(9) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.checked_mul(3).unwrap_or(5));
    s = s.wrapping_mul(31).wrapping_add(b.checked_mul(-3).unwrap_or(5) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.saturating_mul(300) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.abs_diff(40000));
    s = s.wrapping_mul(31).wrapping_add(b.abs_diff(20000));
    s = s.wrapping_mul(31).wrapping_add(b.rem_euclid(700) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.div_euclid(-7) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.swap_bytes());
    s = s.wrapping_mul(31).wrapping_add(a.div_ceil(7));
    s = s.wrapping_mul(31).wrapping_add(a / 40000 + a % 40000);
    s = s.wrapping_mul(31).wrapping_add((a > 33000) as u16 + (b >= -32768) as u16);
    s = s.wrapping_mul(31).wrapping_add((b as i32 / 3 * 5) as u16);
    s = s.wrapping_mul(31).wrapping_add((a as u32 * 3 >> 7) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_shr(17) ^ a.wrapping_shl(31));
    s = s.wrapping_mul(31).wrapping_add(a.clamp(1000, 40000));
    s = s.wrapping_mul(31).wrapping_add(a.is_power_of_two() as u16);
    s
}
