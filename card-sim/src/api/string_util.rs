//! `javacardx.framework.string.StringUtil`: strings in UTF-8.
//!
//! Letters beyond ASCII have no case here, and `GSM_7` is not among the encodings; both are the card's choice.

use super::Row;
use super::arguments::{array, byte, count, range_at, reference, word, write};
use crate::vm::trap::{Throwable, Trap};
use crate::vm::{Kind, Vm};

const CLASS: &str = "javacardx/framework/string/StringUtil";

/// The native methods.
pub const NATIVES: &[Row] = &[
    (CLASS, "codePointCount", "([BSS)S", |vm, arguments| {
        Ok(count(pieces(&text(vm, arguments, 0)?).len()))
    }),
    (CLASS, "codePointAt", "([BSSS[BS)S", |vm, arguments| {
        let text = text(vm, arguments, 0)?;
        let rest = index(arguments, 3).and_then(|index| text.get(index..));
        let rest = rest.filter(|rest| !rest.is_empty()).ok_or(OUT_OF_BOUNDS)?;
        copy(
            vm,
            arguments,
            4,
            pieces(rest).first().copied().unwrap_or(&[]),
        )
    }),
    (CLASS, "codePointBefore", "([BSSS[BS)S", |vm, arguments| {
        let text = text(vm, arguments, 0)?;
        let before = index(arguments, 3).and_then(|index| text.get(..index));
        let before = before
            .filter(|before| !before.is_empty())
            .ok_or(OUT_OF_BOUNDS)?;
        copy(
            vm,
            arguments,
            4,
            pieces(before).last().copied().unwrap_or(&[]),
        )
    }),
    (CLASS, "offsetByCodePoints", "([BSSSS)S", |vm, arguments| {
        let text = text(vm, arguments, 0)?;
        let start = index(arguments, 3).ok_or(OUT_OF_BOUNDS)?;
        offset(&text, start, word(arguments, 4))
            .map(count)
            .ok_or(OUT_OF_BOUNDS)
    }),
    (CLASS, "compare", "(Z[BSS[BSS)S", |vm, arguments| {
        let (mut first, mut second) = (text(vm, arguments, 1)?, text(vm, arguments, 4)?);
        if word(arguments, 0) != 0 {
            first.make_ascii_lowercase();
            second.make_ascii_lowercase();
        }
        Ok(difference(&first, &second))
    }),
    (CLASS, "indexOf", "([BSS[BSS)S", |vm, arguments| {
        let (text, part) = (text(vm, arguments, 0)?, text(vm, arguments, 3)?);
        Ok(position(&text, &part).map_or(-1, count))
    }),
    (CLASS, "replace", "([BSS[BSS[BSS[BS)S", |vm, arguments| {
        let (source, old) = (text(vm, arguments, 0)?, text(vm, arguments, 3)?);
        let replaced = replace(&source, &old, &text(vm, arguments, 6)?);
        copy(vm, arguments, 9, &replaced)
    }),
    (CLASS, "toLowerCase", "([BSS[BS)S", |vm, arguments| {
        let text = valid_parts(&text(vm, arguments, 0)?);
        copy(vm, arguments, 3, &text.to_ascii_lowercase())
    }),
    (CLASS, "toUpperCase", "([BSS[BS)S", |vm, arguments| {
        let text = valid_parts(&text(vm, arguments, 0)?);
        copy(vm, arguments, 3, &text.to_ascii_uppercase())
    }),
    (CLASS, "trim", "([BSS[BS)S", |vm, arguments| {
        let text = text(vm, arguments, 0)?;
        copy(vm, arguments, 3, trim(&text))
    }),
    (CLASS, "valueOf", "(Z[BS)S", |vm, arguments| {
        let text: &[u8] = if word(arguments, 0) != 0 {
            b"true"
        } else {
            b"false"
        };
        copy(vm, arguments, 1, text)
    }),
    (CLASS, "parseBoolean", "([BSS)Z", |vm, arguments| {
        Ok(text(vm, arguments, 0)?.eq_ignore_ascii_case(b"true").into())
    }),
    (CLASS, "valueOf", "(S[BS)S", |vm, arguments| {
        let text = word(arguments, 0).to_string();
        copy(vm, arguments, 1, text.as_bytes())
    }),
    (CLASS, "parseShortInteger", "([BSS)S", |vm, arguments| {
        let number = parse(&text(vm, arguments, 0)?)?;
        i16::try_from(number)
            .map(i32::from)
            .map_err(|_| ILLEGAL_NUMBER_FORMAT)
    }),
    (CLASS, "valueOf", "([S[BS)S", |vm, arguments| {
        let text = long(&shorts(vm, reference(arguments, 0))?)?.to_string();
        copy(vm, arguments, 1, text.as_bytes())
    }),
    (CLASS, "parseLongInteger", "([BSS[SS)S", parse_long),
    (CLASS, "convertTo", "([BSS[BSB)S", |vm, arguments| {
        let converted = encode(&text(vm, arguments, 0)?, byte(arguments, 5))?;
        copy(vm, arguments, 3, &converted)
    }),
    (CLASS, "convertFrom", "([BSS[BSB)S", |vm, arguments| {
        let converted = decode(&text(vm, arguments, 0)?, byte(arguments, 5))?;
        copy(vm, arguments, 3, converted.as_bytes())
    }),
    (CLASS, "check", "([BSS)Z", |vm, arguments| {
        Ok(std::str::from_utf8(&text(vm, arguments, 0)?).is_ok().into())
    }),
    (CLASS, "startsWith", "([BSS[BSSS)Z", |vm, arguments| {
        let (text, part) = (text(vm, arguments, 0)?, text(vm, arguments, 3)?);
        Ok(text
            .starts_with(beginning(&part, word(arguments, 6))?)
            .into())
    }),
    (CLASS, "endsWith", "([BSS[BSSS)Z", |vm, arguments| {
        let (text, part) = (text(vm, arguments, 0)?, text(vm, arguments, 3)?);
        Ok(text.ends_with(beginning(&part, word(arguments, 6))?).into())
    }),
    (CLASS, "substring", "([BSSSS[BS)S", |vm, arguments| {
        let text = text(vm, arguments, 0)?;
        let begin = offset(&text, 0, word(arguments, 3).max(0)).ok_or(OUT_OF_BOUNDS)?;
        let end = match word(arguments, 4) {
            ..0 => text.len(),
            end => offset(&text, 0, end).ok_or(OUT_OF_BOUNDS)?,
        };
        copy(vm, arguments, 5, text.get(begin..end).ok_or(OUT_OF_BOUNDS)?)
    }),
];

