// Loops, labels, and values of `break`.

pub fn sum(to: u8) -> u16 {
    let mut sum = 0u16;
    for i in 0..=to {
        sum += i as u16;
    }
    sum
}
// run: sum(0) == 0
// run: sum(255) == 32640

pub fn collatz(mut n: u16) -> u8 {
    let mut steps = 0;
    while n != 1 {
        n = if n & 1 == 0 { n / 2 } else { 3 * n + 1 };
        steps += 1;
    }
    steps
}
// run: collatz(1) == 0
// run: collatz(27) == 111

pub fn product(limit: u16) -> u16 {
    let mut found = 0u16;
    'outer: for a in 1u16..50 {
        for b in a..50 {
            if a * b > limit {
                continue 'outer;
            }
            if a * b == limit {
                found = a << 8 | b;
                break 'outer;
            }
        }
    }
    found
}
// run: product(35) == 0x0123
// run: product(49) == 0x0131
// run: product(97) == 0

pub fn first_square(least: u16) -> u16 {
    let mut n = 0u16;
    loop {
        if n * n >= least {
            break n * n;
        }
        n += 1;
    }
}
// run: first_square(1000) == 1024

pub fn labelled_block(a: u8) -> u8 {
    let value: u8 = 'found: {
        if a > 100 {
            break 'found 1;
        }
        if a > 50 {
            break 'found 2;
        }
        3
    };
    value * 2
}
// run: labelled_block(200) == 2
// run: labelled_block(60) == 4
// run: labelled_block(5) == 6
