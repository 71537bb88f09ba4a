use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let by = apdu.p1() as u32;
    let _ = 3u32.wrapping_pow(by);
    Ok(())
}
