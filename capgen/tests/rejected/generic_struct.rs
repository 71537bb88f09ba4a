use platform::{Apdu, Applet, Package, Platform, Result};

#[derive(Clone, Copy)]
struct Pair<T> {
    first: T,
    second: T,
}

impl<T: Copy> Pair<T> {
    fn of(first: T) -> Pair<T> {
        Pair { first, second: first }
    }

    fn nothing() -> u8 {
        0
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let pair = Pair::of(3);
    let zero = Pair::nothing();
    let other: Pair = Pair { first: 1u8, second: 2u8 };
    apdu.send(pair.first as usize + zero as usize + other.second as usize)
}
