use platform::{Apdu, Applet, Package, Platform, Result};

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Money {
    Nothing,
    Some(u16),
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let (a, b) = (apdu.p1(), apdu.p2());
    let option = Some(a) < Some(b);
    let money = Money::Some(1) < Money::Nothing;
    let bytes = apdu.buffer()[..2] < apdu.buffer()[2..4];
    let order = a.cmp(&b);
    apdu.send(option as usize + money as usize + bytes as usize + order as usize)
}
