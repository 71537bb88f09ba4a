//! BER-TLV as `javacardx.framework.tlv` has it (ISO 8825-1 §8.1): tags of any length, definite lengths.

/// Why bytes are no tag or no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BerError {
    /// They end too early.
    Short,
    /// They are not well-formed.
    Malformed,
    /// A length of more than 32767 bytes.
    Long,
}

/// Bit 6 of a tag's first byte.
const CONSTRUCTED: u8 = 0x20;
/// The number in the first byte that says that it follows.
const HIGH: u8 = 0x1F;
/// How deep objects may lie in each other.
const DEPTH: usize = 32;

/// The bytes of the tag at the beginning of some.
pub(super) fn tag(bytes: &[u8]) -> Result<&[u8], BerError> {
    let (&first, rest) = bytes.split_first().ok_or(BerError::Short)?;
    let more = if first & HIGH == HIGH {
        // The first byte of a number is not empty of it (§8.1.2.4.2).
        if rest.first() == Some(&0x80) {
            return Err(BerError::Malformed);
        }
        1 + rest
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .ok_or(BerError::Short)?
    } else {
        0
    };
    bytes.get(..=more).ok_or(BerError::Short)
}

/// The number of a tag; `None` for one above 32767.
pub(super) fn tag_number(tag: &[u8]) -> Option<i16> {
    let (first, rest) = tag.split_first()?;
    if first & HIGH != HIGH {
        return Some((first & HIGH).into());
    }
    rest.iter().try_fold(0i16, |number, byte| {
        number.checked_mul(128)?.checked_add((byte & 0x7F).into())
    })
}

/// The class of a tag, 0 to 3.
pub(super) fn tag_class(tag: &[u8]) -> u8 {
    tag.first().map_or(0, |first| first >> 6)
}

pub(super) fn is_constructed(tag: &[u8]) -> bool {
    tag.first().is_some_and(|first| first & CONSTRUCTED != 0)
}

/// The tag of a class, form and number.
pub(super) fn make_tag(class: u8, constructed: bool, number: u16) -> Vec<u8> {
    let first = class << 6 | if constructed { CONSTRUCTED } else { 0 };
    match u8::try_from(number) {
        Ok(number) if number < HIGH => vec![first | number],
        _ => {
            let groups = [number >> 14, number >> 7, number].map(|group| {
                let [_, low] = group.to_be_bytes();
                low & 0x7F
            });
            let start = groups.iter().position(|group| *group != 0).unwrap_or(2);
            let groups = groups.get(start..).unwrap_or(&[]);
            let mut tag = vec![first | HIGH];
            if let Some((last, before)) = groups.split_last() {
                tag.extend(before.iter().map(|group| group | 0x80));
                tag.push(*last);
            }
            tag
        }
    }
}

/// The object at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    pub(super) tag: &'a [u8],
    pub(super) value: &'a [u8],
    /// Bytes of tag and length.
    pub(super) header: usize,
}

impl<'a> Tlv<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, BerError> {
        let tag = tag(bytes)?;
        let rest = bytes.get(tag.len()..).unwrap_or(&[]);
        let (&first, rest) = rest.split_first().ok_or(BerError::Short)?;
        let (length, octets) = match first {
            0..=0x7F => (usize::from(first), 0),
            // The indefinite form is not supported, and more than four octets no array holds.
            0x80 | 0x85.. => return Err(BerError::Malformed),
            _ => {
                let octets = usize::from(first & 0x7F);
                let coded = rest.get(..octets).ok_or(BerError::Short)?;
                let length = coded
                    .iter()
                    .fold(0usize, |length, octet| length << 8 | usize::from(*octet));
                (length, octets)
            }
        };
        if length > 0x7FFF {
            return Err(BerError::Long);
        }
        let value = rest
            .get(octets..)
            .and_then(|rest| rest.get(..length))
            .ok_or(BerError::Short)?;
        Ok(Self {
            tag,
            value,
            header: tag.len() + 1 + octets,
        })
    }

    /// The same, which has to be all of the bytes.
    pub(super) fn parse_all(bytes: &'a [u8]) -> Result<Self, BerError> {
        let tlv = Self::parse(bytes)?;
        if tlv.size() == bytes.len() {
            Ok(tlv)
        } else {
            Err(BerError::Malformed)
        }
    }

    pub(super) fn size(&self) -> usize {
        self.header + self.value.len()
    }
}

