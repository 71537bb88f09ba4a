use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

enum Shape {
    Circle(u8),
    Square,
}

struct Canvas {
    shape: Shape,
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let canvas = Canvas { shape: Shape::Circle(apdu.p1()) };
    match canvas.shape {
        Shape::Circle(n) => apdu.send(n as usize),
        Shape::Square => apdu.send(4),
    }
}
