use platform::{Apdu, Applet, Package, Platform, Result, StatusWord};

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.receive()?;
    let [first, rest @ ..] = [1u8, 2, 3];
    let [a, b] = &[first, first, first];
    if let [tag, ..] = &mut apdu.buffer()[..n] {
        *tag = 1;
    }
    let Some([x, y]) = apdu.buffer().first() else {
        return Err(StatusWord::WRONG_DATA);
    };
    if *x == *y && rest.len() == 1 {
        return Ok(());
    }
    apdu.send(*a as usize + *b as usize)
}
