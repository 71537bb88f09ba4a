use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

enum Shape {
    Circle(u8),
    Square,
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let shape: Shape = Shape::Square;
    match shape {
        Shape::Circle(n) => apdu.send(n as usize),
        Shape::Square => apdu.send(4),
    }
}
