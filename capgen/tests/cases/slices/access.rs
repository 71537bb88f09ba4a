// Elements, parts, lengths.

pub fn reverse(data: &mut [u8]) {
    let length = data.len();
    let mut i = 0;
    while i < length / 2 {
        let other = length - 1 - i;
        let byte = data[i];
        data[i] = data[other];
        data[other] = byte;
        i += 1;
    }
}
// run: reverse([1, 2, 3]) == [3, 2, 1]
// run: reverse([]) == []

pub fn middle(data: &[u8]) -> u16 {
    let part = &data[1..data.len() - 1];
    (part.len() as u16) << 8 | part[0] as u16
}
// run: middle([9, 0xFE, 7, 6]) == 0x02FE

pub fn ends(data: &[u8]) -> u8 {
    let head = &data[..2];
    let tail = &data[2..];
    let whole = &tail[..];
    head[1] + whole[whole.len() - 1]
}
// run: ends([1, 2, 3, 4]) == 6

pub fn copied(data: &mut [u8]) -> bool {
    data.copy_within(0..3, 3);
    data[0..3] == data[3..6]
}
// run: copied([1, 2, 3, 0, 0, 0]) == (true, [1, 2, 3, 1, 2, 3])

pub fn filled(data: &mut [u8], value: u8) {
    data[1..].fill(value);
}
// run: filled([1, 2, 3], 0xFF) == [1, 0xFF, 0xFF]

pub fn word(data: &mut [u8], value: u16) -> u16 {
    let old = u16::from_be_bytes([data[0], data[1]]);
    data[0..2].copy_from_slice(&b"ab"[..]);
    let [high, low] = value.to_be_bytes();
    data[0] = high;
    data[1] = low;
    old
}
// run: word([0x80, 0x01], 0xFEDC) == (0x8001, [0xFE, 0xDC])

pub fn added(data: &mut [u8], n: u8) {
    for i in 0..data.len() {
        data[i] ^= n;
        data[i] |= 1;
    }
}
// run: added([0, 2, 0xFE], 4) == [5, 7, 0xFB]

pub fn two(a: &[u8], b: &[u8]) -> bool {
    a == b
}
// run: two([1, 2], [1, 2]) == true
// run: two([1, 2], [1, 3]) == false
// run: two([1, 2], [1, 2, 3]) == false

pub fn split(data: &mut [u8], at: u8) -> u16 {
    let (front, back) = data.split_at_mut(at as usize);
    front.fill(1);
    back[0] = 2;
    let mut found = 0;
    if let Some((first, rest)) = data.split_first() {
        found += u16::from(*first) << 12 | rest.len() as u16;
    }
    if let Some((last, rest)) = data.split_last() {
        found += u16::from(*last) << 8 | (rest.len() as u16) << 4;
    }
    match data.split_at_checked(9) {
        Some((_, rest)) => found + rest.len() as u16,
        None => found,
    }
}
// run: split([9, 8, 7], 2) == (0x1222, [1, 1, 2])
// run: split([9, 8, 7, 6, 5, 4, 3, 2, 4, 0], 9) == (0x129A, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2])

pub fn stripped(data: &[u8]) -> u16 {
    match data.strip_prefix(&[0xA0, 0]) {
        Some(rest) => rest.strip_suffix(b"!").unwrap_or(rest).len() as u16,
        None => 0xFF,
    }
}
// run: stripped([0xA0, 0, 1, 0x21]) == 1
// run: stripped([0xA0, 0, 1]) == 1
// run: stripped([0xA0, 1]) == 0xFF

pub fn moved(data: &mut [u8]) {
    data.copy_within(1.., 0);
    data.copy_within(..2, 3);
    data.copy_within(0..=0, 2);
}
// run: moved([1, 2, 3, 4, 5, 6]) == [2, 3, 2, 2, 3, 6]