/// Reason codes of `StringException`.
const UNSUPPORTED_ENCODING: Trap = Trap::Throw(Throwable::String, 1);
const ILLEGAL_NUMBER_FORMAT: Trap = Trap::Throw(Throwable::String, 2);
const INVALID_BYTE_SEQUENCE: Trap = Trap::Throw(Throwable::String, 3);
const OUT_OF_BOUNDS: Trap = Trap::Throw(Throwable::IndexOutOfBounds, 0);

/// Encodings beside UTF-8.
const UTF_8: u8 = 1;
const UTF_16: u8 = 2;
const UTF_16_LE: u8 = 3;
const UTF_16_BE: u8 = 4;
const UCS_2: u8 = 5;
const ISO_8859_1: u8 = 7;

/// The string of an array, an offset and a length.
fn text(vm: &Vm<'_>, arguments: &[i16], first: usize) -> Result<Vec<u8>, Trap> {
    Ok(range_at(vm, arguments, first)?.copy(vm.heap))
}

fn index(arguments: &[i16], at: usize) -> Option<usize> {
    usize::try_from(word(arguments, at)).ok()
}

/// Writes the result to the array and offset of the arguments from `first` on; gives its length.
fn copy(vm: &mut Vm<'_>, arguments: &[i16], first: usize, result: &[u8]) -> Result<i32, Trap> {
    write(
        vm,
        reference(arguments, first),
        word(arguments, first + 1),
        result,
    )?;
    Ok(count(result.len()))
}

/// The code points; what is ill-formed counts as one for each sequence.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut take = |length: usize| {
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        if !piece.is_empty() {
            pieces.push(piece);
        }
    };
    for chunk in text.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|character| take(character.len_utf8()));
        take(chunk.invalid().len());
    }
    pieces
}

/// The well-formed parts.
fn valid_parts(text: &[u8]) -> Vec<u8> {
    text.utf8_chunks()
        .flat_map(|chunk| chunk.valid().bytes())
        .collect()
}

/// The index that lies so many code points behind or before another.
fn offset(text: &[u8], start: usize, points: i16) -> Option<usize> {
    let (before, after) = text.split_at_checked(start)?;
    let distance = usize::from(points.unsigned_abs());
    let lengths = |pieces: &[&[u8]]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
    if points < 0 {
        let pieces = pieces(before);
        let passed = pieces.get(pieces.len().checked_sub(distance)?..)?;
        Some(start - lengths(passed))
    } else {
        Some(start + lengths(pieces(after).get(..distance)?))
    }
}

/// The first so many code points; all of them if the number is negative.
fn beginning(part: &[u8], points: i16) -> Result<&[u8], Trap> {
    if points < 0 {
        return Ok(part);
    }
    let end = offset(part, 0, points).ok_or(OUT_OF_BOUNDS)?;
    Ok(part.get(..end).unwrap_or(part))
}

