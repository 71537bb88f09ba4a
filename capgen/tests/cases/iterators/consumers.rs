// What ends an iterator is a loop; closures stand in it.
use platform::{Result, StatusWord};


pub fn any_zero(data: &[u8]) -> bool {
    data.iter().any(|byte| *byte == 0)
}
// run: any_zero([1, 2, 0, 3]) == true
// run: any_zero([1, 2]) == false
// run: any_zero([]) == false

pub fn all_digits(data: &[u8]) -> bool {
    data.iter().all(u8::is_ascii_digit) && data.iter().all(|&b| matches!(b, b'0'..=b'9'))
}
// run: all_digits([0x30, 0x39]) == true
// run: all_digits([0x30, 0x40]) == false
// run: all_digits([]) == true

pub fn position(data: &[u8], wanted: u8) -> u16 {
    data.iter().position(|&byte| byte == wanted).map_or(999, |at| at as u16)
}
// run: position([5, 6, 7], 7) == 2
// run: position([5, 6, 7], 8) == 999

pub fn position_behind_filter(data: &[u8]) -> u16 {
    match data.iter().filter(|b| **b != 1).map(|b| *b as u16).position(|b| b == 9) {
        Some(at) => at as u16,
        None => 0xFFFF,
    }
}
// run: position_behind_filter([1, 2, 1, 9]) == 1
// run: position_behind_filter([1, 2, 1]) == 0xFFFF

pub fn sums(data: &[u8]) -> u16 {
    let all: u16 = data.iter().map(|b| *b as u16).sum();
    let odd = data.iter().copied().filter(|b| b & 1 == 1).map(u16::from).sum::<u16>();
    all * 100 + odd
}
// run: sums([1, 2, 3]) == 604
// run: sums([]) == 0

pub fn wide_sum(data: &[u8]) -> u32 {
    data.iter().map(|b| u32::from(*b) << 16).sum()
}
// run: wide_sum([1, 2, 255]) == 0x1020000

pub fn product(data: &[u8]) -> u16 {
    data.iter().map(|b| *b as u16).product()
}
// run: product([2, 3, 7]) == 42
// run: product([]) == 1

pub fn checksum(data: &[u8]) -> u8 {
    data.iter().fold(0, |acc, byte| acc ^ byte)
}
// run: checksum([1, 2, 4]) == 7

pub fn luhn(digits: &[u8]) -> bool {
    digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { d })
        .fold(0u16, |sum, d| sum + u16::from(d))
        % 10
        == 0
}
// run: luhn([4, 5, 3, 9, 1, 4, 8, 8, 0, 3, 4, 3, 6, 4, 6, 7]) == true
// run: luhn([8, 2, 7, 3, 1, 2, 3, 2, 7, 3, 5, 2, 0, 5, 6, 9]) == false

pub fn fold_pair(data: &[u8]) -> u16 {
    let (least, most) = data
        .iter()
        .fold((255u8, 0u8), |(least, most), &b| (least.min(b), most.max(b)));
    u16::from(least) << 8 | u16::from(most)
}
// run: fold_pair([5, 3, 200]) == 0x03C8
// run: fold_pair([]) == 0xFF00

pub fn count(data: &[u8]) -> u16 {
    let zeros = data.iter().filter(|b| **b == 0).count();
    let pairs = data.chunks_exact(2).count();
    (zeros * 10 + pairs + data.iter().skip(1).len() * 100) as u16
}
// run: count([0, 1, 0, 0, 2]) == 432
// run: count([]) == 0

pub fn extremes(data: &[u8]) -> u32 {
    let least = data.iter().min().copied().unwrap_or(77);
    let most = data.iter().copied().max().unwrap_or(78);
    u32::from(least) << 8 | u32::from(most)
}
// run: extremes([9, 3, 12]) == 0x030C
// run: extremes([]) == 0x4D4E

pub fn signed_extremes(data: &[u8]) -> i16 {
    let least = data.iter().map(|b| *b as i8).min().unwrap_or(0);
    let most = data.iter().map(|b| *b as i8).max().unwrap_or(0);
    i16::from(most) * 256 + i16::from(least)
}
// run: signed_extremes([128, 1, 127, 255]) == 32384

pub fn extreme_keys(data: &[u8]) -> u16 {
    // Of equal keys the first is least, the last is greatest.
    let least = data.iter().enumerate().min_by_key(|(_, b)| **b & 0xF);
    let most = data.iter().enumerate().max_by_key(|&(_, b)| b & 0xF);
    match (least, most) {
        (Some((i, _)), Some((j, _))) => (i * 16 + j) as u16,
        _ => 0x999,
    }
}
// run: extreme_keys([0x13, 0x21, 0x31, 0x43, 0x52]) == 0x13
// run: extreme_keys([]) == 0x999

pub fn found(data: &[u8]) -> u16 {
    let first = data.iter().find(|b| **b > 10).copied().unwrap_or(0);
    let mapped = data.iter().find_map(|b| b.checked_sub(100)).unwrap_or(0);
    u16::from(first) << 8 | u16::from(mapped)
}
// run: found([1, 20, 105]) == 0x1405
// run: found([1]) == 0

