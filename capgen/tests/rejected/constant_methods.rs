use platform::{Apdu, Applet, Package, Platform, Result};

const POWER: u8 = 3u8.pow(9);
const UNTOLD: u32 = (1 + 2).count_ones();
const WIDTH: u32 = 5usize.leading_zeros();
const TABLE: [(u8, u8); 2] = [(1, 2), (3, 4)];

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let all = POWER as u32;
    let none = UNTOLD;
    let more = WIDTH;
    let row = TABLE[2];
    apdu.send(row.0 as usize)
}
