use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

struct Pair {
    a: u8,
    b: u8,
}

fn pair(a: u8) -> Pair {
    Pair { a, b: 2 }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let made = pair(apdu.p1());
    apdu.send((made.a + made.b) as usize)
}
