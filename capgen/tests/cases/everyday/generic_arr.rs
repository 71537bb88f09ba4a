// run: f([1, 2, 3, 4, 5]) == 328
fn sum<const N: usize>(a: &[u8; N]) -> u16 { let mut s = N as u16; for x in a { s += *x as u16; } s }
fn largest<T: PartialOrd + Copy>(a: &[T]) -> T { let mut m = a[0]; for x in a { if *x > m { m = *x; } } m }
pub fn f(a: &[u8]) -> u16 { let b = [1u8, 2, 3]; let c = [a[0]; 7]; let d = [300u16, 2]; sum(&b) + sum(&c) + largest(a) as u16 + largest(&d) }
