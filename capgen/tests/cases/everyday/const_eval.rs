// run: f(1) == 16842011
const A: u16 = 0xFFFF;
const B: i16 = A as i16;
const C: u8 = (A >> 4) as u8;
const D: i8 = C as i8;
const E: u32 = (A as u32) << 8 | C as u32;
const F: [u16; 3] = [A, B as u16, E as u16];
const G: usize = F.len() + 2;
const H: bool = A > 5 && B < 0;
const I: u16 = A.wrapping_add(2);
const J: i32 = -(E as i32) / 7 % 1000;
pub fn f(i: u8) -> u32 { (F[i as usize] as u32).wrapping_add(D as u32).wrapping_add(E).wrapping_add(G as u32 + H as u32 + I as u32).wrapping_add(J as u32) }
