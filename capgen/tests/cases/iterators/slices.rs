// Iterators over slices are counting loops.

pub fn sum(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for byte in data {
        sum += *byte as u16;
    }
    for byte in data.iter() {
        sum += u16::from(*byte);
    }
    for &byte in data {
        sum += byte as u16;
    }
    sum
}
// run: sum([1, 2, 255]) == 774
// run: sum([]) == 0

pub fn inverted(data: &mut [u8]) {
    for byte in data.iter_mut() {
        *byte ^= 0xFF;
    }
    for byte in &mut data[1..] {
        *byte = byte.wrapping_add(1);
    }
}
// run: inverted([0, 1, 2]) == [255, 255, 254]

pub fn weighted(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for (i, byte) in data.iter().enumerate() {
        if i == 3 {
            continue;
        }
        sum += i as u16 * *byte as u16;
    }
    sum
}
// run: weighted([9, 1, 2, 3, 4]) == 21

pub fn numbered(data: &mut [u8]) {
    for (i, byte) in data.iter_mut().enumerate() {
        *byte = i as u8;
    }
}
// run: numbered([9, 9, 9]) == [0, 1, 2]

pub fn distance(a: &[u8], b: &[u8]) -> u8 {
    let mut different = 0;
    for (x, y) in a.iter().zip(b.iter()) {
        if x != y {
            different += 1;
        }
    }
    different
}
// run: distance([1, 2, 3], [1, 3, 3]) == 1
// run: distance([1, 2, 3], [2]) == 1
// run: distance([], [2]) == 0

pub fn words(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for pair in data.chunks_exact(2) {
        sum = sum.wrapping_add(u16::from_be_bytes([pair[0], pair[1]]));
    }
    sum
}
// run: words([0x12, 0x34, 0x01, 0x01, 0xFF]) == 0x1335
// run: words([1]) == 0

pub fn parts(data: &[u8]) -> u16 {
    let mut shape = 0u16;
    for (i, part) in data.chunks(3).enumerate() {
        shape = shape * 10 + (part.len() + i) as u16;
    }
    shape
}
// run: parts([1, 2, 3, 4, 5, 6, 7]) == 343
// run: parts([]) == 0

pub fn backwards(data: &[u8]) -> u16 {
    let mut digits = 0u16;
    for byte in data.iter().rev() {
        digits = digits * 10 + *byte as u16;
    }
    for i in (0..data.len()).rev() {
        digits += i as u16;
    }
    digits
}
// run: backwards([1, 2, 3]) == 324

pub fn some(data: &[u8]) -> u16 {
    let mut digits = 0u16;
    for (i, byte) in data.iter().skip(1).take(3).enumerate() {
        digits = digits * 10 + *byte as u16 + i as u16;
    }
    for i in (1..10u8).step_by(4) {
        digits += i as u16;
    }
    digits
}
// run: some([1, 2, 3, 4, 5]) == 261
// run: some([1]) == 15

pub fn early(data: &[u8]) -> u8 {
    let mut last = 0;
    'outer: for part in data.chunks_exact(2) {
        for byte in part {
            if *byte == 0 {
                break 'outer;
            }
            last = *byte;
        }
    }
    last
}
// run: early([1, 2, 3, 0, 5, 6]) == 3

pub fn shrinking(data: &[u8]) -> u16 {
    let mut rest = data;
    let mut sum = 0u16;
    for byte in rest {
        rest = &rest[1..];
        sum += *byte as u16 * rest.len() as u16;
    }
    sum
}
// run: shrinking([5, 6, 7]) == 16

const TABLE: [u8; 5] = [1, 2, 4, 8, 16];

pub fn constant(mask: u8) -> u8 {
    let mut found = 0;
    for (i, bit) in TABLE.iter().enumerate() {
        if mask & bit != 0 {
            found += i as u8;
        }
    }
    found
}
// run: constant(0b10101) == 6
