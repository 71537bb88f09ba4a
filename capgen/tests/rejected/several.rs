use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn one<P: Platform>(apdu: &mut P::Apdu) -> Result {
    let n: u64 = 1;
    apdu.send(n as usize)
}

fn two<P: Platform>(apdu: &mut P::Apdu) -> Result {
    let s = "two";
    apdu.send(s.len())
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    if apdu.p1() == 1 {
        return one::<P>(apdu);
    }
    two::<P>(apdu)
}
