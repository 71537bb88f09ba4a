// Traits of one's own: found out when compiled.

trait Shape {
    const SIDES: u8;
    const NAME: u16 = 7;
    type Unit;

    fn area(&self) -> u16;

    fn double(&self) -> u16 {
        self.area() * 2 + Self::NAME
    }

    fn unit() -> u8 {
        Self::SIDES + 1
    }
}

#[derive(Clone, Copy)]
struct Square(u8);

struct Rect {
    w: u8,
    h: u8,
}

impl Shape for Square {
    const SIDES: u8 = 4;
    type Unit = u8;

    fn area(&self) -> u16 {
        self.0 as u16 * self.0 as u16
    }
}

impl Shape for Rect {
    const SIDES: u8 = 14;
    const NAME: u16 = 9;
    type Unit = u16;

    fn area(&self) -> u16 {
        self.w as u16 * self.h as u16
    }

    fn double(&self) -> u16 {
        self.area() + self.area()
    }
}

fn measured<T: Shape>(shape: &T) -> u16 {
    shape.double() + T::SIDES as u16 * 1000 + T::unit() as u16
}

pub fn squares(n: u8) -> u16 {
    measured(&Square(n))
}
// run: squares(5) == 4062

pub fn rects(n: u8) -> u16 {
    let rect = Rect { w: n, h: 3 };
    measured(&rect) + Shape::area(&rect) + <Rect as Shape>::NAME
}
// run: rects(5) == 14069

fn both(a: &impl Shape, b: impl Shape) -> u16 {
    a.area() * 100 + b.area()
}

pub fn anonymous(n: u8) -> u16 {
    both(&Square(n), Rect { w: 2, h: n }) + both(&Rect { w: 1, h: 1 }, Square(3))
}
// run: anonymous(4) == 1717

fn first<T: Shape>(_shape: &T, value: T::Unit) -> T::Unit {
    value
}

pub fn associated(n: u8) -> u16 {
    let square = Square(n);
    let rect = Rect { w: n, h: n };
    first(&square, n) as u16 + first(&rect, 300)
}
// run: associated(5) == 305

trait Fold {
    fn fold(self, with: Self) -> Self;
    fn is_small(&self) -> bool;
}

impl Fold for u8 {
    fn fold(self, with: Self) -> Self {
        self.rotate_left(1) ^ with
    }

    fn is_small(&self) -> bool {
        *self < 10
    }
}

impl Fold for u32 {
    fn fold(self, with: u32) -> u32 {
        self.wrapping_mul(31).wrapping_add(with)
    }

    fn is_small(&self) -> bool {
        *self < 100_000
    }
}

fn folded<T: Fold + Copy>(a: T, b: T) -> T {
    let mut value = a.fold(b);
    if value.is_small() {
        value = value.fold(a);
    }
    value
}

pub fn numbers(a: u8, b: u32) -> u32 {
    folded(a, 3) as u32 + folded(b, 7) + 5u8.fold(1) as u32
}
// run: numbers(2, 1000) == 962240
// run: numbers(200, 100000) == 3100164

mod other {
    pub trait Step {
        const BY: u16;
        fn step(&mut self) -> u16;
        fn twice(&mut self) -> u16 {
            self.step() + self.step() + helper(Self::BY)
        }
    }

    fn helper(by: u16) -> u16 {
        by * 100
    }
}

use other::Step;

struct Counter {
    at: u16,
}

impl Step for Counter {
    const BY: u16 = 3;

    fn step(&mut self) -> u16 {
        self.at += Self::BY;
        self.at
    }
}

fn advance<S: Step>(by: &mut S, times: u8) -> u16 {
    let mut sum = 0;
    for _ in 0..times {
        sum += by.twice();
    }
    sum
}

pub fn steps(n: u8) -> u16 {
    let mut counter = Counter { at: 1 };
    let first = advance(&mut counter, n);
    first + counter.at * 2
}
// run: steps(2) == 660
// run: steps(0) == 2

trait Source {
    fn next(&mut self) -> Option<u8>;

    fn sum(&mut self) -> u16 {
        let mut sum = 0;
        while let Some(x) = self.next() {
            sum += x as u16;
        }
        sum
    }
}

struct Bytes<'a> {
    data: &'a [u8],
    at: usize,
}

impl Source for Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.data.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }
}

struct Down(u8);

impl Source for Down {
    fn next(&mut self) -> Option<u8> {
        if self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(self.0)
    }
}

fn drained(mut source: impl Source) -> u16 {
    source.sum()
}

pub fn sources(data: &[u8]) -> u16 {
    drained(Bytes { data, at: 1 }) * 100 + drained(Down(4))
}
// run: sources([9, 1, 2, 3]) == 606
// run: sources([9]) == 6
