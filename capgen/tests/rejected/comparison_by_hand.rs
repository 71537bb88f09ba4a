use core::cmp::Ordering;
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

impl PartialOrd for Parity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (*other as u8).partial_cmp(&(*self as u8))
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let parity = if apdu.p1() == 1 { Parity::One } else { Parity::Two };
    if parity < Parity::Zero {
        return Err(StatusWord(0x6A80));
    }
    let all = [Parity::Zero, parity];
    if all == [Parity::Two, parity] {
        return Err(StatusWord(0x6A81));
    }
    Ok(())
}
