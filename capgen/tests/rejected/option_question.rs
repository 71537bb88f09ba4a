use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let send = |n: Option<u8>| -> Option<u8> { Some(n? + 1) };
    let n: Option<u8> = send(Some(apdu.p1()));
    apdu.send(n.unwrap_or(0) as usize)
}
