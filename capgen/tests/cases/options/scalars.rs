// `Option` of scalars: made, matched, passed, given back.

fn find(data: &[u8], wanted: u8) -> Option<usize> {
    for (i, byte) in data.iter().enumerate() {
        if *byte == wanted {
            return Some(i);
        }
    }
    None
}

pub fn position(data: &[u8], wanted: u8) -> u16 {
    match find(data, wanted) {
        Some(0) => 1000,
        Some(i) => i as u16,
        None => 0xFFFF,
    }
}
// run: position([5, 6, 7], 7) == 2
// run: position([5, 6, 7], 5) == 1000
// run: position([5, 6, 7], 8) == 0xFFFF
// run: position([], 8) == 0xFFFF

pub fn if_let(data: &[u8], wanted: u8) -> u8 {
    if let Some(i) = find(data, wanted)
        && i > 0
    {
        data[i - 1]
    } else {
        0xFF
    }
}
// run: if_let([5, 6, 7], 7) == 6
// run: if_let([5, 6, 7], 5) == 0xFF
// run: if_let([5, 6, 7], 9) == 0xFF

pub fn let_else(data: &[u8], wanted: u8) -> u8 {
    let Some(i) = find(data, wanted) else {
        return 99;
    };
    i as u8
}
// run: let_else([5, 6, 7], 6) == 1
// run: let_else([5, 6, 7], 0) == 99

fn half(n: u8) -> Option<u8> {
    if n & 1 == 0 { Some(n / 2) } else { None }
}

fn quarter(n: u8) -> Option<u8> {
    let h = half(n)?;
    half(h)
}

pub fn questioned(n: u8) -> u8 {
    quarter(n).unwrap_or(200)
}
// run: questioned(12) == 3
// run: questioned(6) == 200
// run: questioned(5) == 200

pub fn while_let(n: u8) -> u8 {
    let mut value = n;
    let mut steps = 0;
    while let Some(next) = half(value) {
        value = next;
        steps += 1;
        if steps == 10 {
            break;
        }
    }
    value * 10 + steps
}
// run: while_let(24) == 33
// run: while_let(7) == 70
// run: while_let(0) == 10

pub fn kept(a: u8) -> u16 {
    let mut best: Option<u8> = None;
    for i in 0..a {
        if i % 7 == 3 {
            best = Some(i);
        }
    }
    best.is_some() as u16 * 256 + best.is_none() as u16 * 512 + best.unwrap_or(9) as u16
}
// run: kept(0) == 0x0209
// run: kept(20) == 0x0111

pub fn nested(a: u8) -> u8 {
    let value: Option<Option<u8>> = if a == 0 {
        None
    } else if a == 1 {
        Some(None)
    } else {
        Some(Some(a))
    };
    match value {
        None => 100,
        Some(None) => 101,
        Some(Some(n @ 2..=9)) => n,
        Some(Some(_)) => 102,
    }
}
// run: nested(0) == 100
// run: nested(1) == 101
// run: nested(7) == 7
// run: nested(10) == 102
