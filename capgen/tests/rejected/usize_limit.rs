use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let a = n.wrapping_sub(1);
    let b = n.checked_add(1);
    let c = n.saturating_mul(2);
    let d = usize::MAX;
    apdu.send(a + b.unwrap_or(0) + c + d)
}
