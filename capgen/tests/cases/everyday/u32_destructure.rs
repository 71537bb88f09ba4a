// run: f(70000, 5) == 140037
fn g(a: [u32; 2]) -> u32 { let [x, y] = a; x + y }
fn h(a: &[u32; 2]) -> u32 { a[0] + a[1] }
fn k(a: &[u32]) -> u32 { let mut s = 0; for x in a { s += *x; } s }
pub fn f(a: u32, b: u32) -> u32 { let s = [a, b]; let t = [a, b, 1, 2, 3, 4]; let u = &t[1..3]; let mut w = [0u32; 2]; w[1] = b; w[0] = w[1] + 1; let [p, q] = w; g(s) + h(&s) - g([a, b]) + k(u) + k(&t) + p + q }
