// run: f(5) == 282
pub fn f(x: u8) -> u16 {
    let x = x as u16;
    let y = { let x = x + 1; let x = x * 2; x };
    let x = if x > 3 { let x = y; x + 1 } else { x };
    let z = match x { x if x > 100 => 1, x => { let x = x + 1; x } };
    for x in 0..x.min(3) { let _x = x; }
    let Some(x) = Some(x + z) else { return 0 };
    x * 10 + y
}
