use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn half(n: u8) -> Option<u8> {
    if n == 1 {
        return None;
    }
    if n & 1 == 1 { Some(n) } else { half(n / 2) }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(half(apdu.p1()).unwrap_or(0) as usize)
}
