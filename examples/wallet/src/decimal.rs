//! Numbers as a terminal shows them.

/// What the five digits of a number count.
const WEIGHTS: [u16; 5] = [10000, 1000, 100, 10, 1];

/// Writes a number as five decimal digits in ASCII to the start of `out`.
pub(crate) fn write(number: u16, out: &mut [u8]) {
    let mut rest = number;
    for (index, weight) in WEIGHTS.iter().enumerate() {
        out[index] = b'0' + (rest / weight) as u8;
        rest %= weight;
    }
}