/// The difference of the first bytes that differ, else that of the lengths.
fn difference(first: &[u8], second: &[u8]) -> i32 {
    first
        .iter()
        .zip(second)
        .map(|(one, other)| i32::from(*one) - i32::from(*other))
        .find(|difference| *difference != 0)
        .unwrap_or_else(|| count(first.len()) - count(second.len()))
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

fn replace(mut text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    while let Some(at) = position(text, old).filter(|_| !old.is_empty()) {
        let (before, after) = text.split_at(at);
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(new);
        text = after.get(old.len()..).unwrap_or(&[]);
    }
    replaced.extend_from_slice(text);
    replaced
}

/// Without spaces and control characters at both ends.
fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| *byte <= b' ';
    let Some(start) = text.iter().position(|byte| !is_space(byte)) else {
        return &[];
    };
    let end = text
        .iter()
        .rposition(|byte| !is_space(byte))
        .unwrap_or(start);
    text.get(start..=end).unwrap_or(&[])
}

/// A signed number, decimal or hexadecimal behind `0x`, `0X` or `#`.
fn parse(text: &[u8]) -> Result<i64, Trap> {
    let text = std::str::from_utf8(text).map_err(|_| ILLEGAL_NUMBER_FORMAT)?;
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let hexadecimal = ["0x", "0X", "#"]
        .into_iter()
        .find_map(|prefix| digits.strip_prefix(prefix));
    let (digits, radix) = hexadecimal.map_or((digits, 10), |digits| (digits, 16));
    // `from_str_radix` takes another sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(ILLEGAL_NUMBER_FORMAT);
    }
    let magnitude = i128::from_str_radix(digits, radix).map_err(|_| ILLEGAL_NUMBER_FORMAT)?;
    let number = if is_negative { -magnitude } else { magnitude };
    i64::try_from(number).map_err(|_| ILLEGAL_NUMBER_FORMAT)
}

fn parse_long(vm: &mut Vm<'_>, arguments: &[i16]) -> Result<i32, Trap> {
    let number = parse(&text(vm, arguments, 0)?)?.to_be_bytes();
    let (words, _) = number.as_chunks::<2>();
    // Shorts of zero before the others are left out.
    let start = words.iter().position(|word| *word != [0, 0]).unwrap_or(3);
    let words = words.get(start..).unwrap_or(&[]);
    let target = array(vm, reference(arguments, 3), Kind::ShortArray)?;
    let offset = index(arguments, 4).ok_or(Trap::INDEX)?;
    if offset + words.len() > usize::from(target.length) {
        return Err(Trap::INDEX);
    }
    let offset = u32::try_from(2 * offset).map_err(|_| Trap::INDEX)?;
    vm.heap
        .write_slice(target.address + offset, words.as_flattened())?;
    Ok(count(words.len()))
}

fn shorts(vm: &Vm<'_>, array_reference: u16) -> Result<Vec<i16>, Trap> {
    let array = array(vm, array_reference, Kind::ShortArray)?;
    let bytes = vm.heap.slice(array.address, array.size());
    let words = bytes.as_chunks::<2>().0.iter();
    Ok(words.map(|word| i16::from_be_bytes(*word)).collect())
}

/// Up to 64 bits, the most significant short first.
fn long(words: &[i16]) -> Result<i64, Trap> {
    let (first, rest) = words.split_first().ok_or(ILLEGAL_NUMBER_FORMAT)?;
    if rest.len() > 3 {
        return Err(ILLEGAL_NUMBER_FORMAT);
    }
    Ok(rest.iter().fold(i64::from(*first), |number, word| {
        number << 16 | i64::from(word.cast_unsigned())
    }))
}

/// A string in another encoding.
fn encode(text: &[u8], encoding: u8) -> Result<Vec<u8>, Trap> {
    let text = std::str::from_utf8(text).map_err(|_| INVALID_BYTE_SEQUENCE)?;
    let units = || text.encode_utf16();
    Ok(match encoding {
        UTF_8 => text.as_bytes().to_vec(),
        // The byte order mark says which order it is.
        UTF_16 => std::iter::once(0xFEFF)
            .chain(units())
            .flat_map(u16::to_be_bytes)
            .collect(),
        UTF_16_LE => units().flat_map(u16::to_le_bytes).collect(),
        UTF_16_BE => units().flat_map(u16::to_be_bytes).collect(),
        UCS_2 => {
            let units: Option<Vec<u16>> = text
                .chars()
                .map(|character| u16::try_from(u32::from(character)).ok())
                .collect();
            let units = units.ok_or(INVALID_BYTE_SEQUENCE)?;
            units.into_iter().flat_map(u16::to_be_bytes).collect()
        }
        ISO_8859_1 => text
            .chars()
            .map(|character| u8::try_from(u32::from(character)))
            .collect::<Result<_, _>>()
            .map_err(|_| INVALID_BYTE_SEQUENCE)?,
        _ => return Err(UNSUPPORTED_ENCODING),
    })
}

