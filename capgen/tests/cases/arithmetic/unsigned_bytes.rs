// Unsigned bytes in signed words: zero extension, comparison, division.

pub fn sum(a: u8, b: u8) -> u16 {
    a as u16 + b as u16
}
// run: sum(255, 255) == 510
// run: sum(0, 128) == 128

pub fn less(a: u8, b: u8) -> bool {
    a < b
}
// run: less(127, 128) == true
// run: less(255, 0) == false

pub fn quotient(a: u8, b: u8) -> u8 {
    a / b
}
// run: quotient(255, 2) == 127
// run: quotient(200, 201) == 0

pub fn remainder(a: u8, b: u8) -> u8 {
    a % b
}
// run: remainder(255, 16) == 15

pub fn inverted(a: u8) -> u8 {
    !a
}
// run: inverted(0x0F) == 0xF0
// run: inverted(255) == 0

pub fn shifted(a: u8, by: u8) -> u8 {
    (a << by) ^ (a >> by)
}
// run: shifted(0xF1, 4) == 0x1F
// run: shifted(0x81, 7) == 0x81
