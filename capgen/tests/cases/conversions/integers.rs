// `try_from`, `try_into`, `from`, `into` between integers.

use platform::{Result, StatusWord};

pub fn narrow(x: u16) -> u8 {
    u8::try_from(x).unwrap_or(99)
}
// run: narrow(255) == 255
// run: narrow(256) == 99

pub fn sign(x: i16) -> u16 {
    match u16::try_from(x) {
        Ok(x) => x,
        Err(_) => 1,
    }
}
// run: sign(-1) == 1
// run: sign(32767) == 32767

pub fn both(x: i16) -> i8 {
    if let Ok(x) = i8::try_from(x) { x } else { 0 }
}
// run: both(-128) == -128
// run: both(-129) == 0
// run: both(127) == 127
// run: both(128) == 0

pub fn word(x: u32) -> Result<u16> {
    let word = u16::try_from(x).map_err(|_| StatusWord::WRONG_DATA)?;
    Ok(word)
}
// run: word(65535) == Ok(65535)
// run: word(65536) == Err(0x6A80)

pub fn option(x: u32) -> u8 {
    let small: Option<u8> = u8::try_from(x).ok();
    small.map(|x| x / 2).unwrap_or(200)
}
// run: option(255) == 127
// run: option(256) == 200

pub fn index(x: i32) -> bool {
    let Ok(at) = usize::try_from(x) else { return false };
    at < 5
}
// run: index(-1) == false
// run: index(4) == true
// run: index(5) == false

pub fn into(x: u8, y: i8) -> i32 {
    let a: u16 = x.into();
    let b: i32 = y.into();
    a as i32 + b + i32::from(y) + i32::from(true)
}
// run: into(200, -5) == 191

pub fn wide_to_signed(x: u32) -> i32 {
    i32::try_from(x).unwrap_or_default()
}
// run: wide_to_signed(0x7FFFFFFF) == 2147483647
// run: wide_to_signed(0x80000000) == 0

