// Places that change together.

pub fn tuples(mut a: u8, mut b: u8) -> u16 {
    let mut c = 1;
    (a, b) = (b, a);
    ((a, c), _) = ((a + c, b), 5u8);
    a as u16 * 256 + b as u16 + c as u16 * 1000
}
// run: tuples(3, 200) == 54459

pub fn elements(data: &mut [u8]) -> u8 {
    (data[0], data[1]) = (data[1], data[2]);
    let at = 1;
    let old = core::mem::replace(&mut data[at], 9);
    old + core::mem::take(&mut data[0])
}
// run: elements([1, 2, 3]) == (5, [0, 9, 3])

fn exchange(a: &mut u16, b: &mut u16) {
    core::mem::swap(a, b);
}

pub fn lent(x: u16, y: u16) -> u16 {
    let (mut x, mut y) = (x, y);
    exchange(&mut x, &mut y);
    let mut option = Some(x);
    let taken = core::mem::take(&mut option);
    x * 10 + y + taken.unwrap_or(0) + option.is_none() as u16
}
// run: lent(1, 20) == 222

pub fn vectors() -> u16 {
    let mut a = heapless::Vec::<u8, 4>::new();
    let mut b = heapless::Vec::<u8, 4>::new();
    let _ = a.push(1);
    let _ = b.push(2);
    let _ = b.push(3);
    core::mem::swap(&mut a, &mut b);
    a.len() as u16 * 1000 + b.len() as u16 * 100 + a[0] as u16 * 10 + b[0] as u16
}
// run: vectors() == 2121

pub fn arrays(n: u8) -> u16 {
    let mut a = [1u8, 2, 3, 4, 5, 6];
    let mut b = [n; 6];
    (a, b) = (b, a);
    a[0] as u16 * 100 + b[5] as u16
}
// run: arrays(9) == 906
