// == of derived types, options and tuples.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key { id: u8, version: u8 }

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner { Nobody, Holder(u8), Issuer { key: (u8, u8) } }

pub fn keys(a: u8, b: u8) -> bool {
    Key { id: a, version: 1 } == Key { id: b, version: 1 }
}
// run: keys(1, 1) == 1
// run: keys(1, 2) == 0

fn owner(n: u8) -> Owner {
    match n {
        0 => Owner::Nobody,
        1..=9 => Owner::Holder(n),
        _ => Owner::Issuer { key: (n, n / 2) },
    }
}

pub fn owners(a: u8, b: u8) -> u8 {
    let (a, b) = (owner(a), owner(b));
    (a == b) as u8 + (a != Owner::Nobody) as u8 * 2 + (Some(b) == Some(Owner::Holder(3))) as u8 * 4
}
// run: owners(0, 0) == 1
// run: owners(3, 3) == 7
// run: owners(30, 30) == 3
// run: owners(30, 31) == 2
// run: owners(2, 3) == 6

pub fn options(data: &[u8]) -> u8 {
    let first = data.first().copied();
    (first == None) as u8
        + (first == Some(7)) as u8 * 2
        + (data.first() != data.last()) as u8 * 4
        + ((data.len(), first) == (2, Some(1))) as u8 * 8
}
// run: options([]) == 1
// run: options([7]) == 2
// run: options([1, 2]) == 12
// run: options([1, 2, 1]) == 0

pub fn arrays(a: u8) -> u8 {
    let mut x = [1u8, 2, 3, 4, 5];
    x[2] = a;
    (x == [1, 2, 3, 4, 5]) as u8 + (x[..2] == [1, 2]) as u8 * 2 + (x != *b"hello") as u8 * 4
}
// run: arrays(3) == 7
// run: arrays(4) == 6
