//! Data objects of responses, read with good will: a card's slip in one object must not hide the others.

use apdu_spec::tlv::{Reader, Tag};

/// The data objects, up to the first that is malformed.
pub(crate) fn all(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    Reader::new(bytes)
        .map_while(Result::ok)
        .map(|object| (object.tag.0, object.value))
        .collect()
}

/// The value of the first object with this tag.
pub(crate) fn find<'a>(objects: &[(u32, &'a [u8])], tag: u32) -> Option<&'a [u8]> {
    objects
        .iter()
        .find(|(found, _)| *found == tag)
        .map(|(_, value)| *value)
}

/// Writes a data object with a tag of one or two bytes and up to 65535 bytes.
pub(crate) fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let mut out = vec![0; value.len() + 8];
    let mut writer = apdu_spec::tlv::Writer::new(&mut out);
    // There is room for every tag and length that fit the arguments.
    let written = writer
        .primitive(Tag(u32::from(tag)), value)
        .map_or(0, |()| writer.finish().len());
    out.truncate(written);
    out
}

/// A length as BER-TLV has it, up to 65535.
pub(crate) fn length(length: usize) -> Option<Vec<u8>> {
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => Some(vec![short]),
        Ok(long) => Some(vec![0x81, long]),
        Err(_) => {
            let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
            Some(vec![0x82, high, low])
        }
    }
}
