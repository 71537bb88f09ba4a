// `as` between all widths.

pub fn u16_to_u8(a: u16) -> u8 {
    a as u8
}
// run: u16_to_u8(0x1FF) == 0xFF

pub fn u16_to_i8(a: u16) -> i8 {
    a as i8
}
// run: u16_to_i8(0x80) == -128

pub fn i8_to_u16(a: i8) -> u16 {
    a as u16
}
// run: i8_to_u16(-1) == 0xFFFF

pub fn i8_to_u8_to_u16(a: i8) -> u16 {
    a as u8 as u16
}
// run: i8_to_u8_to_u16(-1) == 0xFF

pub fn u16_to_i16(a: u16) -> i16 {
    a as i16
}
// run: u16_to_i16(0x8000) == -32768

pub fn flags(a: bool, b: bool) -> u8 {
    (a as u8) << 1 | b as u8
}
// run: flags(true, false) == 2
// run: flags(true, true) == 3

pub fn from(a: u8) -> u16 {
    u16::from(a) + u16::from(true)
}
// run: from(255) == 256

pub fn length(a: usize) -> u8 {
    (a + 1) as u8
}
// run: length(255) == 0
