use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

enum Shape<P: Platform> {
    Stored(P::Bytes<8>),
    Square,
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let shape: Shape<P> = Shape::Square;
    match shape {
        Shape::Stored(bytes) => apdu.send(bytes.get(0) as usize),
        Shape::Square => apdu.send(4),
    }
}
