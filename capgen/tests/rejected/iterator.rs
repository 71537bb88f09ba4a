use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let data = &apdu.buffer()[..n];
    let mut sum = 0u8;
    for pair in data.iter().filter(|byte| **byte > 3).zip(data) {
        sum = sum.wrapping_add(*pair.0);
    }
    for byte in data.iter().flat_map(|byte| [*byte, 0]) {
        sum ^= byte;
    }
    for i in (0..9).rev() {
        sum <<= i;
    }
    for i in (0..70000u32).rev() {
        sum ^= i as u8;
    }
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        sum ^= byte;
    }
    apdu.send(sum as usize)
}
