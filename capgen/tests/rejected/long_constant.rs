use platform::{Apdu, Applet, Cell, Package, Platform, Result};

const TABLE: [u32; 16_001] = [7; 16_001];

fn case<P: Platform>(card: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    card.value.set(TABLE[usize::from(apdu.p1())] as u8);
    Ok(())
}
