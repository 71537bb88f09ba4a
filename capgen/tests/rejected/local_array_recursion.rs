use platform::{Apdu, Applet, Package, Platform, Result};

fn walk(depth: u8) -> u8 {
    let mut seen = [0u8; 8];
    seen[(depth & 7) as usize] = 1;
    if depth == 0 { seen[0] } else { walk(depth - 1) + seen[1] }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let found = walk(apdu.p1());
    apdu.send(found as usize)
}
