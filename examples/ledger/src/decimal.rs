//! Numbers as a terminal shows them.

/// Writes a number as five decimal digits in ASCII to the start of `out`.
pub fn write(number: u16, out: &mut [u8]) {
    let mut rest = number;
    // A library package has no constant arrays: no table of weights.
    let mut weight = 10_000u16;
    for digit in 0..5usize {
        out[digit] = b'0' + (rest / weight) as u8;
        rest %= weight;
        weight /= 10;
    }
}
