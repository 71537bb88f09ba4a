use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let wide = apdu.p1() as u16 * 3;
    let narrow = u8::try_from(wide)?;
    let other = u8::try_from(wide).unwrap();
    apdu.send(narrow as usize + other as usize)
}
