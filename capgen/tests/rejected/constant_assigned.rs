use platform::{Apdu, Applet, Package, Platform, Result};

const TABLE: [u8; 6] = [1, 2, 3, 4, 5, 6];

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    TABLE[2] = 7;
    apdu.send(2)
}
