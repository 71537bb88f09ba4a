// run: f([1, 2, 3, 4, 5, 6]) == 59
pub fn f(a: &[u8]) -> u16 {
    let mut rest = a;
    let mut s = 0u16;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(if rest.len() > 1 { 2 } else { 1 });
        s = s * 3 + head[0] as u16 + head.len() as u16;
        rest = tail;
    }
    let mut both = &a[..3];
    for x in both { s += *x as u16; both = &a[3..]; }
    s + both[0] as u16
}
