use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, _apdu: &mut P::Apdu) -> Result {
    let = 3;
    Ok(())
}
