// `usize` beyond 32767: exact where it is only compared, and 6F00 where the card would need the number itself.

pub fn cast_above(a: u16, data: &[u8]) -> bool {
    a as usize > data.len()
}
// run: cast_above(40000, b"abc") == true
// run: cast_above(3, b"abc") == false
// run: cast_above(4, b"abc") == true
// run: cast_above(65535, b"") == true

pub fn bound_and_checked(a: u16, data: &[u8]) -> u16 {
    let length = a as usize;
    if length > data.len() {
        return 0x6700;
    }
    let part = &data[..length];
    part.len() as u16 + length as u16
}
// run: bound_and_checked(40000, b"abc") == 0x6700
// run: bound_and_checked(4, b"abc") == 0x6700
// run: bound_and_checked(3, b"abc") == 6

pub fn all_comparisons(a: u16, b: u16) -> u8 {
    let (x, y) = (a as usize, b as usize);
    (a as usize > 5) as u8
        | ((a as usize) < 5) as u8 * 2
        | (a as usize == 5) as u8 * 4
        | (5 <= b as usize) as u8 * 8
        | (5 != b as usize) as u8 * 16
        | (a as usize >= b as usize) as u8 * 32
}
// run: all_comparisons(5, 5) == 44
// run: all_comparisons(4, 6) == 26
// card: all_comparisons(40000, 6) == Err(0x6F00)

pub fn both_above(a: u16, b: u16) -> u8 {
    let x = a as usize;
    let y = b as usize;
    (x > y) as u8 | ((x < y) as u8) << 1 | ((x == y) as u8) << 2
}
// run: both_above(40000, 50000) == 2
// run: both_above(50000, 40000) == 1
// run: both_above(50000, 50000) == 4
// run: both_above(3, 50000) == 2

pub fn from_and_into(a: u16, data: &[u8]) -> bool {
    let length: usize = a.into();
    usize::from(a) > data.len() && length > data.len()
}
// run: from_and_into(0xFFFF, b"abc") == true
// run: from_and_into(2, b"abc") == false

pub fn least(a: u16, data: &[u8]) -> u16 {
    (a as usize).min(data.len()) as u16 + data.len().min(a as usize) as u16
}
// run: least(40000, b"abc") == 6
// run: least(2, b"abc") == 4

pub fn as_an_index(a: u16, data: &[u8]) -> u8 {
    if a as usize >= data.len() { 99 } else { data[a as usize] }
}
// run: as_an_index(0xFFFE, b"abc") == 99
// run: as_an_index(2, b"abc") == b'c'

pub fn sum_compared(a: u16, b: u16) -> u8 {
    if a > 32767 || b > 32767 {
        return 9;
    }
    let (at, length) = (a as usize, b as usize);
    (at + length > 40) as u8
        | (40 < at + length) as u8 * 2
        | (at + length <= 40) as u8 * 4
        | (at + length == length + at) as u8 * 8
        | (at + 1 + length > 40) as u8 * 16
}
// run: sum_compared(32767, 32767) == 27
// run: sum_compared(20000, 20000) == 27
// run: sum_compared(20, 20) == 28
// run: sum_compared(10, 20) == 12

pub fn product_compared(a: u8, b: u8) -> bool {
    a as usize * b as usize > 1000
}
// run: product_compared(200, 200) == true
// run: product_compared(255, 255) == true
// run: product_compared(25, 40) == false

pub fn sum(a: u16, b: u16) -> u16 {
    (a as usize + b as usize) as u16
}
// run: sum(16383, 16384) == 32767
// card: sum(16384, 16384) == Err(0x6F00)
// card: sum(40000, 1) == Err(0x6F00)

pub fn counted_up(a: u16) -> u16 {
    let mut at = a as usize;
    at += 1;
    at as u16
}
// run: counted_up(32766) == 32767
// card: counted_up(32767) == Err(0x6F00)
// card: counted_up(65535) == Err(0x6F00)

pub fn product(a: u16, b: u16) -> u16 {
    (a as usize * b as usize) as u16
}
// run: product(181, 181) == 32761
// run: product(0, 32767) == 0
// run: product(32767, 1) == 32767
// card: product(182, 182) == Err(0x6F00)
// card: product(256, 256) == Err(0x6F00)
// card: product(32767, 32767) == Err(0x6F00)

pub fn three_times(a: u16) -> u16 {
    (3 * a as usize) as u16
}
// run: three_times(10922) == 32766
// card: three_times(10923) == Err(0x6F00)
// card: three_times(21846) == Err(0x6F00)

pub fn shifted(a: u16, by: u8) -> u16 {
    ((a as usize) << by) as u16
}
// run: shifted(1, 14) == 16384
// run: shifted(0, 40) == 0
// run: shifted(3, 13) == 24576
// card: shifted(1, 15) == Err(0x6F00)
// card: shifted(4, 13) == Err(0x6F00)
// card: shifted(1, 17) == Err(0x6F00)