/// The objects that a value is made of.
pub(super) fn all(mut value: &[u8]) -> Result<Vec<Tlv<'_>>, BerError> {
    let mut objects = Vec::new();
    while !value.is_empty() {
        let tlv = Tlv::parse(value)?;
        value = value.get(tlv.size()..).unwrap_or(&[]);
        objects.push(tlv);
    }
    Ok(objects)
}

/// Whether the bytes are one object, and what is in it is well-formed too.
pub(super) fn is_well_formed(bytes: &[u8]) -> bool {
    fn check(objects: &[Tlv<'_>], depth: usize) -> bool {
        objects.iter().all(|object| {
            !is_constructed(object.tag)
                || (depth < DEPTH && all(object.value).is_ok_and(|inner| check(&inner, depth + 1)))
        })
    }
    Tlv::parse_all(bytes).is_ok_and(|tlv| check(&[tlv], 0))
}

/// An object; its length in the fewest octets.
pub(super) fn encode(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = tag.to_vec();
    let [.., high, low] = value.len().to_be_bytes();
    match (high, low) {
        (0, 0..=0x7F) => bytes.push(low),
        (0, _) => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
    bytes.extend_from_slice(value);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_come_apart() {
        for (bytes, class, number) in [
            (&[0x5A][..], 1, 0x1A),
            (&[0x9F, 0x1E], 2, 0x1E),
            (&[0x7F, 0x49], 1, 0x49),
            (&[0xDF, 0x81, 0x01], 3, 0x81),
            (&[0x1F, 0x81, 0xFF, 0x7F], 0, 0x7FFF),
        ] {
            assert_eq!(tag(bytes), Ok(bytes));
            assert_eq!(tag_class(bytes), class);
            assert_eq!(tag_number(bytes), Some(number));
        }
        assert_eq!(tag_number(&[0x1F, 0x82, 0x80, 0x00]), None);
        assert_eq!(tag(&[]), Err(BerError::Short));
        assert_eq!(tag(&[0x1F, 0x81]), Err(BerError::Short));
        assert_eq!(tag(&[0x1F, 0x80, 1]), Err(BerError::Malformed));
    }

    #[test]
    fn lengths_are_definite() {
        for (bytes, expected) in [
            (&[4, 0x80, 0, 0][..], BerError::Malformed),
            (&[4, 0x85, 0, 0, 0, 0, 0], BerError::Malformed),
            (&[4, 2, 1], BerError::Short),
            (&[4, 0x82, 1], BerError::Short),
            (&[4, 0x82, 0x80, 0], BerError::Long),
        ] {
            assert_eq!(Tlv::parse(bytes), Err(expected));
        }
        assert!(is_well_formed(&[0x30, 3, 4, 1, 9]));
        assert!(!is_well_formed(&[0x30, 3, 4, 2, 9]));
        assert!(!is_well_formed(&[0x30, 3, 4, 1, 9, 0]));
        // As deep as bytes can make it, without end.
        let deep: Vec<u8> = (0..100u8).flat_map(|n| [0x30, 2 * (99 - n)]).collect();
        assert!(!is_well_formed(&deep));
    }

    proptest! {
        #[test]
        fn what_is_made_is_parsed(
            class in 0u8..4, constructed: bool, number in 0u16..0x8000,
            value in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let made = make_tag(class, constructed, number);
            prop_assert_eq!(tag(&made).unwrap(), &made[..]);
            prop_assert_eq!(tag_number(&made), i16::try_from(number).ok());
            prop_assert_eq!((tag_class(&made), is_constructed(&made)), (class, constructed));
            let bytes = encode(&made, &value);
            let tlv = Tlv::parse_all(&bytes).unwrap();
            prop_assert_eq!((tlv.tag, tlv.value), (&made[..], &value[..]));
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if is_well_formed(&bytes) {
                prop_assert!(Tlv::parse_all(&bytes).is_ok());
            }
        }
    }
}
