use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

struct Guard {
    n: u8,
}

impl Drop for Guard {
    fn drop(&mut self) {}
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let guard = Guard { n: apdu.p1() };
    apdu.send(guard.n as usize)
}
