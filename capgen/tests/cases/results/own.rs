// Results whose error is one's own.

use core::result::Result as Outcome;

use platform::{Result, StatusWord};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Error {
    Empty,
    Odd(u8),
}

#[derive(Clone, Copy)]
struct Failed(u16);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed(match error {
            Error::Empty => 1,
            Error::Odd(byte) => 100 + byte as u16,
        })
    }
}

fn half(byte: u8) -> Outcome<u8, Error> {
    if byte % 2 == 1 {
        return Err(Error::Odd(byte));
    }
    Ok(byte / 2)
}

fn first(data: &[u8]) -> Outcome<u8, Error> {
    let first = data.first().copied().ok_or(Error::Empty)?;
    half(first)
}

fn checked(data: &[u8]) -> Outcome<(), Error> {
    for byte in data {
        half(*byte)?;
    }
    Ok(())
}

fn all(data: &[u8]) -> Outcome<u16, Failed> {
    checked(data)?;
    let first = first(data)?;
    Ok(first as u16 * 2)
}

pub fn number(data: &[u8]) -> u16 {
    match all(data) {
        Ok(n) => n,
        Err(Failed(n)) => n + 1000,
    }
}
// run: number([8, 2]) == 8
// run: number([8, 3]) == 1103
// run: number([]) == 1001

pub fn methods(byte: u8) -> u16 {
    let halved = half(byte);
    let again = half(byte).and_then(half).map(|n| n as u16 + 300);
    let text = half(byte).map_err(|error| error == Error::Odd(5)).err();
    halved.is_ok() as u16
        + halved.unwrap_or(90) as u16 * 2
        + again.unwrap_or_else(|error| if error == Error::Odd(3) { 7 } else { 9 })
        + half(byte).ok().map_or(1000, |n| n as u16)
        + text.is_some_and(|is_five| is_five) as u16 * 5000
}
// run: methods(12) == 322
// run: methods(6) == 17
// run: methods(5) == 6189

pub fn status(byte: u8) -> Result<u8> {
    let value = half(byte).map_err(|_| StatusWord(0x6A80))?;
    let Ok(more) = half(value) else {
        return Err(StatusWord(0x6A81));
    };
    if let Err(Error::Odd(n)) = half(more) {
        return Ok(n + 100);
    }
    Ok(more)
}
// run: status(3) == Err(0x6A80)
// run: status(2) == Err(0x6A81)
// run: status(4) == Ok(101)
// run: status(8) == Ok(2)

#[derive(Clone, Copy, PartialEq, Debug)]
struct TooMuch;

impl From<TooMuch> for StatusWord {
    fn from(_: TooMuch) -> Self {
        StatusWord(0x6A84)
    }
}

fn limited(byte: u8) -> Outcome<u8, TooMuch> {
    if byte > 9 { Err(TooMuch) } else { Ok(byte + 1) }
}

pub fn unit(byte: u8) -> Result<u8> {
    if limited(byte) == Err(TooMuch) && byte < 20 {
        return Ok(0);
    }
    let value = limited(byte)?;
    Ok(value)
}
// run: unit(3) == Ok(4)
// run: unit(12) == Ok(0)
// run: unit(20) == Err(0x6A84)
