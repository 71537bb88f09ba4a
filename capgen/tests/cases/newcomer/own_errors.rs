// An error enum of one's own, and its status words.
use core::result::Result as Outcome;

use platform::{Result, StatusWord};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Error {
    TooShort,
    Checksum,
    Unknown(u8),
}

impl From<Error> for StatusWord {
    fn from(error: Error) -> Self {
        match error {
            Error::TooShort => StatusWord(0x6700),
            Error::Checksum => StatusWord(0x6984),
            Error::Unknown(tag) => StatusWord(0x6F00 | u16::from(tag)),
        }
    }
}

fn body(data: &[u8]) -> Outcome<&[u8], Error> {
    let Some((last, body)) = data.split_last() else {
        return Err(Error::TooShort);
    };
    let sum = body.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    if sum != *last {
        return Err(Error::Checksum);
    }
    Ok(body)
}

fn first(data: &[u8]) -> Outcome<u8, Error> {
    let body = body(data)?;
    match body {
        [] => Err(Error::TooShort),
        [tag @ 0x80..=0xFF, ..] => Err(Error::Unknown(*tag)),
        [first, ..] => Ok(*first),
    }
}

pub fn read(data: &[u8]) -> Result<u8> {
    let value = first(data)?;
    Ok(value + 1)
}
// run: read([]) == Err(0x6700)
// run: read([1, 2, 4]) == Err(0x6984)
// run: read([1, 2, 3]) == Ok(2)
// run: read([0x81, 0x81]) == Err(0x6F81)

pub fn or_default(data: &[u8]) -> u8 {
    match first(data) {
        Ok(value) => value,
        Err(Error::Unknown(tag)) => tag - 0x80,
        Err(_) => 99,
    }
}
// run: or_default([7, 7]) == 7
// run: or_default([0x85, 0x85]) == 5
// run: or_default([7, 8]) == 99
