// run: f(0, 1) == 2177408660
// run: f(4294967295, 65536) == 1278164134
// run: f(2147483648, 2147483649) == 4173471798
// run: f(65535, 4294967295) == 1077447163
pub fn f(a: u32, b: u32) -> u32 {
    let mut s = 0u32;
    s = s.wrapping_mul(31).wrapping_add(a.wrapping_neg());
    s = s.wrapping_mul(31).wrapping_add(a.rotate_left(13) ^ b.rotate_right(17));
    s = s.wrapping_mul(31).wrapping_add(a.checked_mul(b).unwrap_or(5));
    s = s.wrapping_mul(31).wrapping_add(a.checked_add(b).unwrap_or(6));
    s = s.wrapping_mul(31).wrapping_add(a.saturating_sub(b));
    s = s.wrapping_mul(31).wrapping_add(a.saturating_mul(b));
    s = s.wrapping_mul(31).wrapping_add(a.abs_diff(b));
    s = s.wrapping_mul(31).wrapping_add(a.swap_bytes());
    s = s.wrapping_mul(31).wrapping_add((a / b).wrapping_add(a % b));
    s = s.wrapping_mul(31).wrapping_add(a.div_ceil(b));
    s = s.wrapping_mul(31).wrapping_add(a.count_ones() + a.leading_zeros() + b.trailing_zeros());
    s = s.wrapping_mul(31).wrapping_add((a < b) as u32 + 2 * (a >= 0x8000_0000) as u32 + 4 * (b > 0x7FFF_FFFF) as u32 + 8 * (a > 0) as u32);
    s = s.wrapping_mul(31).wrapping_add((a as i32 >> 3) as u32);
    s = s.wrapping_mul(31).wrapping_add((a as i32).wrapping_div_euclid_free(b));
    s = s.wrapping_mul(31).wrapping_add(a >> (b & 31));
    s = s.wrapping_mul(31).wrapping_add(match a { 0 => 1, 65535 => 2, 0x8000_0000 => 3, 5..=100 => 4, _ => 5 });
    s = s.wrapping_mul(31).wrapping_add(a.clamp(70000, 3000000000));
    s = s.wrapping_mul(31).wrapping_add((a as u8 as u32).wrapping_add((b as u16 as i16) as u32).wrapping_add((a as i8) as u32));
    s
}
trait Free { fn wrapping_div_euclid_free(self, b: u32) -> u32; }
impl Free for i32 { fn wrapping_div_euclid_free(self, b: u32) -> u32 { (self.rem_euclid(7)) as u32 ^ b } }
