use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn bump(n: &mut u8) {
    *n += 1;
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut n = apdu.p1();
    bump(&mut n);
    apdu.send(n as usize)
}
