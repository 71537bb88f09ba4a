use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let twice = |n: u8| n * 2;
    apdu.send(twice(apdu.p1()) as usize)
}
