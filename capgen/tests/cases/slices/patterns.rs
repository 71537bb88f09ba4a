// Patterns of slices: a test of the length, and loads.

pub fn header(data: &[u8]) -> u16 {
    if let [tag, length, rest @ ..] = data
        && rest.len() >= *length as usize
    {
        return u16::from(*tag) << 8 | rest.len() as u16;
    }
    0
}
// run: header([0x80, 1, 9]) == 0x8001
// run: header([0x80, 2, 9]) == 0
// run: header([0x80]) == 0
// run: header([]) == 0

pub fn kinds(data: &[u8]) -> u16 {
    match data {
        [] => 1,
        b"Hi" => 2,
        [one] => u16::from(*one) << 8,
        [first, .., last] if first == last => 3,
        [0x00, 0xA4, p1 @ 0..=4, ..] => 0x10 + u16::from(*p1),
        &[a, b, c] => u16::from(a) + u16::from(b) + u16::from(c),
        [.., 9] => 5,
        [_, middle @ .., _] => middle.len() as u16 * 100,
    }
}
// run: kinds([]) == 1
// run: kinds([0x48, 0x69]) == 2
// run: kinds([7]) == 0x700
// run: kinds([7, 1, 7]) == 3
// run: kinds([0, 0xA4, 4, 9]) == 0x14
// run: kinds([0, 0xA4, 5, 9]) == 5
// run: kinds([1, 2, 3]) == 6
// run: kinds([1, 2, 3, 4]) == 200

pub fn or_else(data: &[u8]) -> u16 {
    let [high, low, ..] = data else {
        return 0xFFFF;
    };
    u16::from_be_bytes([*high, *low])
}
// run: or_else([1, 2]) == 0x102
// run: or_else([1, 2, 3]) == 0x102
// run: or_else([1]) == 0xFFFF

pub fn walk(data: &[u8]) -> u16 {
    let mut rest = data;
    let mut sum = 0;
    while let [first, tail @ ..] = rest {
        sum = sum * 3 + u16::from(*first);
        rest = tail;
    }
    sum
}
// run: walk([1, 2, 3]) == 18
// run: walk([]) == 0

pub fn objects(data: &[u8]) -> u16 {
    let mut rest = data;
    let mut count = 0;
    while let &[tag, length, ref tail @ ..] = rest {
        let Some(value) = tail.get(..length as usize) else {
            return 0xDEAD;
        };
        count = count * 16 + u16::from(tag) + value.len() as u16;
        rest = &tail[value.len()..];
    }
    if rest.is_empty() { count } else { 0xBAD }
}
// run: objects([1, 0, 2, 1, 9]) == 0x13
// run: objects([1, 0, 2, 2, 9]) == 0xDEAD
// run: objects([1, 0, 2]) == 0xBAD

pub fn wide(n: u32) -> u32 {
    let values = [n, n + 1, n + 2, n + 3, n + 4, n + 5];
    let [first, _, third, ..] = values;
    let [.., last] = &values;
    let part = &values[1..5];
    match part {
        [a, .., b] if first < third => *a * 1000 + *b + *last,
        _ => 0,
    }
}
// run: wide(100000) == 100201009

pub fn of_array(a: u8, b: u8) -> u8 {
    let pair = [a, b, 7];
    match pair {
        [0, ..] => 1,
        [.., 7] if b == 9 => 2,
        [x, y, _] => x ^ y,
    }
}
// run: of_array(0, 1) == 1
// run: of_array(1, 9) == 2
// run: of_array(1, 2) == 3

pub fn nested(data: &[u8]) -> u16 {
    let found = match data.first() {
        Some(_) => Some(&data[1..]),
        None => None,
    };
    match found {
        Some([a, b]) => u16::from(*a) * 10 + u16::from(*b),
        Some([]) => 1,
        Some([_, rest @ ..]) => 100 + rest.len() as u16,
        None => 0,
    }
}
// run: nested([9, 1, 2]) == 12
// run: nested([9]) == 1
// run: nested([9, 1, 2, 3]) == 102
// run: nested([]) == 0

pub fn in_range(x: u16, data: &[u8]) -> u8 {
    let mut bits = 0;
    if (4..=8).contains(&data.len()) {
        bits |= 1;
    }
    if !(10..x).contains(&20) {
        bits |= 2;
    }
    if (..100).contains(&x) && (5u16..).contains(&x) {
        bits |= 4;
    }
    bits
}
// run: in_range(21, [1, 2, 3, 4]) == 5
// run: in_range(20, [1, 2, 3]) == 6
// run: in_range(1000, [1, 2, 3, 4, 5, 6, 7, 8, 9]) == 0

pub fn parts(data: &[u8], from: u16, to: u16) -> u16 {
    let (from, to) = (from as usize, to as usize);
    let mut found = 0;
    if let Some(part) = data.get(from..to) {
        found += part.len() as u16 + 0x1000;
    }
    if let Some(part) = data.get(from..) {
        found += part.len() as u16 + 0x2000;
    }
    if let Some([first, ..]) = data.get(..=to) {
        found += u16::from(*first) + 0x4000;
    }
    found
}
// run: parts([5, 6, 7], 1, 2) == 0x7008
// run: parts([5, 6, 7], 1, 3) == 0x3004
// run: parts([5, 6, 7], 2, 1) == 0x6006
// run: parts([5, 6, 7], 4, 5) == 0
