// run: f([1, 2, 3]) == 2508
use heapless::Vec;
fn g(mut v: Vec<u8, 4>) -> u16 { let _ = v.push(9); v.len() as u16 * 10 + v[0] as u16 }
fn h() -> Vec<u8, 4> { let mut v: Vec<u8, 4> = Vec::new(); let _ = v.push(5); v }
pub fn f(a: &[u8]) -> u16 {
    let mut v: Vec<u8, 4> = Vec::new();
    let _ = v.extend_from_slice(a);
    let mut w = h();
    let s = g(h());
    w.clear();
    let ok = v.extend_from_slice(&[1, 2]).is_ok();
    let x = h();
    s * 100 + w.len() as u16 * 10 + v.len() as u16 + x[0] as u16 + ok as u16
}
