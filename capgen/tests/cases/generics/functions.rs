// Generic functions: one instance for each set of types.

fn largest<T: PartialOrd + Copy>(data: &[T], otherwise: T) -> T {
    let mut found = otherwise;
    for x in data {
        if *x > found {
            found = *x;
        }
    }
    found
}

pub fn bytes(data: &[u8]) -> u8 {
    largest(data, 3)
}
// run: bytes([1, 200, 7]) == 200
// run: bytes([1, 2]) == 3

pub fn words(a: u16, b: u16) -> u16 {
    largest(&[a, b, 5], 1).wrapping_add(largest::<i16>(&[-4, -9], -20) as u16)
}
// run: words(7, 600) == 596

pub fn wide(a: u32) -> u32 {
    largest(&[a, 70_000], 0)
}
// run: wide(5) == 70000
// run: wide(4294967295) == 4294967295

fn total<const N: usize>(data: &[u8; N]) -> u16 {
    let mut sum = N as u16 * 1000;
    for x in data {
        sum += *x as u16;
    }
    sum
}

pub fn lengths(x: u8) -> u16 {
    total(&[x, 2, 3]) + total(&[x; 6])
}
// run: lengths(4) == 9033

fn zeroed<const N: usize>(x: u8) -> u8 {
    let mut buf = [0u8; N];
    buf[N - 1] = x;
    buf[0] + buf[N - 1] + buf.len() as u8
}

pub fn sized(x: u8) -> u8 {
    zeroed::<8>(x) + zeroed::<{ 2 + 3 }>(1)
}
// run: sized(9) == 23

fn flagged<const DOUBLE: bool>(x: u8) -> u8 {
    if DOUBLE { x * 2 } else { x }
}

pub fn flags(x: u8) -> u8 {
    flagged::<true>(x) * 10 + flagged::<false>(x)
}
// run: flags(4) == 84

fn pair<A: Copy, B: Copy>(a: A, b: B) -> (B, A) {
    (b, a)
}

pub fn swapped(a: u8, b: u16) -> u16 {
    let (x, y) = pair(a, b);
    let (p, q) = pair(x, true);
    x + y as u16 * 3 + p as u16 + q
}
// run: swapped(2, 100) == 207

fn or<T: Copy>(x: Option<T>, other: T) -> T {
    match x {
        Some(x) => x,
        None => other,
    }
}

pub fn options(n: u8) -> u16 {
    let a = if n > 3 { Some(n) } else { None };
    let b: Option<u16> = None;
    or(a, 40) as u16 + or(b, 500)
}
// run: options(5) == 505
// run: options(1) == 540

fn replace<T: Copy>(slot: &mut T, new: T) -> T {
    let old = *slot;
    *slot = new;
    old
}

pub fn replaced(n: u8) -> u32 {
    let mut small = n;
    let mut large = 100_000u32;
    let a = replace(&mut small, 7);
    let b = replace(&mut large, n as u32);
    a as u32 + b + large * 1000 + small as u32
}
// run: replaced(3) == 103010
