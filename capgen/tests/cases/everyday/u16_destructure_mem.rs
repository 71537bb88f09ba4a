// run: f(700, 5) == 3517
fn fill(a: &mut [u16]) { a[0] += 3; }
pub fn f(a: u16, b: u16) -> u16 { let mut s = [a, b]; fill(&mut s); let [x, y] = s; let mut t = [a; 3]; fill(&mut t); let [p, _, q] = t; x + y + p * 3 + q }
