// match in all its forms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Low,
    Middle(u8),
    High { over: u16 },
}

fn kind(n: u16) -> Kind {
    match n {
        0..10 => Kind::Low,
        n @ (10..=99 | 200) => Kind::Middle(n as u8),
        over => Kind::High { over: over - 99 },
    }
}

pub fn of(n: u16) -> u16 {
    let kind = kind(n);
    let special = matches!(kind, Kind::Middle(50..=60)) as u16;
    let value = match kind {
        Kind::Low => 1,
        Kind::Middle(10) => 2,
        Kind::Middle(x) if x % 2 == 0 => 3,
        Kind::Middle(_) => 4,
        Kind::High { over: 1 } => 5,
        Kind::High { over } => over,
    };
    value * 2 + special
}
// run: of(3) == 2
// run: of(10) == 4
// run: of(54) == 7
// run: of(55) == 9
// run: of(100) == 10
// run: of(200) == 6
// run: of(300) == 402

pub fn pair(a: u8, b: u8) -> u8 {
    match (a, b, a == b) {
        (0, _, false) => 1,
        (_, 0, _) => 2,
        (x, y, true) => x + y,
        (x, y, _) if x > y => x - y,
        (.., z) => if z { 9 } else { b },
    }
}
// run: pair(0, 3) == 1
// run: pair(0, 0) == 2
// run: pair(4, 4) == 8
// run: pair(9, 4) == 5
// run: pair(4, 9) == 9

pub fn nested(a: u8) -> u8 {
    let value: Option<Option<u8>> = match a {
        0 => None,
        1 => Some(None),
        n => Some(Some(n)),
    };
    match value {
        None => 100,
        Some(None) => 101,
        Some(Some(n)) if n > 50 => 102,
        Some(Some(n)) => n,
    }
}
// run: nested(0) == 100
// run: nested(1) == 101
// run: nested(51) == 102
// run: nested(50) == 50

pub fn same(a: u16, b: u16) -> bool {
    kind(a) == kind(b)
}
// run: same(1, 2) == 1
// run: same(10, 11) == 0
// run: same(300, 300) == 1
// run: same(300, 20) == 0
