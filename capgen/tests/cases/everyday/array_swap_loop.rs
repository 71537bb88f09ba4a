// run: f(3) == 2319
pub fn f(x: u8) -> u16 {
    let mut a = [1u8, 2, 3, 4, 5, 6];
    let mut b = [6u8; 6];
    for i in 0..x {
        let t = a;
        a = b;
        b = t;
        a[i as usize] += 1;
    }
    let mut s = 0u16;
    for (x, y) in a.iter().zip(b.iter()) { s = s.wrapping_mul(3).wrapping_add(*x as u16).wrapping_sub(*y as u16 / 2); }
    s
}
