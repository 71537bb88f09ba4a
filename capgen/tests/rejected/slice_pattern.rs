use platform::{Apdu, Applet, Package, Platform, Result};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let kind = match &apdu.buffer()[..n] {
        b"Hi" => 1,
        [first, .., last] if first == last => 2,
        [] => 3,
        _ => 4usize,
    };
    apdu.send(kind)
}
