use platform::{Apdu, Applet, Package, Platform, Result};

fn bump(n: &mut u8) {
    *n += 1;
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    bump(&mut apdu.buffer()[3]);
    apdu.send(2)
}
