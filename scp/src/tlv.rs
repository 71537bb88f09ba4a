//! Data objects in BER-TLV (ISO 7816-4 §5.2.2), read strictly and written with the shortest lengths.

use apdu_spec::tlv::{Reader, Tag, Writer};

/// A tag and the value behind it.
pub(crate) type Object<'a> = (u32, &'a [u8]);

/// All data objects of `bytes`, which must be nothing else; `None` where they are not.
pub(crate) fn all(bytes: &[u8]) -> Option<Vec<Object<'_>>> {
    Reader::new(bytes)
        .map(|object| object.ok().map(|object| (object.tag.0, object.value)))
        .collect()
}

/// The value of the first object with this tag.
pub(crate) fn find<'a>(objects: &[Object<'a>], tag: u32) -> Option<&'a [u8]> {
    objects
        .iter()
        .find(|(found, _)| *found == tag)
        .map(|(_, value)| *value)
}

/// A data object of up to 65535 bytes.
pub(crate) fn object(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = vec![0; value.len() + 8];
    let mut writer = Writer::new(&mut out);
    // There is room for every tag and length that fit the arguments.
    let written = writer
        .primitive(Tag(tag), value)
        .map_or(0, |()| writer.finish().len());
    out.truncate(written);
    out
}
