// From an `Option` to a status word.
use platform::{Result, StatusWord};

fn tail(data: &[u8]) -> Option<&[u8]> {
    if data.is_empty() { None } else { Some(&data[1..]) }
}

pub fn second(data: &[u8]) -> Result<u8> {
    let rest = tail(data).ok_or(StatusWord(0x6700))?;
    let rest = match tail(rest) {
        Some(rest) if rest.len() < 4 => rest,
        Some(_) => return Err(StatusWord(0x6A84)),
        None => return Err(StatusWord(0x6A80)),
    };
    rest.len().checked_sub(1).ok_or(StatusWord(0x6985))?;
    Ok(rest[0])
}
// run: second([]) == Err(0x6700)
// run: second([1]) == Err(0x6A80)
// run: second([1, 2]) == Err(0x6985)
// run: second([1, 2, 3]) == Ok(3)
// run: second([1, 2, 3, 4, 5, 6]) == Err(0x6A84)
