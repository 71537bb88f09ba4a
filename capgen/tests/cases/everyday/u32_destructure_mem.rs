// run: f(70000, 5) == 350017
fn fill(a: &mut [u32]) { a[0] += 3; }
pub fn f(a: u32, b: u32) -> u32 { let mut s = [a, b]; fill(&mut s); let [x, y] = s; let mut t = [a; 3]; fill(&mut t); let [p, _, q] = t; x + y + p * 3 + q }
