use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

fn case<P: Platform>(test: &mut Test<P>, platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let n = apdu.p1();
    let value = &mut test.value;
    platform.atomically(|_| {
        if n == 1 {
            return Ok(());
        }
        value.set(n);
        Ok(())
    })
}
