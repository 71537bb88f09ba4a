use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn buffer<P: Platform>(test: &mut Test<P>, wanted: bool) -> Option<&mut P::Bytes<8>> {
    if wanted { Some(&mut test.bytes) } else { None }
}

fn case<P: Platform>(test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let Some(bytes) = buffer(test, apdu.p1() == 0) else { return Err(StatusWord(0x6A82)) };
    apdu.send(bytes.get(0) as usize)
}
