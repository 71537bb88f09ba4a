use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let data = &apdu.buffer()[..n];
    let at = data.iter().position(|byte| *byte == 3);
    let sum: u16 = data.iter().map(|byte| *byte as u16).sum();
    let chunks = data.chunks_exact(2);
    for byte in data.iter().filter(|byte| **byte > 2) {
        debug_assert!(*byte > 2);
    }
    apdu.send(at.unwrap_or(0) + sum as usize + chunks.remainder().len())
}
