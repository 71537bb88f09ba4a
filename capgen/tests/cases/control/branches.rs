// `if`, `match`, guards, ranges.

pub fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 1,
        b'a'..=b'z' | b'A'..=b'Z' => 2,
        0 => 3,
        x if x & 0x80 != 0 => 4,
        _ => 5,
    }
}
// run: class(b'5') == 1
// run: class(b'q') == 2
// run: class(b'Q') == 2
// run: class(0) == 3
// run: class(0x80) == 4
// run: class(b'@') == 5

pub fn switch(a: i16) -> i16 {
    match a {
        -1 => 10,
        0 => 20,
        1 | 2 => 30,
        1000 => 40,
        _ => a,
    }
}
// run: switch(-1) == 10
// run: switch(0) == 20
// run: switch(2) == 30
// run: switch(1000) == 40
// run: switch(999) == 999

pub fn order(a: u8, b: u8) -> u8 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    high - low
}
// run: order(3, 10) == 7
// run: order(10, 3) == 7

pub fn both(a: bool, b: bool, c: bool) -> bool {
    a && (b || !c) || !a && c
}
// run: both(true, false, false) == true
// run: both(true, false, true) == false
// run: both(false, false, true) == true

pub fn pair(a: u8, b: bool) -> u8 {
    match (a, b) {
        (0, true) => 1,
        (0, false) => 2,
        (_, true) => 3,
        (n, false) => n,
    }
}
// run: pair(0, true) == 1
// run: pair(0, false) == 2
// run: pair(9, true) == 3
// run: pair(9, false) == 9
