//! The data objects of the card manager's commands: BER-TLV with one- and two-byte tags, and the fields of
//! INSTALL, each behind its length.

use super::stop::{Stop, WRONG_DATA};

/// A data object.
pub(super) fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 5);
    let [high, low] = tag.to_be_bytes();
    if high != 0 {
        out.push(high);
    }
    out.push(low);
    out.extend(length(value.len()));
    out.extend_from_slice(value);
    out
}

/// A BER length, up to 65535.
fn length(length: usize) -> Vec<u8> {
    let [.., high, low] = length.to_be_bytes();
    match (high, low) {
        (0, 0..=0x7F) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    }
}

/// Takes the next data object off `data`.
pub(super) fn take<'a>(data: &mut &'a [u8]) -> Result<(u16, &'a [u8]), Stop> {
    let first = take_byte(data)?;
    let tag = if first & 0x1F == 0x1F {
        u16::from_be_bytes([first, take_byte(data)?])
    } else {
        u16::from(first)
    };
    let length = match take_byte(data)? {
        short @ 0..=0x7F => usize::from(short),
        0x81 => usize::from(take_byte(data)?),
        0x82 => usize::from(u16::from_be_bytes([take_byte(data)?, take_byte(data)?])),
        0x83 => {
            let bytes = [0, take_byte(data)?, take_byte(data)?, take_byte(data)?];
            usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| WRONG_DATA)?
        }
        _ => return Err(WRONG_DATA),
    };
    Ok((tag, take_bytes(data, length)?))
}

/// All data objects of `data`, which must be nothing else.
pub(super) fn all(mut data: &[u8]) -> Result<Vec<(u16, &[u8])>, Stop> {
    let mut objects = Vec::new();
    while !data.is_empty() {
        objects.push(take(&mut data)?);
    }
    Ok(objects)
}

/// The value of the first object with this tag.
pub(super) fn find<'a>(objects: &[(u16, &'a [u8])], tag: u16) -> Option<&'a [u8]> {
    objects
        .iter()
        .find(|(found, _)| *found == tag)
        .map(|(_, value)| *value)
}

/// Takes a field behind its length byte off `data`, as in INSTALL.
pub(super) fn take_field<'a>(data: &mut &'a [u8]) -> Result<&'a [u8], Stop> {
    let length = usize::from(take_byte(data)?);
    take_bytes(data, length)
}

/// Takes a field behind a BER length off `data`. `80` alone stands for 128 bytes, as older hosts write it.
pub(super) fn take_long_field<'a>(data: &mut &'a [u8]) -> Result<&'a [u8], Stop> {
    let length = match take_byte(data)? {
        short @ 0..=0x80 => usize::from(short),
        0x81 => usize::from(take_byte(data)?),
        0x82 => usize::from(u16::from_be_bytes([take_byte(data)?, take_byte(data)?])),
        _ => return Err(WRONG_DATA),
    };
    take_bytes(data, length)
}

/// All data groups of `data`: an identifier of two bytes, a length of one byte or `FF` and two, the value.
pub(super) fn all_groups(mut data: &[u8]) -> Result<Vec<(u16, &[u8])>, Stop> {
    let mut groups = Vec::new();
    while !data.is_empty() {
        let number = u16::from_be_bytes([take_byte(&mut data)?, take_byte(&mut data)?]);
        let length = match take_byte(&mut data)? {
            0xFF => usize::from(u16::from_be_bytes([
                take_byte(&mut data)?,
                take_byte(&mut data)?,
            ])),
            short => usize::from(short),
        };
        groups.push((number, take_bytes(&mut data, length)?));
    }
    Ok(groups)
}

/// Takes one byte off `data`.
pub(super) fn take_byte(data: &mut &[u8]) -> Result<u8, Stop> {
    let (&first, rest) = data.split_first().ok_or(WRONG_DATA)?;
    *data = rest;
    Ok(first)
}

/// Takes `length` bytes off `data`.
pub(super) fn take_bytes<'a>(data: &mut &'a [u8], length: usize) -> Result<&'a [u8], Stop> {
    let (bytes, rest) = data.split_at_checked(length).ok_or(WRONG_DATA)?;
    *data = rest;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_back() {
        for (tag, length) in [
            (0x4F, 0),
            (0x9F70, 1),
            (0xC4, 127),
            (0xE3, 128),
            (0xC4, 700),
        ] {
            let value = vec![7; length];
            let bytes = object(tag, &value);
            assert_eq!(all(&bytes).unwrap(), [(tag, value.as_slice())]);
            for end in 0..bytes.len() {
                let found = all(&bytes[..end]);
                assert!(found.is_err() || end == 0);
            }
        }
    }
}
