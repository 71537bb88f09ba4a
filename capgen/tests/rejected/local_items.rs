use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    const LENGTH: usize = 3;
    static COUNT: usize = 4;
    let add = |n: usize| n + 1;
    apdu.send(LENGTH + COUNT + add(1))
}
