// Enums with data in enums, in options and in structs; structs in them.

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    id: u8,
    version: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    Holder(u8),
    Issuer { key: Key },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Absent,
    Plain(Owner),
    Linked { from: Option<Owner>, to: Owner },
}

fn owner(n: u8) -> Owner {
    match n {
        0 => Owner::Nobody,
        1..=9 => Owner::Holder(n),
        _ => Owner::Issuer {
            key: Key {
                id: n,
                version: n as u16 * 300,
            },
        },
    }
}

fn file(a: u8, b: u8) -> File {
    match a {
        255 => File::Absent,
        200.. => File::Plain(owner(b)),
        0 => File::Linked { from: None, to: owner(b) },
        _ => File::Linked { from: Some(owner(a)), to: owner(b) },
    }
}

pub fn rank(a: u8, b: u8) -> u16 {
    match file(a, b) {
        File::Absent => 1,
        File::Plain(Owner::Issuer { key: Key { version, .. } }) => version,
        File::Plain(owner) => (owner == Owner::Nobody) as u16 + 2,
        File::Linked { from: Some(Owner::Holder(n)), to: Owner::Holder(m) } => n as u16 * 100 + m as u16,
        File::Linked { from: Some(from), to } if from == to => 77,
        File::Linked { from: Some(Owner::Issuer { key }), .. } => key.id as u16 + key.version,
        File::Linked { from, to } => from.is_some() as u16 * 10 + (to != Owner::Nobody) as u16 + 4,
    }
}
// run: rank(255, 0) == 1
// run: rank(200, 10) == 3000
// run: rank(200, 0) == 3
// run: rank(200, 5) == 2
// run: rank(3, 4) == 304
// run: rank(20, 20) == 77
// run: rank(20, 21) == 6020
// run: rank(0, 21) == 5
// run: rank(0, 0) == 4

pub fn same(a: u8, b: u8, c: u8) -> bool {
    file(a, b) == file(c, b)
}
// run: same(3, 4, 3) == 1
// run: same(3, 4, 2) == 0
// run: same(30, 40, 30) == 1
// run: same(0, 4, 255) == 0

const FIRST: File = File::Linked { from: Some(Owner::Holder(3)), to: Owner::Nobody };

const fn weight(file: File) -> u16 {
    match file {
        File::Linked { from: Some(Owner::Holder(n)), to: Owner::Nobody } => n as u16 * 11,
        _ => 0,
    }
}
const WEIGHT: u16 = weight(FIRST);

pub fn constants(a: u8) -> u16 {
    WEIGHT + (FIRST == file(a, 0)) as u16
}
// run: constants(3) == 34
// run: constants(2) == 33

use Owner::{Holder, Nobody};

pub fn imported(n: u8) -> u8 {
    match owner(n) {
        Nobody => 1,
        Holder(n) => n * 2,
        _ => 3,
    }
}
// run: imported(0) == 1
// run: imported(4) == 8
// run: imported(40) == 3
