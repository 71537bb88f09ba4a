// A conversion of one's own is not a cast.

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Slot {
    Sign = 1,
    Auth = 2,
}

impl From<Slot> for usize {
    fn from(slot: Slot) -> usize {
        match slot {
            Slot::Sign => 10,
            Slot::Auth => 20,
        }
    }
}

fn slot(byte: u8) -> Slot {
    if byte == 1 { Slot::Sign } else { Slot::Auth }
}

pub fn own(byte: u8) -> usize {
    let slot = slot(byte);
    let again: usize = slot.into();
    usize::from(slot) + again * 100 + slot as usize * 10_000
}
// run: own(1) == 11010
// run: own(2) == 22020

#[derive(Clone, Copy, PartialEq, Eq)]
struct Inverse(u8);

impl core::ops::Neg for Inverse {
    type Output = Inverse;
    fn neg(self) -> Inverse {
        Inverse(!self.0)
    }
}

impl core::ops::Not for Inverse {
    type Output = u8;
    fn not(self) -> u8 {
        self.0 / 2
    }
}

pub fn inverse(n: u8) -> u16 {
    (-Inverse(n)).0 as u16 * 256 + !Inverse(n) as u16
}
// run: inverse(10) == 62725
