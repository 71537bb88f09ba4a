// What is matched is evaluated once, whatever its arms are.

fn next(count: &mut [u8]) -> u8 {
    count[0] += 1;
    count[0]
}

pub fn switch(start: u8) -> u16 {
    let mut count = [start];
    let found = match next(&mut count) {
        1 => 10u8,
        3 | 5 => 20,
        _ => 30,
    };
    u16::from(found) << 8 | u16::from(count[0])
}
// run: switch(0) == 0x0A01
// run: switch(4) == 0x1405
// run: switch(9) == 0x1E0A

pub fn named(start: u8) -> u16 {
    let mut count = [start];
    let found = match next(&mut count) {
        1 | 2 | 3 => 10u8,
        other => other,
    };
    u16::from(found) << 8 | u16::from(count[0])
}
// run: named(1) == 0x0A02
// run: named(9) == 0x0A0A

pub fn two(start: u8) -> u16 {
    let mut count = [start];
    let found = match next(&mut count) {
        1 => 10u8,
        _ => 30,
    };
    u16::from(found) << 8 | u16::from(count[0])
}
// run: two(0) == 0x0A01
// run: two(1) == 0x1E02

pub fn none(start: u8) -> u16 {
    let mut count = [start];
    match next(&mut count) {
        _ => {}
    }
    u16::from(count[0])
}
// run: none(7) == 8

pub fn bound_on_each_side(data: &[u8]) -> u16 {
    match data {
        [1, n] | [2, _, n] | [n @ 3..=9] => *n as u16,
        [first, rest @ .., 0] | [first, 255, rest @ ..] => *first as u16 * 10 + rest.len() as u16,
        &[mut a, b] | &[b, mut a, _] if a > b => {
            a -= b;
            a as u16 + 1000
        }
        _ => 5000,
    }
}
// run: bound_on_each_side([1, 7]) == 7
// run: bound_on_each_side([2, 3, 8]) == 8
// run: bound_on_each_side([4]) == 4
// run: bound_on_each_side([20, 1, 1, 0]) == 202
// run: bound_on_each_side([20, 255, 1, 3]) == 202
// run: bound_on_each_side([30, 20]) == 1010
// run: bound_on_each_side([3, 20, 9]) == 1017
// run: bound_on_each_side([30, 20, 9]) == 5000
