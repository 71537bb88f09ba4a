// `Result` over a status word.
use platform::{Result, StatusWord};

fn checked(a: u8) -> Result<u8> {
    if a > 10 {
        return Err(StatusWord(0x6A80));
    }
    Ok(a * 2)
}

pub fn twice(a: u8) -> Result<u8> {
    let value = checked(a)?;
    checked(value)
}
// run: twice(3) == Ok(12)
// run: twice(11) == Err(0x6A80)
// run: twice(9) == Err(0x6A80)

pub fn parsed(data: &[u8]) -> Result<u16> {
    let length = match data {
        data if data.is_empty() => return Err(StatusWord(0x6700)),
        _ => data[0] as usize,
    };
    if length + 1 != data.len() {
        Err(StatusWord(0x6A84))
    } else {
        Ok(length as u16)
    }
}
// run: parsed([]) == Err(0x6700)
// run: parsed([2, 0, 0]) == Ok(2)
// run: parsed([2, 0]) == Err(0x6A84)
