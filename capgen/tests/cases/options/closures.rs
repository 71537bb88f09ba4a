// Methods of `Option` with a closure that is passed directly.

use platform::{Result, StatusWord};

fn some(x: u8) -> Option<u8> {
    if x > 5 { Some(x) } else { None }
}

pub fn mapped(x: u8) -> u16 {
    some(x).map(|x| x as u16 * 100).unwrap_or(7)
}
// run: mapped(6) == 600
// run: mapped(5) == 7

pub fn chained(x: u8) -> u8 {
    some(x).and_then(|x| some(x - 3)).map_or(1, |x| x + 1)
}
// run: chained(9) == 7
// run: chained(8) == 1
// run: chained(2) == 1

pub fn otherwise(x: u8) -> u8 {
    let base = 40u8;
    some(x).unwrap_or_else(|| base + x)
}
// run: otherwise(6) == 6
// run: otherwise(2) == 42

pub fn tested(x: u8) -> u8 {
    let even = some(x).is_some_and(|x| x % 2 == 0);
    let small = some(x).is_none_or(|x| x < 8);
    let kept = some(x).filter(|x| *x != 7).is_some();
    even as u8 | (small as u8) << 1 | (kept as u8) << 2
}
// run: tested(6) == 7
// run: tested(7) == 2
// run: tested(9) == 4
// run: tested(1) == 2

pub fn or(x: u8) -> u8 {
    let a = some(x).or(Some(3)).unwrap_or_default();
    let b = some(x).or_else(|| some(x + 4)).unwrap_or_default();
    a * 10 + b
}
// run: or(2) == 36
// run: or(1) == 30
// run: or(8) == 88

pub fn status(x: u8) -> Result<u8> {
    let value = some(x).ok_or_else(|| StatusWord(0x6A00 + x as u16))?;
    Ok(value)
}
// run: status(9) == Ok(9)
// run: status(3) == Err(0x6A03)

pub fn nested(x: u8) -> u8 {
    let inner: Option<Option<u8>> = Some(some(x));
    match inner {
        Some(Some(x)) => x,
        Some(None) => 50,
        None => 60,
    }
}
// run: nested(9) == 9
// run: nested(1) == 50

pub fn pairs(x: u8) -> u8 {
    let pair = some(x).map(|x| (x, x + 1));
    pair.map(|(a, b)| a ^ b).unwrap_or(33)
}
// run: pairs(8) == 1
// run: pairs(0) == 33

pub fn left_early(data: &[u8]) -> u16 {
    data.first()
        .map(|first| {
            if *first == 0 {
                return 7u16;
            }
            for byte in data {
                if *byte == 9 {
                    return 8;
                }
            }
            u16::from(*first) + 100
        })
        .unwrap_or_else(|| {
            if data.is_empty() {
                return 1;
            }
            2
        })
}
// run: left_early([0]) == 7
// run: left_early([1, 9]) == 8
// run: left_early([1, 2]) == 101
// run: left_early([]) == 1

pub fn by_name(a: u8) -> u16 {
    let half = a.checked_sub(10).map(u16::from).unwrap_or(999);
    let some = Some(a).filter(u8::is_ascii_digit).is_some();
    half * 2 + u16::from(some) + u8::swap_bytes(0)  as u16
}
// run: by_name(0x31) == 79
// run: by_name(0x3F) == 106
// run: by_name(1) == 1998
