// run: f([0, 2, 3]) == 37
pub fn f(a: &[u8]) -> u16 {
    let (x, y) = 'a: loop { let mut i = 0u8; loop { i += 1; if i as usize == a.len() { break 'a (i, a[i as usize - 1]); } if i > 50 { continue 'a; } } };
    let o = loop { if a.len() > 2 { break Some(x); } break None; };
    x as u16 * 10 + y as u16 + o.map_or(0, |x| x as u16 + 1)
}
