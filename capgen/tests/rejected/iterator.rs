use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let mut sum = 0u8;
    for byte in apdu.buffer()[..n].iter().filter(|byte| **byte > 3) {
        sum = sum.wrapping_add(*byte);
    }
    apdu.send(sum as usize)
}
