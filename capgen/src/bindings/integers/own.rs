fn u8_checked_add(a: u8, b: u8) -> Option<u8> {
    let wide = a as u16 + b as u16;
    if wide == wide as u8 as u16 { Some(wide as u8) } else { None }
}

fn u8_saturating_add(a: u8, b: u8) -> u8 {
    let wide = a as u16 + b as u16;
    if wide > 255 { 255 } else { wide as u8 }
}

fn u8_checked_sub(a: u8, b: u8) -> Option<u8> {
    let wide = a as i16 - b as i16;
    if wide == wide as u8 as i16 { Some(wide as u8) } else { None }
}

fn u8_checked_mul(a: u8, b: u8) -> Option<u8> {
    let wide = a as u16 * b as u16;
    if wide == wide as u8 as u16 { Some(wide as u8) } else { None }
}

fn u8_saturating_mul(a: u8, b: u8) -> u8 {
    let wide = a as u16 * b as u16;
    if wide > 255 { 255 } else { wide as u8 }
}

fn i8_checked_add(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 + b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_add(a: i8, b: i8) -> i8 {
    let wide = a as i16 + b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn i8_checked_sub(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 - b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_sub(a: i8, b: i8) -> i8 {
    let wide = a as i16 - b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn i8_checked_mul(a: i8, b: i8) -> Option<i8> {
    let wide = a as i16 * b as i16;
    if wide == wide as i8 as i16 { Some(wide as i8) } else { None }
}

fn i8_saturating_mul(a: i8, b: i8) -> i8 {
    let wide = a as i16 * b as i16;
    if wide > 127 { 127 } else if wide < -128 { -128 } else { wide as i8 }
}

fn u16_swap_bytes(a: u16) -> u16 {
    a << 8 | a >> 8
}

fn i16_swap_bytes(a: i16) -> i16 {
    u16_swap_bytes(a as u16) as i16
}

fn u32_swap_bytes(a: u32) -> u32 {
    let (high, low) = ((a >> 16) as u16, a as u16);
    (u16_swap_bytes(low) as u32) << 16 | u16_swap_bytes(high) as u32
}

fn i32_swap_bytes(a: i32) -> i32 {
    u32_swap_bytes(a as u32) as i32
}

/// The high word of the product of two words.
fn u32_mul_high(a: u16, b: u16) -> u16 {
    let (ah, al, bh, bl) = (a >> 8, a & 0xFF, b >> 8, b & 0xFF);
    let first = ah * bl + (al * bl >> 8);
    let second = al * bh + (first & 0xFF);
    ah * bh + (first >> 8) + (second >> 8)
}

fn u32_div_high(a: u32, b: u32) -> u16 {
    let high = (a >> 16) as u16;
    if b > 0xFFFF { 0 } else { high / b as u16 }
}

/// The low word of the quotient, bit by bit: what is left of the high words is less than the divisor.
fn u32_div_low(a: u32, b: u32) -> u16 {
    let high = (a >> 16) as u16;
    let mut rest = if b > 0xFFFF { high } else { high % b as u16 } as u32;
    let mut quotient = a as u16;
    let mut bits = 16u8;
    while bits > 0 {
        let carry = rest >= 0x8000_0000;
        rest = rest << 1 | (quotient >> 15) as u32;
        quotient <<= 1;
        if carry || rest >= b {
            rest = rest.wrapping_sub(b);
            quotient |= 1;
        }
        bits -= 1;
    }
    quotient
}

fn u32_div(a: u32, b: u32) -> u32 {
    (u32_div_high(a, b) as u32) << 16 | u32_div_low(a, b) as u32
}

fn u32_rem(a: u32, b: u32) -> u32 {
    a.wrapping_sub(u32_div(a, b).wrapping_mul(b))
}

/// On a card with `int`: a divisor above 2147483647 goes into `a` once or not at all. Else half of `a` is divided, which
/// gives twice the quotient or one less.
fn u32_int_div(a: u32, b: u32) -> u32 {
    let (x, y) = (a as i32, b as i32);
    if y < 0 {
        (a >= b) as u32
    } else if x >= 0 {
        (x / y) as u32
    } else {
        let quotient = (((a >> 1) as i32 / y) as u32) << 1;
        let rest = a.wrapping_sub(quotient.wrapping_mul(b));
        quotient + (rest >= b) as u32
    }
}

fn u32_int_rem(a: u32, b: u32) -> u32 {
    a.wrapping_sub(u32_int_div(a, b).wrapping_mul(b))
}

fn i32_div(a: i32, b: i32) -> i32 {
    let quotient = u32_div(a.unsigned_abs(), b.unsigned_abs()) as i32;
    if (a < 0) != (b < 0) { quotient.wrapping_neg() } else { quotient }
}

fn i32_rem(a: i32, b: i32) -> i32 {
    let rest = u32_rem(a.unsigned_abs(), b.unsigned_abs()) as i32;
    if a < 0 { rest.wrapping_neg() } else { rest }
}

fn u32_shl_high(a: u32, by: u8) -> u16 {
    let (high, low) = ((a >> 16) as u16, a as u16);
    if by >= 16 { low << (by - 16) } else { high << by | low >> 1 >> (15 - by) }
}

fn u32_shl_low(low: u16, by: u8) -> u16 {
    if by >= 16 { 0 } else { low << by }
}

fn u32_shl(a: u32, by: u8) -> u32 {
    (u32_shl_high(a, by) as u32) << 16 | u32_shl_low(a as u16, by) as u32
}

fn u32_shr_high(high: u16, by: u8) -> u16 {
    if by >= 16 { 0 } else { high >> by }
}

fn u32_shr_low(a: u32, by: u8) -> u16 {
    let (high, low) = ((a >> 16) as u16, a as u16);
    if by >= 16 { high >> (by - 16) } else { low >> by | high << 1 << (15 - by) }
}

fn u32_shr(a: u32, by: u8) -> u32 {
    (u32_shr_high((a >> 16) as u16, by) as u32) << 16 | u32_shr_low(a, by) as u32
}

fn i32_shr_high(high: i16, by: u8) -> u16 {
    (high >> if by >= 16 { 15 } else { by }) as u16
}

fn i32_shr_low(a: u32, by: u8) -> u16 {
    let (high, low) = ((a >> 16) as u16, a as u16);
    if by >= 16 { (high as i16 >> (by - 16)) as u16 } else { low >> by | high << 1 << (15 - by) }
}

fn i32_shr(a: i32, by: u8) -> i32 {
    ((i32_shr_high((a >> 16) as i16, by) as u32) << 16 | i32_shr_low(a as u32, by) as u32) as i32
}

fn u8_is_ascii(a: u8) -> bool {
    a < 128
}

fn u8_is_ascii_digit(a: u8) -> bool {
    matches!(a, b'0'..=b'9')
}

fn u8_is_ascii_uppercase(a: u8) -> bool {
    matches!(a, b'A'..=b'Z')
}

fn u8_is_ascii_lowercase(a: u8) -> bool {
    matches!(a, b'a'..=b'z')
}

fn u8_is_ascii_alphabetic(a: u8) -> bool {
    matches!(a | 0x20, b'a'..=b'z')
}

fn u8_is_ascii_alphanumeric(a: u8) -> bool {
    u8_is_ascii_digit(a) || u8_is_ascii_alphabetic(a)
}

fn u8_is_ascii_hexdigit(a: u8) -> bool {
    u8_is_ascii_digit(a) || matches!(a | 0x20, b'a'..=b'f')
}

fn u8_is_ascii_whitespace(a: u8) -> bool {
    matches!(a, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn u8_is_ascii_graphic(a: u8) -> bool {
    matches!(a, b'!'..=b'~')
}

fn u8_is_ascii_punctuation(a: u8) -> bool {
    u8_is_ascii_graphic(a) && !u8_is_ascii_alphanumeric(a)
}

fn u8_is_ascii_control(a: u8) -> bool {
    a < 0x20 || a == 0x7F
}

fn u8_to_ascii_uppercase(a: u8) -> u8 {
    if u8_is_ascii_lowercase(a) { a ^ 0x20 } else { a }
}

fn u8_to_ascii_lowercase(a: u8) -> u8 {
    if u8_is_ascii_uppercase(a) { a ^ 0x20 } else { a }
}

/// A `Result` whose error is one of the applet's own.
pub enum Result<Value, Error> {
    Ok(Value),
    Err(Error),
}
