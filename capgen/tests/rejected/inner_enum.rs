use platform::{Apdu, Applet, Package, Platform, Result};

#[derive(Clone, Copy)]
enum Inner {
    A(u8),
    B,
}

#[derive(Clone, Copy)]
enum Outer {
    One(Inner),
    None,
}

const ROWS: [(u8, u16); 2] = [(1, 2), (3, 4)];

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let found = if apdu.p1() == 0 { Outer::One(Inner::A(1)) } else { Outer::None };
    let n = match found {
        Outer::One(Inner::A(n)) => n,
        Outer::One(Inner::B) => 2,
        Outer::None => 3,
    };
    apdu.send(n as usize + ROWS[1].0 as usize)
}
