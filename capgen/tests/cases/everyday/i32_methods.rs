// run: f(0, 1) == 773332642
// run: f(-2147483648, 65536) == 1126118904
// run: f(2147483647, -2) == 2442128050
// run: f(-65535, -70000) == 4249494758
pub fn f(a: i32, b: i32) -> u32 {
    let mut s = 0u32;
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_abs() as u32);
    s = s.wrapping_mul(31).wrapping_add(a.checked_mul(b).unwrap_or(5) as u32);
    s = s.wrapping_mul(31).wrapping_add(a.checked_add(b).unwrap_or(6) as u32);
    s = s.wrapping_mul(31).wrapping_add(a.saturating_sub(b) as u32);
    s = s.wrapping_mul(31).wrapping_add(a.saturating_mul(b) as u32);
    s = s.wrapping_mul(31).wrapping_add(a.abs_diff(b));
    s = s.wrapping_mul(31).wrapping_add((a / b ^ a % b) as u32);
    s = s.wrapping_mul(31).wrapping_add(a.div_euclid(b) as u32 ^ a.rem_euclid(b) as u32);
    s = s.wrapping_mul(31).wrapping_add(((a >> 5) as u32 ^ (a < b) as u32).wrapping_add(2 * (a <= -1) as u32).wrapping_add((a.signum() as u32).wrapping_mul(3)));
    s = s.wrapping_mul(31).wrapping_add(match a { 0 => 1, -65535 => 2, i32::MIN => 3, 5..=100 => 4, _ => 5 });
    s = s.wrapping_mul(31).wrapping_add((a as i16) as u32 ^ (b as u8) as u32 ^ (a as u16) as u32);
    s
}
