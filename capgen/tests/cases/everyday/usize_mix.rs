// run: f(5, 60000) == 621
// run: f(0, 3) == 23
pub fn f(a: u8, b: u16) -> u16 {
    let x = a as usize;
    let big = b as usize;
    let mut s = 0u16;
    if big > 100 * x { s += 1; }
    if x + 10 < big { s += 2; }
    s += (big.min(300) * 2) as u16;
    s += (x.saturating_sub(3) << 2) as u16;
    s += x.checked_sub(1).map_or(7, |x| x as u16);
    s + (x.abs_diff(9) as u16) + (x >> 1) as u16
}
