use platform::{Apdu, Applet, Package, Platform, Result};

static TABLE: [u8; 3] = [1, 2, 3];

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(TABLE[1] as usize)
}
