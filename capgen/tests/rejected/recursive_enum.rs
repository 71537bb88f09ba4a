use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result};

enum List<'a> {
    End,
    Item(u8, &'a List<'a>),
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let list = List::Item(1, &List::End);
    match list {
        List::Item(n, _) => apdu.send(usize::from(n)),
        List::End => Ok(()),
    }
}
