use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut scratch = [0u8; 16];
    scratch[0] = apdu.p1();
    apdu.buffer()[..16].copy_from_slice(&scratch);
    apdu.send(16)
}
