use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn find(wanted: u8) -> Option<u8> {
    if wanted > 3 { None } else { Some(wanted) }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let Some(n) = find(apdu.p1()) else { return Err(StatusWord(0x6A82)) };
    apdu.send(n as usize)
}
