use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let table = [[0u8; 4]; 3];
    let _ = table;
    apdu.send(2)
}
