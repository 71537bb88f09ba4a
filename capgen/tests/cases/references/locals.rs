// `&mut` to what is in locals: another name for them.

fn next(data: &[u8], at: &mut usize) -> u8 {
    let byte = data[*at];
    *at += 1;
    byte
}

pub fn read(data: &[u8]) -> u16 {
    let mut at = 1;
    let tag = next(data, &mut at);
    let length = next(data, &mut at);
    at += 1;
    tag as u16 * 100 + length as u16 * 10 + at as u16
}
// run: read([9, 3, 2, 7]) == 324

fn word(data: &[u8], at: &mut usize) -> u16 {
    let high = next(data, at);
    let low = next(data, at);
    u16::from_be_bytes([high, low])
}

pub fn deep(data: &[u8]) -> u16 {
    let mut at = 0;
    let first = word(data, &mut at);
    let second = word(data, &mut at);
    first ^ second ^ at as u16
}
// run: deep([0x12, 0x34, 0x10, 0x30]) == 0x0200

fn swap(a: &mut u16, b: &mut u16) {
    let kept = *a;
    *a = *b;
    *b = kept;
}

pub fn swapped(x: u16, y: u16) -> u16 {
    let (mut a, mut b) = (x, y);
    swap(&mut a, &mut b);
    swap(&mut b, &mut a);
    swap(&mut a, &mut b);
    a * 10 + b
}
// run: swapped(3, 7) == 73

fn add(sum: &mut u32, x: u8) {
    *sum += x as u32;
    if *sum > 100_000 {
        *sum = 1;
    }
}

pub fn wide(x: u8) -> u32 {
    let mut sum = 99_990u32;
    add(&mut sum, x);
    add(&mut sum, x);
    sum
}
// run: wide(3) == 99996
// run: wide(9) == 1

fn take(slot: &mut Option<u8>) -> u8 {
    let found = slot.unwrap_or(9);
    *slot = None;
    found
}

pub fn option(x: u8) -> u8 {
    let mut slot = Some(x);
    let a = take(&mut slot);
    let b = take(&mut slot);
    a * 10 + b
}
// run: option(4) == 49

fn bump(pair: &mut (u8, u16)) {
    pair.0 += 1;
    pair.1 *= 3;
}

pub fn pair(x: u8) -> u16 {
    let mut pair = (x, 5u16);
    bump(&mut pair);
    pair.1 += 1;
    bump(&mut pair);
    let first = &mut pair.0;
    *first += 40;
    pair.0 as u16 * 100 + pair.1
}
// run: pair(1) == 4348

pub fn named(x: u8) -> u8 {
    let mut count = x;
    let again = &mut count;
    *again += 2;
    *again *= 2;
    count + 1
}
// run: named(3) == 11

#[derive(Clone, Copy, PartialEq)]
enum Light {
    Red,
    Green,
}

impl Light {
    fn turn(&mut self) {
        *self = match self {
            Light::Red => Light::Green,
            Light::Green => Light::Red,
        };
    }
}

struct Steps(u8);

impl Steps {
    fn step(&mut self) -> u8 {
        self.0 += 1;
        self.0
    }
}

pub fn methods(n: u8) -> u8 {
    let mut light = Light::Red;
    let mut steps = Steps(n);
    light.turn();
    let a = steps.step();
    let b = steps.step();
    if n > 5 {
        light.turn();
    }
    a * 10 + b + (light == Light::Green) as u8
}
// run: methods(3) == 46
// run: methods(6) == 78

enum Token {
    Number(u16),
    Minus,
    End,
}

fn token(data: &[u8], at: &mut usize) -> Token {
    if *at >= data.len() {
        return Token::End;
    }
    if data[*at] == b'-' {
        *at += 1;
        return Token::Minus;
    }
    let mut number = 0u16;
    while *at < data.len() && data[*at].is_ascii_digit() {
        number = number * 10 + (data[*at] - b'0') as u16;
        *at += 1;
    }
    Token::Number(number)
}

pub fn tokens(data: &[u8]) -> u16 {
    let mut at = 0;
    let mut value = 0u16;
    let mut minus = false;
    loop {
        match token(data, &mut at) {
            Token::End => break,
            Token::Minus => minus = true,
            Token::Number(n) if minus => value -= n,
            Token::Number(n) => value = n,
        }
    }
    value
}
// run: tokens(b"500-123-7") == 370
// run: tokens(b"12") == 12
