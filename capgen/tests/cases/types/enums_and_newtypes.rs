// C-like enums and newtypes.

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Empty,
    Keyed = 5,
    Active,
}

impl State {
    fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Empty,
            5 => State::Keyed,
            _ => State::Active,
        }
    }

    fn next(self) -> Self {
        match self {
            State::Empty => State::Keyed,
            State::Keyed | State::Active => State::Active,
        }
    }
}

pub fn next(byte: u8) -> u8 {
    State::of(byte).next() as u8
}
// run: next(0) == 5
// run: next(5) == 6
// run: next(6) == 6

pub fn ordered(a: u8, b: u8) -> bool {
    State::of(a) < State::of(b) || State::of(a) == State::Active
}
// run: ordered(0, 5) == true
// run: ordered(5, 0) == false
// run: ordered(6, 0) == true

#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag(u16);

impl Tag {
    const CONSTRUCTED: Tag = Tag(0x20);

    fn is_long(self) -> bool {
        self.0 > 0xFF
    }
}

pub fn tag(word: u16) -> u8 {
    let tag = Tag(word);
    tag.is_long() as u8 + if tag == Tag::CONSTRUCTED { 2 } else { 0 }
}
// run: tag(0x7F21) == 1
// run: tag(0x20) == 2
