use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let data = &apdu.buffer()[..n];
    let mut doubled: heapless::Vec<u8, 16> = data.iter().map(|byte| byte << 1).collect();
    doubled.clear();
    let least = data.iter().enumerate().min();
    let sum = data.iter().map(|byte| *byte as u16).sum() + 1u16;
    let folded = data.iter().fold([0u8; 8], |all, byte| all);
    let chunks = data.chunks_exact(2);
    apdu.send(n + chunks.remainder().len())
}
