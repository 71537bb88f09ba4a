// run: f(3) == 164
#[derive(Clone, Copy)]
struct P { x: u16, y: u8, z: (u8, bool) }
fn change(mut p: P) -> u16 { p.x = 9; p.z.0 = 3; p.x + p.z.0 as u16 }
fn change_ref(p: &mut P) { p.x += 1; p.y = 5; }
pub fn f(x: u16) -> u16 {
    let mut p = P { x, y: 2, z: (4, true) };
    let q = p;
    let s = change(p);
    change_ref(&mut p);
    let mut r = P { x: 100, ..q };
    r.y = p.y;
    p.y = 77;
    s + p.x * 10 + q.x + r.y as u16 + p.z.0 as u16 + r.x
}
