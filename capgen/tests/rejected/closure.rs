use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result};

fn apply(f: impl Fn(u8) -> u8, n: u8) -> u8 {
    f(n)
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut n = apdu.p1();
    let twice = |n: u8| n * 2;
    let other = twice;
    let kept = move || n + 1;
    n += 1;
    let applied = apply(|n| n + 1, n);
    let pair = (|n: u8| n, 3);
    apdu.send(usize::from(twice(other(kept())) + applied))
}
