// What the functions of all random programs share.
use platform::{Cell, Platform, Result, StatusWord};

pub const TABLE: [u8; 8] = [3, 1, 4, 1, 5, 9, 250, 128];
pub const WIDE: [u16; 4] = [0xFFFF, 1, 0x8000, 300];
pub const SIGNED: [i8; 4] = [-128, 127, -1, 5];
pub const TEXT: &[u8] = b"carve\x00\xff!";

pub const fn scaled(x: u16, by: u16) -> u16 {
    let mut sum = 0u16;
    let mut left = by & 15;
    while left > 0 {
        sum = sum.wrapping_add(x);
        left -= 1;
    }
    sum
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    Low = 1,
    Middle = 7,
    High = 200,
}

pub fn kind(x: u8) -> Kind {
    match x {
        0..=99 => Kind::Low,
        100 | 101 => Kind::Middle,
        _ => Kind::High,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u16);

/// An object with cells of its own.
pub struct Inner<P: Platform> {
    pub a: P::Cell<u8>,
    pub b: P::Cell<i32>,
}

impl<P: Platform> Inner<P> {
    pub fn new(platform: &mut P, a: u8) -> Self {
        Inner { a: platform.cell(a), b: platform.cell(-70_000) }
    }

    pub fn sum(&self) -> i32 {
        self.b.get().wrapping_add(self.a.get() as i32)
    }

    pub fn step(&mut self, by: u8) {
        let next = self.a.get().wrapping_add(by);
        self.a.set(next);
        if next > 127 {
            let sum = self.sum();
            self.b.set(sum);
        }
    }

    pub fn both(&mut self, platform: &mut P, x: u8) -> Result {
        platform.atomically(|_| {
            self.step(x);
            self.b.set(self.b.get() ^ 0x1_0000);
            if x > 250 { Err(StatusWord::WRONG_DATA) } else { Ok(()) }
        })
    }
}

pub enum Shape {
    Point(u8),
    Line { from: i16, to: u16 },
    Nothing,
}

pub fn shape(kind: u8, a: u16) -> Shape {
    match kind & 3 {
        0 => Shape::Point(a as u8),
        1 => Shape::Line { from: a as i16, to: a >> 3 },
        2 => Shape::Line { from: 7, to: a },
        _ => Shape::Nothing,
    }
}

pub fn measure(shape: Shape) -> u16 {
    match shape {
        Shape::Point(n @ 200..=255) => n as u16 + 1,
        Shape::Point(n) => n as u16,
        Shape::Line { from: 7, to } => to,
        Shape::Line { from, .. } => from as u16,
        Shape::Nothing => 3,
    }
}

pub struct Tally {
    pub sum: u32,
    pub last: u8,
    pub seen: Option<i16>,
}

pub trait Add {
    const STEP: u16;
    fn add(&mut self, x: u8);
    fn add_twice(&mut self, x: u8) {
        self.add(x);
        self.add(x ^ Self::STEP as u8);
    }
}

impl Add for Tally {
    const STEP: u16 = 0x15A;

    fn add(&mut self, x: u8) {
        self.sum = self.sum.rotate_left(5) ^ x as u32;
        if x > self.last {
            self.seen = Some(x as i16 - 100);
        }
        self.last = x;
    }
}

impl Add for Mark {
    const STEP: u16 = scaled(0x31, 9);

    fn add(&mut self, x: u8) {
        self.0 = self.0.wrapping_mul(31).wrapping_add(x as u16);
    }

    fn add_twice(&mut self, x: u8) {
        self.0 ^= Self::STEP;
        self.add(x);
    }
}

pub fn tally(from: u8) -> Tally {
    Tally { sum: from as u32 * 0x1_0001, last: from, seen: None }
}

pub fn drive<T: Add>(on: &mut T, x: u8) -> u16 {
    if x & 1 == 0 {
        on.add(x);
    } else {
        on.add_twice(x);
    }
    T::STEP
}

pub struct Outer {
    pub tally: Tally,
    pub at: (u8, i16),
    pub mark: Mark,
}

pub fn outer(a: u8, b: i16) -> Outer {
    Outer { tally: tally(a), at: (a, b), mark: Mark(b as u16) }
}

impl Outer {
    pub fn mix(&mut self, x: u8) -> u16 {
        self.tally.add(x);
        let (a, b) = self.at;
        self.at = (a.wrapping_add(x), b ^ self.tally.last as i16);
        drive(&mut self.mark, a) ^ self.mark.0
    }
}

pub fn bump<T: Copy>(place: &mut T, new: T) -> T {
    let old = *place;
    *place = new;
    old
}

pub fn pick<T: Copy>(flag: bool, a: T, b: T) -> T {
    let list = [a, b];
    if flag { list[0] } else { list[1] }
}

pub fn split(x: u16) -> (u8, i8) {
    ((x >> 8) as u8, x as i8)
}

pub fn sum<const N: usize>(list: &[u16; N]) -> u16 {
    let mut sum = 0u16;
    for x in list {
        sum = sum.wrapping_add(*x);
    }
    sum ^ N as u16
}

pub fn mixed(list: &[u8]) -> u8 {
    let mut copy = [0u8; 8];
    copy[..list.len()].copy_from_slice(list);
    copy.reverse();
    let mut sum = 0u8;
    for (i, x) in copy.iter().enumerate() {
        sum = sum.wrapping_mul(3) ^ *x ^ i as u8;
    }
    sum
}

pub fn first(data: &[u8], wanted: u8) -> Option<u8> {
    for (i, byte) in data.iter().enumerate() {
        if *byte >= wanted {
            return Some(i as u8);
        }
    }
    None
}

pub fn paired(a: &[u8], b: &[u8], step: u8) -> u16 {
    let mut sum = 0u16;
    for (x, y) in a.iter().zip(b.iter().rev()) {
        sum = sum.wrapping_mul(5).wrapping_add((*x ^ *y) as u16);
    }
    for x in a.iter().skip(1).take(4).step_by(2) {
        sum ^= (*x as u16) << (step & 7);
    }
    for part in b.chunks(3) {
        sum = sum.wrapping_add(part.len() as u16 + part[0] as u16);
    }
    sum
}

pub fn smear(part: &mut [u8], with: u8) {
    for (i, x) in part.iter_mut().enumerate() {
        *x = x.wrapping_add(with) ^ i as u8;
    }
    if part.len() > 2 {
        part.copy_within(1..part.len(), 0);
    }
    for pair in part.chunks_exact_mut(2) {
        pair.swap(0, 1);
    }
}

pub fn checked(x: u16, limit: u16) -> Result<u16> {
    if x > limit {
        return Err(StatusWord::WRONG_DATA);
    }
    let rest = limit.checked_sub(x.wrapping_mul(3)).ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
    Ok(rest)
}
