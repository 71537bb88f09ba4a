use core::ops::Deref;
use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result};

#[derive(Clone, Copy)]
struct Inner(u8);

impl Deref for Inner {
    type Target = u8;
    fn deref(&self) -> &u8 {
        &self.0
    }
}

struct Other(u8);

impl From<Other> for Inner {
    fn from(other: Other) -> Self {
        Inner(other.0)
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let inner = Inner(apdu.p1());
    let plain: u8 = *inner;
    let sum = inner + Other(1);
    let minus = -inner;
    let other: Other = inner.into();
    core::mem::swap(&mut apdu.buffer()[3], &mut apdu.buffer()[4]);
    apdu.send(plain as usize)
}
