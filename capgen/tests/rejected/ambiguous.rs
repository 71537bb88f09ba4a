use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result};

trait Count {
    fn count(&self) -> u8;
}

#[derive(Clone, Copy)]
struct Tally(u8);

impl Tally {
    fn count(&self) -> u8 {
        self.0
    }
}

impl Count for Tally {
    fn count(&self) -> u8 {
        self.0 + 1
    }
}

fn counted<C: Count>(of: C) -> u8 {
    of.count()
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(usize::from(counted(Tally(3))))
}