pub fn shifted_by_constants(a: u16) -> u16 {
    ((a as usize) << 4) as u16 + ((a as usize) >> 33) as u16 + ((a as usize) >> 2) as u16
}
// run: shifted_by_constants(2047) == 33263
// card: shifted_by_constants(2048) == Err(0x6F00)

pub fn down(a: u16, by: u8) -> u16 {
    (a as usize >> by) as u16
}
// run: down(32767, 3) == 4095
// run: down(32767, 14) == 1
// run: down(32767, 15) == 0
// run: down(32767, 33) == 0
// run: down(32767, 63) == 0

pub fn of_signed(a: i16) -> u16 {
    a as usize as u16
}
// run: of_signed(32767) == 32767
// card: of_signed(-1) == Err(0x6F00)

pub fn of_signed_byte(a: i8, data: &[u8]) -> bool {
    a as usize > data.len()
}
// run: of_signed_byte(4, b"abc") == true
// run: of_signed_byte(3, b"abc") == false
// card: of_signed_byte(-1, b"abc") == Err(0x6F00)

pub fn of_wide(a: u32) -> u16 {
    a as usize as u16
}
// run: of_wide(32767) == 32767
// card: of_wide(32768) == Err(0x6F00)
// card: of_wide(65536) == Err(0x6F00)
// card: of_wide(0x1_0001) == Err(0x6F00)

pub fn of_wide_signed(a: i32) -> u16 {
    a as usize as u16
}
// run: of_wide_signed(300) == 300
// card: of_wide_signed(-1) == Err(0x6F00)

pub fn tried(a: u32) -> u16 {
    match usize::try_from(a) {
        Ok(n) => n as u16,
        Err(_) => 7,
    }
}
// run: tried(32767) == 32767
// card: tried(32768) == Err(0x6F00)

pub fn tried_signed(a: i16) -> u16 {
    match usize::try_from(a) {
        Ok(n) => n as u16,
        Err(_) => 7,
    }
}
// run: tried_signed(300) == 300
// run: tried_signed(-1) == 7

pub fn narrowed(a: u16, data: &[u8]) -> u32 {
    let n = a as usize % 100;
    n as u32 * 1000 + n as u8 as u32 + (data.len() as u32) + (n as i16 as u32) + u16::try_from(n).unwrap_or(3) as u32
}
// run: narrowed(32767, b"abc") == 67204
// card: narrowed(32768, b"abc") == Err(0x6F00)

pub fn walked(data: &[u8]) -> u16 {
    let mut at = 0;
    let mut found = 0;
    while at + 2 <= data.len() {
        let length = data[at + 1] as usize;
        if at + 2 + length > data.len() {
            return 0xFFFF;
        }
        found += 1;
        at += 2 + length;
    }
    found
}
// run: walked([1, 1, 9, 2, 0, 3, 2, 8, 8]) == 3
// run: walked([1, 1, 9, 2, 0, 3, 255, 8, 8]) == 65535

pub fn stepped(a: u16, data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for i in (0..data.len()).step_by(a as usize) {
        sum += data[i] as u16;
    }
    for part in data.chunks(a as usize) {
        sum += part.len() as u16;
    }
    for x in data.iter().skip(a as usize) {
        sum += *x as u16;
    }
    for x in data.iter().take(a as usize) {
        sum += *x as u16;
    }
    sum
}
// run: stepped(2, [1, 2, 3, 4, 5]) == 29
// run: stepped(32767, [1, 2, 3, 4, 5]) == 21
// run: stepped(30000, [1, 2, 3, 4, 5]) == 21

pub fn evaluated_once(data: &mut [u8]) -> bool {
    more(data) as usize + more(data) as usize > more(data) as usize
}

fn more(data: &mut [u8]) -> u16 {
    data[0] += 1;
    data[0] as u16
}
// run: evaluated_once([0, 0]) == (false, [3, 0])
// run: evaluated_once([5, 0]) == (true, [8, 0])

const TABLE: &[u8] = b"0123456789";

pub fn in_a_table(a: u16) -> u8 {
    TABLE[(a as usize + SOME) % 10] + (SOME - 1) as u8
}

const SOME: usize = 30_000 / 4_286;

// run: in_a_table(3) == 62
// run: in_a_table(32760) == 59

pub fn through_a_function(a: u16) -> u16 {
    half(a as usize) as u16
}

fn half(n: usize) -> usize {
    n / 2
}
// run: through_a_function(32767) == 16383
// card: through_a_function(32768) == Err(0x6F00)

pub fn methods(a: u16, b: u16) -> u16 {
    let (x, y) = (a as usize & 0x7FFF, b as usize & 0x7FFF);
    (x.saturating_sub(y) + x.abs_diff(y)) as u16 / 2 + x.div_ceil(y + 1) as u16
}
// run: methods(16383, 0) == 32766
// card: methods(16384, 0) == Err(0x6F00)
// run: methods(10, 32766) == 16379
