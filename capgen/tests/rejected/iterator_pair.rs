use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let buffer = apdu.buffer();
    for pair in buffer.iter_mut().enumerate() {
        *pair.1 = pair.0 as u8;
    }
    apdu.send(2)
}
