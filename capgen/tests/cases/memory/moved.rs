// What holds memory, moved and bound anew: each name has its own.

struct Buffer {
    bytes: heapless::Vec<u8, 8>,
    score: u8,
}

impl Buffer {
    fn new() -> Self {
        Buffer { bytes: heapless::Vec::new(), score: 0 }
    }

    fn add(&mut self, byte: u8) {
        let _ = self.bytes.push(byte);
        self.score += byte;
    }
}

pub fn best(data: &[u8]) -> u16 {
    let mut best = Buffer::new();
    for pair in data.chunks(2) {
        let mut candidate = Buffer::new();
        for byte in pair {
            candidate.add(*byte);
        }
        if candidate.score > best.score {
            best = candidate;
        }
    }
    best.bytes.iter().fold(best.score as u16, |all, byte| all * 10 + *byte as u16)
}
// run: best([1, 2, 4, 5, 3, 1]) == 945

pub fn again() -> u16 {
    let mut a = heapless::Vec::<u8, 4>::new();
    let _ = a.push(1);
    let b = a;
    a = heapless::Vec::new();
    let _ = a.push(2);
    b[0] as u16 * 10 + a[0] as u16
}
// run: again() == 12

pub fn best_list(data: &[u8]) -> u16 {
    let mut best = heapless::Vec::<u8, 4>::new();
    for chunk in data.chunks(2) {
        let mut list = heapless::Vec::<u8, 4>::new();
        let _ = list.extend_from_slice(chunk);
        if best.is_empty() || list[0] > best[0] {
            best = list;
        }
    }
    best[0] as u16 * 10 + best[1] as u16
}
// run: best_list([1, 2, 4, 5, 3, 1]) == 45

pub fn record() -> u16 {
    let mut a = Buffer::new();
    a.add(1);
    let b = a;
    a = Buffer::new();
    a.add(2);
    b.bytes[0] as u16 * 10 + a.bytes[0] as u16
}
// run: record() == 12

#[derive(Clone, Copy)]
struct Block {
    bytes: [u8; 6],
    few: [u8; 3],
    used: usize,
}

impl Block {
    fn new(fill: u8) -> Self {
        Block { bytes: [fill; 6], few: [1, 2, fill], used: 0 }
    }

    fn put(&mut self, byte: u8) {
        self.bytes[self.used] = byte;
        self.used += 1;
    }

    fn with(mut self, byte: u8) -> Self {
        self.put(byte);
        self
    }

    fn sum(self) -> u16 {
        let few: u16 = self.few.iter().map(|byte| *byte as u16).sum();
        self.bytes.iter().fold(few, |sum, byte| sum + *byte as u16)
    }
}

pub fn copies(n: u8) -> u16 {
    let first = Block::new(1);
    let mut second = first;
    second.put(n);
    let third = second.with(n + 1);
    second.put(50);
    first.sum() * 100 + second.sum() + third.sum()
}
// run: copies(5) == 1082

pub fn parts(n: usize) -> u16 {
    let mut block = Block::new(3);
    let kept = block.few;
    block.few[n] = 9;
    block.few = [block.few[2], block.few[1], kept[n]];
    block.bytes = [7; 6];
    block.bytes[..2].copy_from_slice(&kept[1..]);
    block.few[0] as u16 * 1000 + block.few[2] as u16 * 100 + block.bytes[0] as u16 * 10 + block.bytes[5] as u16
}
// run: parts(1) == 3227

struct Pair {
    a: [u8; 5],
    b: [u8; 5],
}

pub fn crossed() -> u16 {
    let mut pair = Pair { a: [1; 5], b: [2; 5] };
    pair = Pair { a: pair.b, b: pair.a };
    let (mut x, y) = (pair.a, pair.b);
    x[0] = 8;
    pair.a[1] as u16 * 1000 + pair.b[0] as u16 * 100 + x[0] as u16 * 10 + y[4] as u16
}
// run: crossed() == 2181

pub fn beside(n: u8) -> u16 {
    let mut array = [n; 4];
    let tuple = (array, 3u8);
    let mut other = (array, 4u8);
    array[n as usize] = 9;
    other.0[0] = 7;
    tuple.0[n as usize] as u16 * 1000 + other.0[0] as u16 * 100 + array[n as usize] as u16 * 10 + (tuple.1 + other.1) as u16 + array[0] as u16
}
// run: beside(2) == 2799

#[derive(Clone, Copy)]
struct Point {
    x: u8,
    y: u8,
}

impl Point {
    fn moved(mut self, by: u8) -> Point {
        self.x += by;
        self
    }
}

pub fn by_value(n: u8) -> u16 {
    let mut point = Point { x: n, y: 1 };
    point.y += 1;
    let other = point.moved(3).moved(1);
    point.x as u16 * 1000 + other.x as u16 * 10 + other.y as u16
}
// run: by_value(2) == 2062

const ROWS: [Block; 2] = [
    Block { bytes: *b"abcdef", few: [1, 2, 3], used: 2 },
    Block { bytes: [9; 6], few: [4; 3], used: 1 },
];
const ONE: Block = Block { bytes: [5; 6], few: [6; 3], used: 0 };

pub fn constant(at: usize) -> u16 {
    let mut one = ONE;
    one.put(1);
    one.bytes[at] as u16 * 100 + ONE.bytes[at] as u16 * 10 + ROWS[0].used as u16
}
// run: constant(0) == 152
// run: constant(1) == 552
