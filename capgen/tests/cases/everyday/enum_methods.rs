// run: f(0) == 921
// run: f(1) == 3
// run: f(2) == 14
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cmd { Read { offset: u16, length: u8 }, Write(u16), Nop }
impl Cmd {
    fn parse(x: u8) -> Option<Self> { match x { 0 => Some(Self::Read { offset: 300, length: 7 }), 1 => Some(Cmd::Write(40000)), 2 => Some(Cmd::Nop), _ => None } }
    fn cost(&self) -> u16 { match self { Cmd::Read { offset, length } => offset + *length as u16, Cmd::Write(n) if *n > 30000 => 1, Cmd::Write(n) => *n, Self::Nop => 3 } }
    fn is_nop(self) -> bool { matches!(self, Self::Nop) }
}
pub fn f(x: u8) -> u16 { let mut c = match Cmd::parse(x) { Some(c) => c, None => return 9 }; let n = c.cost(); if c.is_nop() { c = Cmd::Write(8); } n * 2 + c.cost() }
