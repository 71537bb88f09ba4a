use platform::{Apdu, Applet, Cell, Package, Platform, Result};

fn case<P: Platform>(card: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let place = usize::from(apdu.p1());
    let mut longest = [0u8; 32_001];
    longest[place] = card.fixed;
    card.value.set(longest[place]);
    Ok(())
}
