// run: f([1, 2, 3]) == 25
pub fn f(a: &mut [u8]) -> u16 {
    let mut n = 0u16;
    let r = match a[0] {
        x if { n += 1; x > 5 } => 1,
        1 if { n += 10; false } => 2,
        1 | 2 => 3 + n,
        _ => 4,
    };
    r + n
}
