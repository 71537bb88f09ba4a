use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    test.fixed = apdu.p1();
    Ok(())
}
