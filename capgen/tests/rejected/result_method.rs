use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn check(n: u8) -> Result<u8> {
    if n > 3 { Err(StatusWord(0x6A80)) } else { Ok(n) }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(check(apdu.p1()).unwrap_or(0) as usize)
}
