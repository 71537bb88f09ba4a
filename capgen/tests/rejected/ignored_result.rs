use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn check(n: u8) -> Result {
    if n > 3 { Err(StatusWord(0x6A80)) } else { Ok(()) }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let _ = check(apdu.p1());
    apdu.send(1)
}
