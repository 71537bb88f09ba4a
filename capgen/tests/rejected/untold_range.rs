use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let mut sum = 1usize;
    for i in (0..9).rev() {
        sum ^= 1 << i;
    }
    apdu.send(sum)
}
