use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn first<T: Copy>(pair: (T, T)) -> T {
    pair.0
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(first((1usize, 2)))
}
