// run: f(3, 4) == 300
fn inc(x: &mut u16, y: &mut u8) { *x += *y as u16; *y = 0; let z = &mut *x; *z *= 2; }
pub fn f(mut a: u16, mut b: u8) -> u16 { inc(&mut a, &mut b); let c = &mut a; *c += 1; let d = *c; *c += d; a * 10 + b as u16 }
