// `u16` lies in a signed word: comparison and division differ from Java's.

pub fn less(a: u16, b: u16) -> bool {
    a < b
}
// run: less(0x7FFF, 0x8000) == true
// run: less(0xFFFF, 1) == false

pub fn at_most(a: u16, b: u16) -> bool {
    a <= b
}
// run: at_most(0x8000, 0x8000) == true
// run: at_most(0x8001, 0x8000) == false

pub fn quotient(a: u16, b: u16) -> u16 {
    a / b
}
// run: quotient(0xFFFF, 2) == 0x7FFF
// run: quotient(0xFFFF, 0xFFFF) == 1
// run: quotient(0x8000, 0xFFFF) == 0
// run: quotient(60000, 7) == 8571

pub fn remainder(a: u16, b: u16) -> u16 {
    a % b
}
// run: remainder(0xFFFF, 10) == 5
// run: remainder(3, 0x9000) == 3

pub fn right(a: u16, by: u8) -> u16 {
    a >> by
}
// run: right(0x8000, 15) == 1
// run: right(0xFFFF, 0) == 0xFFFF

pub fn wrapped(a: u16, b: u16) -> u16 {
    a.wrapping_mul(b).wrapping_add(1).wrapping_sub(b)
}
// run: wrapped(0xFFFF, 3) == 0xFFFB
// run: wrapped(0, 0) == 1
