// Arrays that a function makes: in the applet's scratch memory.

pub fn zeroed(n: u8) -> u8 {
    let mut buf = [0u8; 16];
    let before = buf[(n & 15) as usize];
    buf[(n & 15) as usize] = 7;
    before + buf[3]
}
// run: zeroed(3) == 7
// run: zeroed(4) == 0
// run: zeroed(3) == 7

pub fn zeroed_again(n: u8) -> u16 {
    let mut sum = 0u16;
    for i in 0..n {
        let mut buf = [1u8; 8];
        sum += buf[(i & 7) as usize] as u16;
        buf.fill(9);
        sum += buf[0] as u16;
    }
    sum
}
// run: zeroed_again(3) == 30

fn sum(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for byte in data {
        sum += *byte as u16;
    }
    sum
}

fn filled(data: &mut [u8], from: u8) {
    let mut next = from;
    for byte in data.iter_mut() {
        *byte = next;
        next = next.wrapping_add(1);
    }
}

pub fn passed(from: u8) -> u16 {
    let mut a = [0u8; 10];
    filled(&mut a, from);
    let whole = sum(&a);
    filled(&mut a[2..5], 100);
    whole * 10 + sum(&a[1..6])
}
// run: passed(1) == 861
// run: passed(0) == 759

fn inner(data: &[u8]) -> u16 {
    let mut copy = [0u8; 6];
    copy.copy_from_slice(data);
    copy[0] = 50;
    sum(&copy)
}

fn outer(x: u8) -> u16 {
    let mut mine = [x; 6];
    mine[5] = 1;
    let first = inner(&mine);
    let second = inner(&mine);
    first + second + sum(&mine)
}

pub fn nested(x: u8) -> u16 {
    let mut buf = [3u8; 5];
    let found = outer(x);
    buf[1] = 4;
    found + sum(&buf)
}
// run: nested(2) == 145
// run: nested(10) == 249

pub fn literal(n: u8) -> u8 {
    let table = [9, 8, 7, 6, 5, n];
    let fixed = [1u8, 2, 3, 4, 5, 6, 7];
    table[(n % 6) as usize] + fixed[(n % 7) as usize]
}
// run: literal(5) == 11
// run: literal(0) == 10
// run: literal(9) == 9

pub fn small(n: u8) -> u8 {
    let mut buf = [0u8; 3];
    buf[(n % 3) as usize] = n;
    let mut fixed = [1u8, 2, 3];
    fixed[1] = n;
    fixed[2] += 4;
    buf[0] + buf[1] * 2 + buf[2] * 3 + fixed[0] + fixed[1] + fixed[2]
}
// run: small(4) == 20
// run: small(5) == 28

pub fn wide_elements(n: u8) -> u32 {
    let mut table = [1u32; 6];
    for i in 1..6usize {
        table[i] = table[i - 1] * 10 + n as u32;
    }
    table[5] ^ table[(n % 6) as usize]
}
// run: wide_elements(1) == 111116
// run: wide_elements(4) == 134224

pub fn shorts(n: u16) -> u16 {
    let mut a = [n; 5];
    let b = [1u16, 2, 3, 4, 5];
    a[1..4].copy_from_slice(&b[2..]);
    a[4] = b[(n % 5) as usize];
    let same = a[1..3] == b[2..4];
    a[0] + a[1] * 10 + a[4] * 100 + same as u16 * 1000
}
// run: shorts(7) == 1337
// run: shorts(3) == 1433

pub fn signed(n: i8) -> i16 {
    let mut a = [n; 6];
    a[2] = -100;
    let mut b = [-1i16; 5];
    b[0] = 300;
    b[n as u8 as usize % 5] += a[2] as i16;
    a[0] as i16 + a[2] as i16 + b[0] + b[3]
}
// run: signed(5) == 104
// run: signed(3) == 102

pub fn flags(n: u8) -> u8 {
    let mut seen = [false; 8];
    seen[(n & 7) as usize] = true;
    seen[0] = !seen[0];
    let mut count = 0;
    for flag in seen.iter() {
        if *flag {
            count += 1u8;
        }
    }
    count
}
// run: flags(3) == 2
// run: flags(8) == 0

const START: [u8; 6] = [1, 2, 3, 4, 5, 6];

pub fn copied(n: u8) -> u16 {
    let mut a = START;
    a[0] = n;
    let b = a;
    a[1] = 50;
    let c = &START;
    let mut d = [0u8; 6];
    d = b;
    d[5] = 0;
    (a[0] + a[1]) as u16 * 1000 + (b[0] + b[1]) as u16 * 10 + (c[0] + d[5]) as u16
}
// run: copied(9) == 59111

