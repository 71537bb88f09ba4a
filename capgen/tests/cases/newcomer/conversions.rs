// From, TryFrom and Into of one's own types.
use platform::{Result, StatusWord};

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Slot { Sign = 1, Auth = 2 }

impl TryFrom<u8> for Slot {
    type Error = StatusWord;
    fn try_from(byte: u8) -> Result<Self> {
        Ok(match byte {
            1 => Slot::Sign,
            2 => Slot::Auth,
            _ => return Err(StatusWord(0x6A88)),
        })
    }
}

impl From<Slot> for usize {
    fn from(slot: Slot) -> usize {
        match slot { Slot::Sign => 10, Slot::Auth => 20 }
    }
}

pub fn slot(byte: u8) -> Result<usize> {
    let slot = Slot::try_from(byte)?;
    let again: Slot = (slot as u8).try_into()?;
    Ok(usize::from(again))
}
// run: slot(1) == Ok(10)
// run: slot(2) == Ok(20)
// run: slot(3) == Err(0x6A88)

#[derive(Clone, Copy)]
struct Temperature { tenths: i16 }
impl From<i8> for Temperature {
    fn from(degrees: i8) -> Self {
        Temperature { tenths: i16::from(degrees) * 10 }
    }
}
impl From<(i8, u8)> for Temperature {
    fn from((degrees, tenth): (i8, u8)) -> Self {
        Temperature { tenths: i16::from(degrees) * 10 + i16::from(tenth) }
    }
}

pub fn tenths(degrees: i8) -> i16 {
    let a: Temperature = degrees.into();
    let b = Temperature::from((degrees, 5));
    a.tenths + b.tenths
}
// run: tenths(-3) == -55

const BASE: u16 = 0x80u8 as u16 + LONG as u16;
const LONG: u32 = 7;

pub fn fixed() -> u16 { BASE }
// run: fixed() == 135
