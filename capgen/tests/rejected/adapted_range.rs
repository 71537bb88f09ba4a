use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut sum = 0u16;
    for i in (0u32..70000).rev() {
        sum = sum.wrapping_add(i as u16);
    }
    apdu.send(sum as usize)
}
