use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let bytes = platform.bytes::<4>();
    apdu.send(bytes.get(0) as usize)
}
