use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = core::hint::black_box(apdu.p1());
    apdu.send(n as usize)
}
