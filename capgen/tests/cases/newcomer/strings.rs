// Text as bytes: hexadecimal, decimal, base conversions.
const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' | b'A'..=b'F' => Some((byte | 0x20) - b'a' + 10),
        _ => None,
    }
}

pub fn decode(text: &[u8]) -> i16 {
    let mut value = 0i16;
    for &byte in text {
        match digit(byte) {
            Some(digit) => value = value.wrapping_shl(4) | i16::from(digit),
            None => return -1,
        }
    }
    value
}
// run: decode(b"1aF") == 431
// run: decode(b"x") == -1

pub fn encode(value: u16, out: &mut [u8]) {
    for (place, slot) in out.iter_mut().take(4).enumerate() {
        let shift = 12 - 4 * place as u16;
        *slot = HEX[usize::from(value >> shift & 0xF)];
    }
}
// run: encode(0x1AF9, [0; 5]) == [0x31, 0x41, 0x46, 0x39, 0]

pub fn decimal(mut value: u16, out: &mut [u8]) -> usize {
    let mut digits = [0u8; 5];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let digits = &digits[at..];
    out[..digits.len()].copy_from_slice(digits);
    digits.len()
}
// run: decimal(0, [0; 5]) == (1, [0x30, 0, 0, 0, 0])
// run: decimal(65535, [0; 5]) == (5, [0x36, 0x35, 0x35, 0x33, 0x35])

pub fn starts(text: &[u8]) -> u8 {
    match text {
        b"GET" => 1,
        [b'P', b'U', b'T', rest @ ..] => 10 + rest.len() as u8,
        _ if text.starts_with(b"DEL") => 3,
        _ => 0,
    }
}
// run: starts(b"GET") == 1
// run: starts(b"PUT12") == 12
// run: starts(b"DELETE") == 3
// run: starts(b"") == 0
