// Calls, recursion, order of evaluation.

pub fn fibonacci(n: u8) -> u16 {
    if n < 2 { n as u16 } else { fibonacci(n - 1) + fibonacci(n - 2) }
}
// run: fibonacci(15) == 610

fn sum_down(n: u8, sum: u16) -> u16 {
    if n == 0 { sum } else { sum_down(n - 1, sum + n as u16) }
}

// One call from outside, with constants: those of the others are not these.
pub fn triangle() -> u16 {
    sum_down(10, 0)
}
// run: triangle() == 55

fn next(data: &mut [u8]) -> u8 {
    data[0] += 1;
    data[0]
}

pub fn order(data: &mut [u8]) -> u16 {
    (next(data) as u16) * 100 + next(data) as u16 * 10 + next(data) as u16
}
// run: order([0]) == (123, [3])

fn divided(a: u16, b: u16) -> (u16, u16) {
    (a / b, a % b)
}

pub fn parts(a: u16, b: u16) -> u16 {
    let (quotient, remainder) = divided(a, b);
    quotient << 8 | remainder
}
// run: parts(1000, 7) == 0x8E06

fn tail(data: &[u8], from: usize) -> &[u8] {
    &data[from..]
}

pub fn last(data: &[u8]) -> u8 {
    let rest = tail(tail(data, 1), 1);
    rest[0]
}
// run: last([1, 2, 3]) == 3

pub fn early(a: u8) -> u8 {
    if a == 0 {
        return 100;
    }
    let half = a / 2;
    if half > 10 {
        return half;
    }
    1
}
// run: early(0) == 100
// run: early(50) == 25
// run: early(4) == 1
