use platform::{Apdu, Applet, Package, Platform, Result};

struct Pair<T> {
    first: T,
    second: T,
}

impl Pair<u8> {
    fn sum(&self) -> u8 {
        self.first + self.second
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let pair = Pair { first: 3u8, second: 4u8 };
    apdu.send(pair.sum() as usize)
}
