// run: f(5, -3, 70000, 2) == 175046
fn g(a: u8, b: i8, c: u32, d: u16, e: (u8, u32), o: Option<u16>) -> u32 { a as u32 + c / 2 + d as u32 * 2 + e.0 as u32 + e.1 + o.map_or(1, |o| o as u32) + (b as i32 + 10) as u32 }
pub fn f(a: u8, b: i8, c: u32, d: u16) -> u32 { g(a, b, c, d, (a + 1, c / 2), Some(d)) + g(a, b, c ^ 1, d, (a, c), None) }
