use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let found = None;
    let length = if found.is_some() { 1 } else { 2 };
    apdu.send(length)
}
