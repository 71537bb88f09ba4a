use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut count: Option<u8> = apdu.p1().checked_add(1);
    if let Some(n) = &mut count {
        *n += 1;
    }
    apdu.send(count.unwrap_or(0) as usize)
}
