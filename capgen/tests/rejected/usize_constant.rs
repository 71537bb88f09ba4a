use platform::{Apdu, Applet, Package, Platform, Result};

const MOST: usize = 40_000;

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let length = apdu.receive()?;
    let more = length + 32_768;
    apdu.send(if length > MOST { more } else { 0x9000usize })
}
