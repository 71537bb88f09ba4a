use platform::{Apdu, Applet, Package, Platform, Result};

struct Pair<T> {
    first: T,
    second: T,
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let pair = Pair { first: 3u8, second: 4u8 };
    apdu.send(pair.first as usize + pair.second as usize)
}
