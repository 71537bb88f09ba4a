// run: f([1, 2, 3]) == 143
pub fn f(a: &mut [u8]) -> u16 {
    let x = a[0];
    a[0] = 9;
    let n = a.len();
    let y = if let Some(z) = a.get(1) { *z } else { 0 };
    a[1] = 100;
    let mut w = x;
    w += 1;
    let (p, q) = (a[0], a[1]);
    a[0] = 0;
    a[1] = 0;
    x as u16 + y as u16 * 2 + w as u16 * 4 + n as u16 + p as u16 * 3 + q as u16
}
