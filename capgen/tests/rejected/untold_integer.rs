use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = 200;
    if n * n > 30_000 {
        return apdu.send(1);
    }
    apdu.send(2)
}
