// Operators of one's own types, orderings.
use core::ops::{Add, AddAssign, BitOr, Index, Neg, Not, Sub};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Amount(u16);

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0.wrapping_add(other.0))
    }
}

impl AddAssign<u16> for Amount {
    fn add_assign(&mut self, other: u16) {
        self.0 = self.0.wrapping_add(other);
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Amount(self.0 - other.0)
    }
}

pub fn amounts(a: u16, b: u16) -> u16 {
    let mut sum = Amount(a) + Amount(b);
    sum += 5;
    let rest = sum - Amount(1);
    if rest > Amount(100) { 1 } else { rest.0 }
}
// run: amounts(3, 4) == 11
// run: amounts(300, 4) == 1

#[derive(Clone, Copy, PartialEq)]
struct Flags(u8);
impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, rhs: Flags) -> Flags {
        Flags(self.0 | rhs.0)
    }
}
impl Not for Flags {
    type Output = Flags;
    fn not(self) -> Flags {
        Flags(!self.0)
    }
}

pub fn flags(a: u8) -> u8 {
    const READ: Flags = Flags(1);
    const WRITE: Flags = Flags(4);
    let all = READ | WRITE | Flags(a);
    (!all).0
}
// run: flags(2) == 0xF8

#[derive(Clone, Copy, PartialEq, Eq)]
struct Point { x: i16, y: i16 }
impl Neg for Point {
    type Output = Point;
    fn neg(self) -> Point {
        Point { x: -self.x, y: -self.y }
    }
}
impl Add for Point {
    type Output = Point;
    fn add(self, other: Point) -> Point {
        Point { x: self.x + other.x, y: self.y + other.y }
    }
}

pub fn points(x: i16, y: i16) -> i16 {
    let p = -Point { x, y } + Point { x: 1, y: 1 };
    if p == (Point { x: 0, y: 0 }) { 77 } else { p.x * 10 + p.y }
}
// run: points(1, 1) == 77
// run: points(2, 3) == -12

