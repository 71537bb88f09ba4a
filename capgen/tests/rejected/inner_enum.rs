use platform::{Apdu, Applet, Package, Platform, Result};

struct Inner {
    bytes: [u8; 8],
}

enum Outer {
    One(Inner),
    None,
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let found = if apdu.p1() == 0 { Outer::One(Inner { bytes: [3; 8] }) } else { Outer::None };
    let n = match found {
        Outer::One(inner) => inner.bytes[1],
        Outer::None => 3,
    };
    apdu.send(n as usize)
}
