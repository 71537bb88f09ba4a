use platform::{Apdu, Applet, Cell, Package, Platform, Result};

struct Extra<P: Platform> {
    count: P::Cell<u8>,
}

fn case<P: Platform>(_test: &mut Test<P>, platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let extra: Extra<P> = Extra { count: platform.cell(apdu.p1()) };
    apdu.send(extra.count.get() as usize)
}
