// `heapless::Vec`.

use heapless::Vec;
use platform::{Result, StatusWord};

pub fn pushed(n: u8) -> u16 {
    let mut v: Vec<u8, 5> = Vec::new();
    let mut refused = 0u16;
    for i in 0..n {
        if v.push(i * 3).is_err() {
            refused += 1;
        }
    }
    let mut sum = 0u16;
    for x in &v {
        sum += *x as u16;
    }
    sum + refused * 100 + v.len() as u16 * 1000 + v.is_full() as u16 * 10000
}
// run: pushed(0) == 0
// run: pushed(3) == 3009
// run: pushed(5) == 15030
// run: pushed(8) == 15330

pub fn popped(n: u8) -> u8 {
    let mut v = Vec::<u8, 4>::new();
    let _ = v.push(n);
    let _ = v.push(n + 1);
    let last = v.pop().unwrap_or(0);
    let first = v.pop().unwrap_or(0);
    let none = v.pop().is_none();
    last * 10 + first + none as u8 + v.is_empty() as u8
}
// run: popped(3) == 45

pub fn extended(data: &[u8]) -> u16 {
    let mut v: Vec<u8, 8> = Vec::new();
    let first = v.extend_from_slice(data).is_ok();
    let second = v.extend_from_slice(data).is_ok();
    if let Some(x) = v.first() {
        return first as u16 + second as u16 * 10 + v.len() as u16 * 100 + *x as u16 * 1000;
    }
    7
}
// run: extended([1, 2, 3]) == 1611
// run: extended([1, 2, 3, 4, 5]) == 1501
// run: extended([]) == 7
// run: extended([9; 9]) == 7

fn append(v: &mut Vec<u8, 6>, x: u8) -> bool {
    v.push(x).is_ok() && v.push(x + 1).is_ok()
}

fn total(data: &[u8]) -> u8 {
    let mut sum = 0;
    for x in data {
        sum += *x;
    }
    sum
}

pub fn passed(x: u8) -> u8 {
    let mut v: Vec<u8, 6> = Vec::new();
    let mut all = append(&mut v, x);
    all &= append(&mut v, 10);
    v[0] += 1;
    let before = total(&v);
    v.truncate(3);
    v.truncate(5);
    all &= append(&mut v, 5);
    before + total(v.as_slice()) + total(&v[1..]) + all as u8 + v.capacity() as u8
}
// run: passed(2) == 85

fn collected(data: &[u8]) -> Vec<u8, 4> {
    let mut found: Vec<u8, 4> = Vec::new();
    for x in data {
        if *x > 9 {
            let _ = found.push(*x);
        }
    }
    found
}

pub fn given_back(data: &[u8]) -> u8 {
    let mut v = collected(data);
    v.reverse();
    let more = collected(&data[1..]);
    let mut w = Vec::<u8, 4>::new();
    w = more;
    let _ = w.push(1);
    let same = v.as_slice() == [20, 10] || &v[..] == b"\x63";
    v.first().copied().unwrap_or(1) + w.len() as u8 + same as u8
}
// run: given_back([10, 3, 20]) == 23
// run: given_back([99]) == 101
// run: given_back([1, 50, 60, 70, 80, 90]) == 84

pub fn words(n: u16) -> u32 {
    let mut v: Vec<u32, 3> = Vec::new();
    let mut w: Vec<u16, 3> = Vec::new();
    for i in 0..n {
        let _ = v.push(i as u32 * 70000);
        let _ = w.push(i * 7);
    }
    let a = v.pop().unwrap_or(5);
    let mut sum = a;
    for (x, y) in w.iter().zip(v.iter()) {
        sum += *x as u32 + *y;
    }
    v.clear();
    sum + v.len() as u32
}
// run: words(5) == 210007
// run: words(0) == 5

pub fn full(data: &[u8]) -> Result<u8> {
    let mut v: Vec<u8, 2> = Vec::new();
    for x in data {
        v.push(*x).map_err(|_| StatusWord::WRONG_LENGTH)?;
    }
    v.extend_from_slice(&data[..0])
        .map_err(|_| StatusWord::WRONG_DATA)?;
    Ok(v.len() as u8)
}
// run: full([1, 2]) == Ok(2)
// run: full([1, 2, 3]) == Err(0x6700)
