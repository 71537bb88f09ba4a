use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, StatusWord};

enum Error {
    Card(StatusWord),
}

impl From<StatusWord> for Error {
    fn from(status: StatusWord) -> Self {
        Error::Card(status)
    }
}

fn check(byte: u8) -> Result<u8> {
    if byte > 3 { Err(StatusWord(0x6A80)) } else { Ok(byte) }
}

fn wrapped(byte: u8) -> core::result::Result<u8, Error> {
    Ok(check(byte)?)
}

fn case<P: Platform>(_test: &mut Test<P>, _platform: &mut P, apdu: &mut P::Apdu) -> Result {
    let first = wrapped(apdu.p1()).unwrap_or(0);
    apdu.send(usize::from(first))
}