pub fn ends(data: &[u8]) -> u32 {
    let first = data.iter().next().copied().unwrap_or(0xEE);
    let last = data.iter().last().copied().unwrap_or(0xEE);
    let third = data.iter().nth(2).copied().unwrap_or(0xEE);
    let odd = data.iter().filter(|b| **b & 1 == 1).last().copied().unwrap_or(0xEE);
    u32::from_be_bytes([first, last, third, odd])
}
// run: ends([2, 3, 4, 6]) == 0x02060403
// run: ends([]) == 0xEEEEEEEE

pub fn of_chunks(data: &[u8]) -> u16 {
    data.chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .filter(|n| n % 2 == 0)
        .fold(0, u16::wrapping_add)
}
// run: of_chunks([0, 2, 0, 3, 1, 0, 9]) == 0x102

pub fn zipped(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}
// run: zipped([1, 2], [1, 2]) == true
// run: zipped([1, 2], [1, 3]) == false
// run: zipped([1, 2], [1]) == false

pub fn increasing(data: &[u8]) -> bool {
    data.windows(2).all(|pair| pair[0] < pair[1])
}
// run: increasing([1, 2, 9]) == true
// run: increasing([1, 1]) == false
// run: increasing([7]) == true
// run: increasing([]) == true

pub fn joined(a: &[u8], b: &[u8]) -> u16 {
    let mut at = 0u16;
    let mut sum = 0u16;
    for byte in a.iter().chain(b.iter()) {
        at += 1;
        sum += at * u16::from(*byte);
    }
    sum * 10 + a.iter().chain(b).rev().skip(1).count() as u16
}
// run: joined([1, 2], [3]) == 142
// run: joined([], [3]) == 30

pub fn for_each(data: &mut [u8]) {
    let mut last = 0;
    data.iter_mut().filter(|b| **b > 1).for_each(|b| {
        *b ^= last;
        last = *b;
    });
}
// run: for_each([4, 1, 8, 2]) == [4, 1, 12, 14]

fn check(byte: u8) -> Result<()> {
    if byte > 9 {
        return Err(StatusWord(0x6A80));
    }
    Ok(())
}

pub fn each_fits(data: &[u8]) -> Result<u16> {
    data.iter().try_for_each(|b| check(*b))?;
    Ok(data.len() as u16)
}
// run: each_fits([1, 9]) == Ok(2)
// run: each_fits([1, 10, 2]) == Err(0x6A80)

pub fn stages(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    let mut seen = 0u16;
    for (i, n) in data
        .iter()
        .inspect(|_| seen += 1)
        .skip_while(|b| **b == 0)
        .take_while(|b| **b != 0xFF)
        .filter(|b| **b != 7)
        .skip(1)
        .take(2)
        .map(|b| u16::from(*b))
        .enumerate()
    {
        sum += (i as u16 + 1) * n;
    }
    sum * 100 + seen
}
// run: stages([0, 0, 5, 7, 3, 0, 4, 255, 9]) == 306
// run: stages([0, 5, 255, 3, 4]) == 3
// run: stages([5, 1, 2, 3, 4, 5]) == 503

pub fn turned(data: &[u8]) -> u16 {
    data.iter().map(|b| u16::from(*b)).rev().fold(0, |n, b| n * 10 + b)
}
// run: turned([1, 2, 3]) == 321

pub fn map_while(data: &[u8]) -> u16 {
    data.iter().map_while(|b| b.checked_sub(b'0')).fold(0u16, |n, d| n * 10 + u16::from(d))
}
// run: map_while([0x31, 0x32, 0x20, 0x33]) == 12

pub fn of_ranges(n: u8) -> u32 {
    let a: u16 = (0..n).map(u16::from).sum();
    let b: u16 = (1..=3u16).rev().map(|x| x * x).sum();
    let c = (0..4).rev().fold(0u16, |acc, i: u8| acc * 10 + u16::from(i));
    let d = (10..10 + u32::from(n)).filter(|x| x & 1 == 0).count();
    (u32::from(a) << 24) + (u32::from(b) << 16) + u32::from(c) * 4 + d as u32
}
// run: of_ranges(5) == 0x0A0E322B

pub fn bits_of(data: &[u8]) -> u16 {
    let mut count = 0u16;
    for i in (0..8u8).rev() {
        if data.iter().any(|b| b >> i & 1 == 1) {
            count = count * 10 + i as u16;
        }
    }
    count
}
// run: bits_of([1, 8]) == 30

pub fn inside_of_closures(data: &[u8], keys: &[u8]) -> bool {
    data.iter().all(|b| keys.iter().any(|k| k == b))
}
// run: inside_of_closures([1, 2, 2], [2, 1]) == true
// run: inside_of_closures([1, 3], [2, 1]) == false

pub fn in_conditions(data: &[u8]) -> u16 {
    if let Some(at) = data.iter().position(|b| *b == 1)
        && data[at..].iter().skip(1).all(|b| *b == 0)
    {
        return at as u16;
    }
    if data.iter().any(|b| *b == 2) { 100 } else { 200 }
}
// run: in_conditions([5, 1, 0, 0]) == 1
// run: in_conditions([5, 1, 2]) == 100
// run: in_conditions([5, 1, 3]) == 200
