// run: f([0, 2, 3]) == 141
fn t(a: &mut [u8], r: bool) -> bool { a[0] += 1; r }
pub fn f(a: &mut [u8]) -> u16 {
    let x = t(a, true) || t(a, true);
    let y = t(a, false) && t(a, true);
    let z = t(a, true) & t(a, false) | t(a, true);
    let w = !(t(a, false) || t(a, true) && t(a, false));
    a[0] as u16 * 16 + x as u16 + 2 * y as u16 + 4 * z as u16 + 8 * w as u16
}