pub fn chosen(n: u8) -> u8 {
    let a = [1u8, 1, 1, 1, 1];
    let mut b: [u8; 5] = if n > 3 { a } else { [2; 5] };
    b[0] += n;
    let mut c = [0u8; 5];
    let picked = if n > 5 { &a } else { &c };
    let kept = picked[1];
    c[1] = 9;
    b[0] + b[4] + a[0] + kept + c[1]
}
// run: chosen(2) == 16
// run: chosen(4) == 16
// run: chosen(6) == 19

fn made(n: u8) -> [u8; 6] {
    let mut a = [n; 6];
    a[1] = 1;
    a
}

fn taken(a: [u8; 6]) -> u8 {
    let mut b = a;
    b[0] = b[0].wrapping_add(b[5]);
    b[0]
}

pub fn by_value(n: u8) -> u8 {
    let x = made(n);
    let y = made(n + 1);
    let mut z = made(2);
    z[0] = 100;
    taken(x) + taken(y) + x[0] + y[1] + taken(z)
}
// run: by_value(3) == 120

pub fn scopes(n: u8) -> u16 {
    let mut total = 0u16;
    {
        let mut a = [n; 20];
        a[3] = 1;
        total += sum(&a);
    }
    {
        let b = [0u8; 30];
        total += sum(&b);
        let c = [2u8; 7];
        total += sum(&c) + sum(&b);
    }
    if n > 1 {
        let d = [5u8; 9];
        total += sum(&d);
    }
    total
}
// run: scopes(2) == 98
// run: scopes(1) == 34

pub fn compared(n: u8) -> bool {
    let mut a = [0u8; 5];
    a[2] = n;
    a == [0, 0, 4, 0, 0] || &a[..3] == b"\0\0\x07"
}
// run: compared(4) == true
// run: compared(7) == true
// run: compared(5) == false

pub fn assembled(out: &mut [u8], x: u16) -> usize {
    let mut header = [0u8; 5];
    header[0] = 0x30;
    header[1..3].copy_from_slice(&x.to_be_bytes());
    header[3..].copy_from_slice(b"\xAB\xCD");
    out[..5].copy_from_slice(&header);
    header.len()
}
// run: assembled([0; 6], 0x1234) == (5, [0x30, 0x12, 0x34, 0xAB, 0xCD, 0])

pub fn temporary(n: u8) -> u16 {
    filled(&mut [0u8; 4], n);
    sum(&[n, 2, 3, 4, 5]) + sum(&[1, 2]) + sum(&[n; 9])
}
// run: temporary(7) == 87

pub fn slices(n: u8) -> u16 {
    let mut a = [5u8, 3, 8, 1, 9, 2];
    a.swap(0, (n % 6) as usize);
    a.reverse();
    let found = a.contains(&n) as u16;
    let (left, right) = a.split_at(2);
    let first = left.first().copied().unwrap_or(0) as u16;
    let last = *right.last().unwrap_or(&77) as u16;
    let past = a.get(6).is_none() as u16;
    let starts = a.starts_with(&[2, 9]) as u16 + a.ends_with(&[3]) as u16 * 2;
    found + past * 10 + starts * 100 + first * 1000 + last * 10000 / 10
}
// run: slices(3) == 3111
// run: slices(9) == 3111

pub fn in_a_loop(n: u8) -> u16 {
    let mut best = [0u8; 5];
    for i in 0..n {
        let mut now = [i; 5];
        now[1] = i * 2;
        if i % 3 == 0 {
            best = now;
        }
    }
    sum(&best)
}
// run: in_a_loop(8) == 36
// run: in_a_loop(1) == 0

pub fn rows(n: u8) -> u8 {
    let mut row = [0u8; 12];
    for (i, part) in row.chunks_exact_mut(3).enumerate() {
        part[0] = i as u8;
        part[2] = n;
    }
    let mut sum = 0u8;
    for (a, b) in row.iter().zip([1u8, 2, 3, 4, 5].iter()) {
        sum += *a * *b;
    }
    sum
}
// run: rows(2) == 10
// run: rows(3) == 13

const SIZES: [usize; 5] = [1, 300, 5, 7, 32000];

pub fn of_usize(i: u8) -> u16 {
    let mut sizes = [0usize; 6];
    sizes[i as usize] = SIZES[i as usize] + 1;
    sizes[5] += sizes[1] / 2;
    let mut sum = sizes[5] + SIZES[2];
    for size in &mut sizes {
        *size += 1;
        sum += *size;
    }
    sum as u16
}
// run: of_usize(1) == 612
// run: of_usize(0) == 13
