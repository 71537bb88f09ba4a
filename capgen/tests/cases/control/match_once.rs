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
