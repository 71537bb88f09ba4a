use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

trait Answer {
    fn answer(&self) -> u8;
}

fn ask(from: &dyn Answer) -> u8 {
    from.answer()
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    apdu.send(ask(&3) as usize)
}
