// Signed bytes and shorts.

pub fn extended(a: i8) -> i16 {
    a as i16 * 2
}
// run: extended(-128) == -256
// run: extended(127) == 254

pub fn quotient(a: i16, b: i16) -> i16 {
    a / b
}
// run: quotient(-7, 2) == -3
// run: quotient(7, -2) == -3

pub fn remainder(a: i16, b: i16) -> i16 {
    a % b
}
// run: remainder(-7, 2) == -1
// run: remainder(7, -2) == 1

pub fn negated(a: i8) -> i8 {
    -a
}
// run: negated(127) == -127

pub fn right(a: i16, by: u8) -> i16 {
    a >> by
}
// run: right(-32768, 15) == -1
// run: right(-2, 1) == -1

pub fn less(a: i8, b: i8) -> bool {
    a < b
}
// run: less(-1, 0) == true
// run: less(0, -128) == false
