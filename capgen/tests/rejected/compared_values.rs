use core::ops::Add;
use platform::{Apdu, Applet, Package, Platform, Result};

#[derive(Clone, Copy)]
struct Money(u16);

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let (a, b) = (apdu.p1(), apdu.p2());
    let same = (a, b) == (1, 2);
    let some = Some(a) == Some(b);
    let sum = Money(1) + Money(2);
    let order = a.cmp(&b);
    apdu.send(same as usize + some as usize + sum.0 as usize + order as usize)
}
