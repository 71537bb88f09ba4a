use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn check(n: u8) -> Result<u8> {
    if n > 3 { Err(StatusWord(0x6A80)) } else { Ok(n) }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = match check(apdu.p1()) {
        Ok(n) => n,
        Err(_) => 0,
    };
    apdu.send(n as usize)
}
