use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n: Option<u8> = apdu.p1().checked_add(1);
    apdu.send(n.unwrap() as usize)
}
