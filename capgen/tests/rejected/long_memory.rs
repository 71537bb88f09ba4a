use platform::{Apdu, Applet, Cell, Package, Platform, Result};

fn case<P: Platform>(card: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let place = usize::from(apdu.p1());
    let mut own = [0u8; 31_000];
    own[place] = card.fixed;
    card.value.set(more(place) ^ own[place]);
    Ok(())
}

fn more(place: usize) -> u8 {
    let mut bytes = [0u8; 2_000];
    for at in 0..place {
        bytes[at] = 1;
    }
    bytes[place + 1]
}
