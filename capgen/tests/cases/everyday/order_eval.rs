// run: f([1, 2, 3]) == 124
fn bump(a: &mut [u8], i: usize) -> u8 { a[i] += 1; a[i] }
pub fn f(a: &mut [u8]) -> u16 {
    let x = a[0] as u16 * 100 + bump(a, 0) as u16 * 10 + a[0] as u16;
    let i = a[1] as usize - 2;
    a[i] = bump(a, 1) + a[1];
    let mut k = 0usize;
    a[{ k += 1; k }] = { k += 1; k as u8 };
    x + k as u16
}
