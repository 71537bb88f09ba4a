// Generic structs: one for each set of types that stand for their parameters.

#[derive(Clone, Copy)]
struct Pair<T> {
    first: T,
    second: T,
}

impl<T: Copy> Pair<T> {
    fn new(first: T, second: T) -> Self {
        Self { first, second }
    }

    fn swapped(self) -> Self {
        Pair {
            first: self.second,
            second: self.first,
        }
    }

    fn with<U: Copy>(self, other: U) -> (T, U) {
        (self.first, other)
    }
}

// run: pairs(3, 70000) == 70610
pub fn pairs(a: u8, b: u32) -> u32 {
    let small = Pair { first: a, second: 5u8 };
    let wide = Pair::new(b, 600);
    let told = Pair::<u16>::new(1, 2).swapped();
    let wanted: Pair<i16> = Pair::new(-1, 4);
    let turned = wide.swapped();
    let (x, y) = small.with(b);
    turned.first + turned.second + small.first as u32 + small.second as u32 + told.first as u32
        + (wanted.first + wanted.second) as u32
        + x as u32
        - y
        + wide.first
        - 6
}

struct Stack<T, const N: usize> {
    items: heapless::Vec<T, N>,
    lost: u8,
}

impl<T: Copy, const N: usize> Stack<T, N> {
    fn new() -> Self {
        Stack {
            items: heapless::Vec::new(),
            lost: 0,
        }
    }

    fn push(&mut self, item: T) {
        if self.items.push(item).is_err() {
            self.lost += 1;
        }
    }

    fn depth(&self) -> usize {
        N - self.items.len()
    }
}

fn fill<T: Copy, const N: usize>(stack: &mut Stack<T, N>, item: T) -> u16 {
    stack.push(item);
    N as u16
}

// run: stacks([7, 8, 9]) == 9355
pub fn stacks(data: &[u8]) -> u16 {
    let mut bytes: Stack<u8, 2> = Stack::new();
    let mut words = Stack::<u16, 5>::new();
    for byte in data {
        bytes.push(*byte);
        words.push(*byte as u16 * 100);
    }
    let n = fill(&mut words, 50) + fill(&mut bytes, 1);
    let top = words.items.pop().unwrap_or(0) + words.items.pop().unwrap_or(0);
    top * 10 + n * 10 - 70 + words.depth() as u16 - 200 + bytes.lost as u16 + bytes.depth() as u16 + 50
}

trait Area {
    const SIDES: u16;
    fn area(&self) -> u16;
    fn twice(&self) -> u16 {
        self.area() * 2 + Self::SIDES
    }
}

struct Box2<T> {
    a: T,
    b: T,
}

impl<T: Copy + Into<u16>> Area for Box2<T> {
    const SIDES: u16 = 4;
    fn area(&self) -> u16 {
        let a: u16 = self.a.into();
        let b: u16 = self.b.into();
        a * b
    }
}

fn sum<A: Area, B: Area>(a: &A, b: &B) -> u16 {
    a.twice() + b.area() + B::SIDES
}

// run: traits(3, 400) == 832
pub fn traits(a: u8, b: u16) -> u16 {
    sum(&Box2 { a, b: 2 }, &Box2 { a: b, b: 2 }) + 12
}
