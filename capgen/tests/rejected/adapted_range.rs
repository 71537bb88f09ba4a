use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut sum = 0u16;
    for i in (0..=apdu.p1()).rev() {
        sum = sum.wrapping_add(i as u16);
    }
    for i in (0u16..9).rev() {
        sum = sum.wrapping_add(i);
    }
    apdu.send(sum as usize)
}
