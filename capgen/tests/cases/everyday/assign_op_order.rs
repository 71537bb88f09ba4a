// run: f([1, 2, 3]) == 184
fn g(a: &mut [u8]) -> u8 { a[0] = 50; 7 }
pub fn f(a: &mut [u8]) -> u16 {
    let mut x = 5u8;
    x += { x = 10; 3 };
    let t = g(a);
    a[0] += t;
    a[0] as u16 * 3 + x as u16
}