/// A string from another encoding.
fn decode(bytes: &[u8], encoding: u8) -> Result<String, Trap> {
    let units = |bytes: &[u8], order: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(INVALID_BYTE_SEQUENCE);
        }
        let units: Vec<u16> = pairs.iter().map(|pair| order(*pair)).collect();
        String::from_utf16(&units).map_err(|_| INVALID_BYTE_SEQUENCE)
    };
    match (encoding, bytes) {
        (UTF_8, _) => String::from_utf8(bytes.to_vec()).map_err(|_| INVALID_BYTE_SEQUENCE),
        (UTF_16, [0xFF, 0xFE, rest @ ..]) => units(rest, u16::from_le_bytes),
        (UTF_16, [0xFE, 0xFF, rest @ ..]) => units(rest, u16::from_be_bytes),
        (UTF_16_LE, _) => units(bytes, u16::from_le_bytes),
        (UTF_16 | UTF_16_BE, _) => units(bytes, u16::from_be_bytes),
        (UCS_2, _) => {
            let text = units(bytes, u16::from_be_bytes)?;
            if text.chars().any(|character| u32::from(character) > 0xFFFF) {
                return Err(INVALID_BYTE_SEQUENCE);
            }
            Ok(text)
        }
        (ISO_8859_1, _) => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ => Err(UNSUPPORTED_ENCODING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `aé€😀`, then a byte that begins nothing.
    const TEXT: &[u8] = b"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFF";

    #[test]
    fn code_points_are_counted() {
        let lengths: Vec<_> = pieces(TEXT).into_iter().map(<[u8]>::len).collect();
        assert_eq!(lengths, [1, 2, 3, 4, 1]);
        assert_eq!(offset(TEXT, 0, 3), Some(6));
        assert_eq!(offset(TEXT, 6, -2), Some(1));
        assert_eq!(offset(TEXT, 1, 5), None);
        assert_eq!(offset(TEXT, 1, -2), None);
        assert_eq!(offset(TEXT, 12, 0), None);
        assert_eq!(valid_parts(TEXT), &TEXT[..10]);
    }

    #[test]
    fn texts_are_compared_and_replaced() {
        assert_eq!(difference(b"abc", b"abd"), -1);
        assert_eq!(difference(b"abcd", b"ab"), 2);
        assert_eq!(difference(b"\xC3", b"a"), 0xC3 - 0x61);
        assert_eq!(position(b"ananas", b"nas"), Some(3));
        assert_eq!(position(b"ananas", b"x"), None);
        assert_eq!(replace(b"ananas", b"an", b"-"), b"--as");
        assert_eq!(replace(b"ananas", b"", b"-"), b"ananas");
        assert_eq!(trim(b" \t a b\n"), b"a b");
        assert_eq!(trim(b" \n"), b"");
    }

    #[test]
    fn numbers() {
        for (text, number) in [
            ("0", 0),
            ("-12", -12),
            ("0x7fFF", 0x7FFF),
            ("-#10", -16),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(number), "{text}");
        }
        for text in [
            "",
            "-",
            "+1",
            "0x",
            "--1",
            "1a",
            " 1",
            "9223372036854775808",
            "\u{661}",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(ILLEGAL_NUMBER_FORMAT), "{text}");
        }
        assert_eq!(long(&[-1]), Ok(-1));
        assert_eq!(long(&[1, -1]), Ok(0x1_FFFF));
        assert!(long(&[]).is_err() && long(&[0; 5]).is_err());
    }

    #[test]
    fn encodings_go_there_and_back() {
        let text = &TEXT[..10];
        for encoding in [UTF_8, UTF_16, UTF_16_LE, UTF_16_BE] {
            let there = encode(text, encoding).unwrap();
            assert_eq!(decode(&there, encoding).unwrap().as_bytes(), text);
        }
        assert_eq!(encode(&TEXT[..3], ISO_8859_1), Ok(vec![0x61, 0xE9]));
        assert_eq!(
            encode(&TEXT[..6], UCS_2),
            Ok(vec![0, 0x61, 0, 0xE9, 0x20, 0xAC])
        );
        assert_eq!(decode(&[0xFF, 0xFE, 0x61, 0], UTF_16).unwrap(), "a");
        for (bytes, encoding) in [(text, UCS_2), (&TEXT[..6], ISO_8859_1), (TEXT, UTF_8)] {
            assert_eq!(encode(bytes, encoding), Err(INVALID_BYTE_SEQUENCE));
        }
        assert_eq!(encode(text, 6), Err(UNSUPPORTED_ENCODING));
        assert_eq!(decode(text, 0x40), Err(UNSUPPORTED_ENCODING));
        assert_eq!(decode(&[0xD8, 0, 0], UTF_16_BE), Err(INVALID_BYTE_SEQUENCE));
    }
}
