// Nested loops with labels, shadowing, break with values.
pub fn pairs(data: &[u8], target: u8) -> u16 {
    let found = 'search: {
        for (i, a) in data.iter().enumerate() {
            for (j, b) in data[i + 1..].iter().enumerate() {
                let sum = a.wrapping_add(*b);
                if sum == target {
                    break 'search Some((i, i + 1 + j));
                }
            }
        }
        None
    };
    let Some((i, j)) = found else { return 0xFFFF };
    i as u16 * 256 + j as u16
}
// run: pairs([1, 2, 3, 4], 7) == 515
// run: pairs([1, 2], 9) == 0xFFFF

pub fn collatz(start: u16) -> u8 {
    let mut n = start;
    let mut steps = 0u8;
    let result = loop {
        n = match n {
            0 | 1 => break steps,
            n if n % 2 == 0 => n / 2,
            n => match n.checked_mul(3).and_then(|n| n.checked_add(1)) {
                Some(n) => n,
                None => break 255,
            },
        };
        steps += 1;
    };
    result
}
// run: collatz(6) == 8
// run: collatz(27) == 111
// run: collatz(60001) == 255

pub fn skips(limit: u8) -> u16 {
    let mut total = 0;
    'rows: for row in 0..limit {
        for column in (0..limit).rev() {
            if column == row {
                continue 'rows;
            }
            if row + column > 12 {
                break 'rows;
            }
            total += u16::from(row) * u16::from(column);
        }
    }
    total
}
// run: skips(4) == 11
// run: skips(9) == 295

pub fn shadow(x: u8) -> u16 {
    let x = x / 2;
    let x = { let x = x as u16 + 1; x * 2 };
    let y = if let Some(x) = x.checked_sub(10) { let x = x + 1; x } else { x };
    x + y
}
// run: shadow(4) == 12
// run: shadow(40) == 75
