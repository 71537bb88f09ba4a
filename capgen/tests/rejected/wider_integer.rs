use platform::{Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let sum: u64 = 5;
    let other = 7u64;
    let _ = sum + other;
    let _ = apdu;
    Ok(())
}
