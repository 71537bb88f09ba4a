// Closures in variables.
pub fn scale(a: u16, b: u16, factor: u16) -> u16 {
    let scaled = |n: u16| n * factor + 1;
    scaled(a) + scaled(b)
}
// run: scale(1, 2, 10) == 32

pub fn masks(data: &[u8], mask: u8) -> u8 {
    let is_set = |byte: &u8| byte & mask != 0;
    data.iter().filter(|byte| is_set(byte)).count() as u8
}
// run: masks([1, 2, 3], 1) == 2

pub fn counted(data: &[u8]) -> u8 {
    let mut count = 0u8;
    let mut note = |byte: u8| {
        if byte > 9 {
            count += 1;
        }
    };
    for byte in data {
        note(*byte);
    }
    note(100);
    count
}
// run: counted([1, 20, 30]) == 3

pub fn lent(data: &mut [u8], by: u8) -> u16 {
    let add = |to: &mut u16, byte: u8| -> bool {
        if byte == 0 {
            return false;
        }
        *to += byte as u16;
        true
    };
    let (mut a, mut b) = (1u16, 100u16);
    let base = by;
    let by = move |n: u8| n.wrapping_mul(base);
    for byte in data.iter() {
        if !add(&mut a, *byte) {
            add(&mut b, by(3));
        }
    }
    let small = |byte: &u8| *byte < 5;
    let count = data.iter().filter(|byte| small(byte)).count() + data.iter().map(|b| by(*b)).filter(|b| *b > 9).count();
    a * 1000 + b + count as u16
}
// run: lent([1, 0, 7], 2) == 9109
