// run: f(0, 0) == 41921
// run: f(255, -128) == 528
// run: f(128, 127) == 26603
pub fn f(a: u8, b: i8) -> u16 {
    let mut s = 0u16;
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_neg() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.wrapping_neg() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.wrapping_abs() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.unsigned_abs() as u16);
    s = s.wrapping_mul(31).wrapping_add(a.rotate_left(3) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.rotate_right(3) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.checked_sub(200).map_or(1, |x| x as u16));
    s = s.wrapping_mul(31).wrapping_add(b.saturating_sub(100) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.saturating_mul(3) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.saturating_add(100) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.abs_diff(100) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.abs_diff(100) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.rem_euclid(7) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.div_euclid(7) as u16);
    s = s.wrapping_mul(31).wrapping_add(b.signum() as u16);
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_pow(3) as u16);
    s = s.wrapping_mul(31).wrapping_add(a.leading_zeros() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.trailing_zeros() as u16);
    s = s.wrapping_mul(31).wrapping_add(b.count_ones() as u16);
    s = s.wrapping_mul(31).wrapping_add(a.overflowing_add(1).1 as u16);
    s = s.wrapping_mul(31).wrapping_add(b.overflowing_mul(2).0 as u16);
    s
}
