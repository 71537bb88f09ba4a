use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

pub struct List<P: Platform> {
    items: heapless::Vec<u8, 8>,
    count: P::Cell<u8>,
}

impl<P: Platform> List<P> {
    fn total(&self) -> usize {
        self.items.len() + self.count.get() as usize
    }
}

fn case<P: Platform>(_test: &mut Test<P>, platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let list: List<P> = List { items: heapless::Vec::new(), count: platform.cell(0) };
    apdu.send(list.total())
}
