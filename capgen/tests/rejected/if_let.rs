use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    if let 3 = apdu.p1() {
        return Err(StatusWord(0x6A86));
    }
    apdu.send(0)
}
