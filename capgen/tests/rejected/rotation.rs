use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let by = apdu.p2();
    let turned = apdu.p1().rotate_left(u32::from(by));
    apdu.send(turned as usize)
}
