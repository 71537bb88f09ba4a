// run: f(3) == 1477
fn change(mut a: [u8; 6]) -> u16 { a[0] = 99; a[0] as u16 + a[1] as u16 }
fn make(x: u8) -> [u8; 6] { let mut a = [x; 6]; a[2] = 7; a }
pub fn f(x: u8) -> u16 {
    let mut a = [x; 6];
    let b = a;
    a[0] = 1;
    let s = change(a);
    let c = make(x);
    let d = make(x + 1);
    let mut e = c;
    e[2] = 1;
    s + a[0] as u16 * 1000 + b[0] as u16 * 100 + c[2] as u16 * 10 + e[2] as u16 + d[0] as u16
}
