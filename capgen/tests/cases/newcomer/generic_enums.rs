// Generic enums, enums in enums.
#[derive(Clone, Copy)]
enum Either<A, B> {
    Left(A),
    Right(B),
}

impl<A: Copy, B: Copy> Either<A, B> {
    fn left(self) -> Option<A> {
        match self {
            Either::Left(a) => Some(a),
            Either::Right(_) => None,
        }
    }

    fn flip(self) -> Either<B, A> {
        match self {
            Self::Left(a) => Either::Right(a),
            Self::Right(b) => Either::Left(b),
        }
    }
}

fn choose(n: u8) -> Either<u8, u16> {
    if n < 10 { Either::Left(n) } else { Either::Right(n as u16 * 256) }
}

pub fn either(n: u8) -> u16 {
    let value = choose(n);
    let flipped: Either<u16, u8> = value.flip();
    match (value.left(), flipped) {
        (Some(left), Either::Right(right)) => left as u16 + right as u16,
        (None, Either::Left(wide)) => wide,
        _ => 1,
    }
}
// run: either(3) == 6
// run: either(10) == 2560

#[derive(Clone, Copy, PartialEq)]
enum Unit { Bytes, Blocks(u8) }

#[derive(Clone, Copy)]
enum Request {
    Read(Unit),
    Write { unit: Unit, data: Option<u8> },
    Twice(Either<Unit, u8>),
}

fn request(a: u8, b: u8) -> Request {
    match a {
        0 => Request::Read(Unit::Bytes),
        1 => Request::Read(Unit::Blocks(b)),
        2 => Request::Write { unit: Unit::Blocks(b), data: None },
        3 => Request::Write { unit: Unit::Bytes, data: Some(b) },
        4 => Request::Twice(Either::Left(Unit::Blocks(b))),
        _ => Request::Twice(Either::Right(b)),
    }
}

pub fn size(a: u8, b: u8) -> u16 {
    match request(a, b) {
        Request::Read(Unit::Bytes) => 1,
        Request::Read(Unit::Blocks(n)) | Request::Write { unit: Unit::Blocks(n), data: None } => n as u16 * 16,
        Request::Write { unit, data } => data.map_or(0, u16::from) + (unit == Unit::Bytes) as u16,
        Request::Twice(Either::Left(Unit::Blocks(n)) | Either::Right(n)) => n as u16 * 2,
        Request::Twice(_) => 3,
    }
}
// run: size(0, 9) == 1
// run: size(1, 9) == 144
// run: size(2, 9) == 144
// run: size(3, 9) == 10
// run: size(4, 9) == 18
// run: size(5, 9) == 18
