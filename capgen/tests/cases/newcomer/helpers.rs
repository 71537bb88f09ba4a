// Generic helpers: a pair, a ring, min and max by a trait, swap through &mut.
#[derive(Clone, Copy)]
struct Pair<A, B> {
    first: A,
    second: B,
}

impl<A: Copy, B: Copy> Pair<A, B> {
    fn new(first: A, second: B) -> Self {
        Self { first, second }
    }

    fn swapped(self) -> Pair<B, A> {
        Pair::new(self.second, self.first)
    }
}

struct Ring<T, const N: usize> {
    items: [T; N],
    at: usize,
}

impl<T: Copy + Default, const N: usize> Ring<T, N> {
    fn new() -> Self {
        Ring { items: [T::default(); N], at: 0 }
    }

    fn push(&mut self, item: T) {
        self.items[self.at] = item;
        self.at = (self.at + 1) % N;
    }
}

pub fn pairs(a: u8, b: u16) -> u16 {
    let pair = Pair::new(a, b).swapped();
    pair.first / 2 + u16::from(pair.second)
}
// run: pairs(3, 100) == 53

pub fn ring(data: &[u8]) -> u16 {
    let mut ring = Ring::<u8, 5>::new();
    for byte in data {
        ring.push(*byte);
    }
    ring.items.iter().fold(0, |sum, item| sum * 3 + u16::from(*item))
}
// run: ring([1, 2]) == 135
// run: ring([1, 2, 3, 4, 5, 6]) == 584

fn exchange<T: Copy>(a: &mut T, b: &mut T) {
    let kept = *a;
    *a = *b;
    *b = kept;
}

pub fn sorted(mut a: u8, mut b: u8, mut c: u8) -> u32 {
    if a > b { exchange(&mut a, &mut b); }
    if b > c { core::mem::swap(&mut b, &mut c); }
    if a > b { core::mem::swap(&mut a, &mut b); }
    u32::from_be_bytes([0, a, b, c])
}
// run: sorted(3, 1, 2) == 66051
// run: sorted(2, 3, 1) == 66051
