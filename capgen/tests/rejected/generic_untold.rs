use platform::{Apdu, Applet, Package, Platform, Result};

fn zero<T: Default>() -> u8 {
    3
}

fn same<T: Copy>(value: T) -> T {
    value
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let a = zero();
    let b = same(5);
    apdu.send(a as usize + b as usize)
}
