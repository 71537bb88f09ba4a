//! What a reader tells about itself: PC/SC part 10, §2.2 (GET_FEATURE_REQUEST) and §2.6.14 (properties).

use pcsc::{Card, ctl_code};

/// The control code that asks for the features.
const GET_FEATURE_REQUEST: u64 = 3400;
/// The feature that tells the properties.
const FEATURE_GET_TLV_PROPERTIES: u8 = 0x12;
/// The property `dwMaxAPDUDataSize`.
const MAX_APDU_DATA_SIZE: u8 = 0x0A;
/// Header, extended Lc, Le.
const AROUND_DATA: usize = 4 + 3 + 2;
/// A short command: header, Lc, 255 bytes, Le.
const SHORT_COMMAND: usize = 4 + 1 + 255 + 1;

/// The most bytes of a command; `None` where the reader has no such feature.
pub(super) fn longest_command(card: &Card) -> Option<usize> {
    let mut buffer = [0; 256];
    let request = ctl_code(GET_FEATURE_REQUEST);
    let features = card.control(request, &[], &mut buffer).ok()?;
    let code = find(features, FEATURE_GET_TLV_PROPERTIES)?;
    // Control codes are big-endian here, values of properties little-endian.
    let code = u32::from_be_bytes(code.try_into().ok()?);
    let mut buffer = [0; 256];
    let properties = card.control(code.into(), &[], &mut buffer).ok()?;
    limit(properties)
}

fn limit(properties: &[u8]) -> Option<usize> {
    let size = find(properties, MAX_APDU_DATA_SIZE)?;
    let size = u32::from_le_bytes(size.try_into().ok()?);
    match size {
        // Short commands only, it says; values of a short command's size say the same.
        0..=256 => Some(SHORT_COMMAND),
        size => Some(usize::try_from(size).ok()?.saturating_add(AROUND_DATA)),
    }
}

/// The value behind a tag in tag-length-value triples of one byte each.
fn find(mut triples: &[u8], wanted: u8) -> Option<&[u8]> {
    while let [tag, length, rest @ ..] = triples {
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        if *tag == wanted {
            return Some(value);
        }
        triples = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_property_is_read_and_damaged_ones_are_not() {
        assert_eq!(limit(&[0x0A, 4, 0, 0, 1, 0]), Some(65536 + 9));
        assert_eq!(limit(&[0x01, 1, 7, 0x0A, 4, 0, 0, 0, 0]), Some(261));
        assert_eq!(limit(&[0x0A, 4, 0, 0]), None);
        assert_eq!(limit(&[0x0A, 2, 0, 0]), None);
        assert_eq!(limit(&[]), None);
    }
}
