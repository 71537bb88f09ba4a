use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut found = None;
    if apdu.p1() == 3 {
        found = Some(apdu.p2());
    }
    apdu.send(found.unwrap_or(0) as usize)
}
