// run: f(-1, 1) == 1280
// run: f(-32768, 32767) == 34426
pub fn f(a: i16, b: i16) -> u16 { let [x, y] = a.to_be_bytes(); let [p, q] = b.to_le_bytes(); let z = i16::from_le_bytes([x, q]); (x as u16 * 3 + y as u16 + p as u16 * 5 + q as u16).wrapping_add(z as u16) }
