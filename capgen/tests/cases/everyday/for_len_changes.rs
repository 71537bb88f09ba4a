// run: f([4, 1, 2, 3]) == 126
use heapless::Vec;
pub fn f(a: &[u8]) -> u16 {
    let mut v: Vec<u8, 8> = Vec::new();
    let _ = v.extend_from_slice(a);
    let mut s = 0u16;
    let mut n = v.len();
    for i in 0..n { n = 1; s += v[i] as u16 * i as u16; }
    for x in v.iter_mut() { *x *= 2; }
    while let Some(x) = v.pop() { if x > 6 { break; } s += x as u16; }
    s + n as u16 * 100 + v.len() as u16
}
