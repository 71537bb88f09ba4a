// Sorting and statistics in place, iterators of several kinds.
fn insertion(data: &mut [u8]) {
    for i in 1..data.len() {
        let mut j = i;
        while j > 0 && data[j - 1] > data[j] {
            data.swap(j - 1, j);
            j -= 1;
        }
    }
}

pub fn median(data: &mut [u8]) -> u8 {
    insertion(data);
    let middle = data.len() / 2;
    match data {
        [] => 0,
        [one] => *one,
        _ if data.len() % 2 == 1 => data[middle],
        _ => data[middle - 1] / 2 + data[middle] / 2,
    }
}
// run: median([5, 1, 3]) == (3, [1, 3, 5])
// run: median([]) == 0
// run: median([8, 2]) == (5, [2, 8])

pub fn statistics(data: &[u8]) -> u32 {
    let least = data.iter().min().copied().unwrap_or_default();
    let most = data.iter().copied().max().unwrap_or(0);
    let sum: u16 = data.iter().map(|&byte| u16::from(byte)).sum();
    let odd = data.iter().filter(|&&byte| byte % 2 == 1).count();
    let run = data.windows(2).filter(|pair| pair[0] == pair[1]).count();
    u32::from(least) << 24 | u32::from(most) << 16 | u32::from(sum) << 4 | (odd * 4 + run) as u32
}
// run: statistics([5, 5, 2]) == 0x020500C9
// run: statistics([]) == 0

pub fn checksum(data: &[u8]) -> u16 {
    let (a, b) = data.chunks(2).fold((1u16, 0u16), |(a, b), pair| {
        let word = match *pair {
            [high, low] => u16::from_be_bytes([high, low]),
            [high] => u16::from(high) << 8,
            _ => 0,
        };
        let a = a.wrapping_add(word);
        (a, b.wrapping_add(a))
    });
    a ^ b
}
// run: checksum([1, 2, 3]) == 261
