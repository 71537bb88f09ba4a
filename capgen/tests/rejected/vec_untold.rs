use heapless::Vec;
use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut list = Vec::new();
    list.push(apdu.p1()).map_err(|_| platform::StatusWord::WRONG_DATA)?;
    let slices: Vec<&[u8], 4> = Vec::new();
    apdu.send(2)
}
