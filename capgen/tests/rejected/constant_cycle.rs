use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

const FIRST: u8 = SECOND + 1;
const SECOND: u8 = FIRST - 1;

const fn untold() -> u8 {
    let mut x = 0;
    while x < 200 {
        x = x * 2 + 1;
    }
    x
}
const COUNTED: u8 = untold();

const fn endless() -> u8 {
    let mut x: u8 = 0;
    while x < 5 {
        x &= 3;
    }
    x
}
const NEVER: u8 = endless();

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let buffer = apdu.buffer();
    buffer[0] = FIRST;
    buffer[1] = COUNTED;
    buffer[2] = NEVER;
    apdu.send(3)
}
