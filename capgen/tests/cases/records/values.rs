// Structs of scalars and slices: their fields side by side, in locals.

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Self {
        Reader { data, at: 0 }
    }

    fn byte(&mut self) -> Option<u8> {
        if self.at >= self.data.len() {
            return None;
        }
        let byte = self.data[self.at];
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        let high = self.byte()?;
        let low = self.byte()?;
        Some(u16::from_be_bytes([high, low]))
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let start = self.at;
        self.at += length;
        &self.data[start..self.at]
    }

    fn left(&self) -> usize {
        self.data.len() - self.at
    }
}

pub fn read(data: &[u8]) -> u16 {
    let mut reader = Reader::new(data);
    let first = reader.byte().unwrap_or(0) as u16;
    let word = reader.word().unwrap_or(1);
    first + word + reader.left() as u16 * 1000 + reader.word().is_none() as u16 * 100
}
// run: read([5, 0, 7, 9]) == 1112
// run: read([5, 0]) == 106
// run: read([]) == 101
// run: read([1, 0, 2, 0, 3]) == 2003

fn sum(reader: &mut Reader) -> u16 {
    let mut sum = 0;
    while let Some(byte) = reader.byte() {
        sum += byte as u16;
    }
    sum
}

pub fn parts(data: &[u8]) -> u16 {
    let mut reader = Reader { data, at: 1 };
    let part = reader.take(2);
    let mut inner = Reader::new(part);
    let a = sum(&mut inner);
    let b = sum(&mut reader);
    a * 100 + b + (inner.at == 2) as u16 * 1000
}
// run: parts([9, 1, 2, 3, 4]) == 1307

#[derive(Clone, Copy)]
struct Point {
    x: i16,
    y: i16,
}

impl Point {
    const ORIGIN_X: i16 = 3;

    fn moved(self, by: Point) -> Point {
        Point { x: self.x + by.x, y: self.y + by.y }
    }

    fn turn(&mut self) {
        let Point { x, y } = *self;
        self.x = -y;
        self.y = x;
    }
}

pub fn points(x: i16, y: i16) -> i16 {
    let a = Point { x, y };
    let mut b = a.moved(Point { y: 1, x: Point::ORIGIN_X });
    let kept = b;
    b.turn();
    b.x += 100;
    let c = Point { x: 7, ..b };
    let Point { x: kx, .. } = kept;
    b.x + c.x + c.y + kx
}
// run: points(2, 5) == 111
// run: points(-4, 0) == 104

struct Pair {
    first: Point,
    second: Option<u16>,
    wide: u32,
}

fn pair(n: u16) -> Pair {
    Pair {
        first: Point { x: n as i16, y: 2 },
        second: if n > 5 { Some(n) } else { None },
        wide: n as u32 * 70000,
    }
}

pub fn nested(n: u16) -> u32 {
    let mut pair = pair(n);
    pair.first.y += 1;
    pair.first.turn();
    pair.wide += 1;
    match pair {
        Pair { second: Some(n), wide, .. } => wide + n as u32,
        Pair { first: Point { x, y }, second: None, wide } => wide + (y - x) as u32,
    }
}
// run: nested(9) == 630010
// run: nested(2) == 140006

fn larger(a: &Point, b: &Point) -> bool {
    let mut n = 0u8;
    while n < 2 {
        n += 1;
    }
    a.x + a.y > b.x + b.y && n == 2
}

pub fn compared(x: i16) -> bool {
    let a = Point { x, y: 1 };
    let mut b = Point { x: 1, y: x };
    b.y -= 1;
    larger(&a, &b) && !larger(&b, &a)
}
// run: compared(4) == true

fn maybe(n: i16) -> Option<Point> {
    if n > 0 { Some(Point { x: n, y: -n }) } else { None }
}

pub fn optional(n: i16) -> i16 {
    let Some(point) = maybe(n) else { return 99 };
    let other = maybe(n - 1).map(|p| p.x).unwrap_or(50);
    point.x * 10 + point.y + other
}
// run: optional(3) == 29
// run: optional(1) == 59
// run: optional(0) == 99

struct Hash {
    a: u32,
    b: u16,
    count: u8,
}

impl Hash {
    fn new() -> Self {
        Self { a: 0x811C_9DC5, b: 1, count: 0 }
    }

    fn update(&mut self, data: &[u8]) -> &mut Self {
        for byte in data {
            self.a = (self.a ^ *byte as u32).wrapping_mul(0x0100_0193);
            self.b = self.b.rotate_left(3) ^ *byte as u16;
            self.count += 1;
        }
        self
    }
}

pub fn hashed(data: &[u8]) -> u32 {
    let mut hash = Hash::new();
    hash.update(&data[..2]);
    hash.update(&data[2..]);
    hash.a ^ hash.b as u32 ^ hash.count as u32
}
// run: hashed(b"abcd") == 0xCE34B045
