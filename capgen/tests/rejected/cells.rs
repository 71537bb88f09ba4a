use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result};

fn option<P: Platform>(_cell: &mut P::Cell<Option<u8>>) -> usize {
    1
}

fn array<P: Platform>(_cell: &mut P::Cell<[u8; 4]>) -> usize {
    2
}

fn pair<P: Platform>(_cell: &mut P::Cell<(u8, u8)>) -> usize {
    3
}

fn case<P: Platform>(test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let first = option::<P>(&mut test.value);
    let second = array::<P>(&mut test.value);
    let third = pair::<P>(&mut test.value);
    apdu.send(first + second + third)
}
