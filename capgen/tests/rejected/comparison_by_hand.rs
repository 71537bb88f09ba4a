use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

#[derive(Clone, Copy)]
#[repr(u8)]
enum Parity {
    Zero,
    One,
    Two,
}

impl PartialEq for Parity {
    fn eq(&self, other: &Self) -> bool {
        (*self as u8 & 1) == (*other as u8 & 1)
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let parity = if apdu.p1() == 1 { Parity::One } else { Parity::Two };
    if parity == Parity::Zero {
        return Err(StatusWord(0x6A80));
    }
    Ok(())
}
