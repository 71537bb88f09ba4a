// A TLV parser as one would write it: an iterator of one's own.
use platform::{Result, StatusWord};

struct Tlv<'a> {
    tag: u8,
    value: &'a [u8],
}

struct Tlvs<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let (&tag, rest) = self.rest.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        self.rest = rest;
        Some(Tlv { tag, value })
    }
}

fn tlvs(data: &[u8]) -> Tlvs<'_> {
    Tlvs { rest: data }
}

pub fn sum(data: &[u8]) -> u16 {
    let mut sum = 0u16;
    for tlv in tlvs(data) {
        sum += u16::from(tlv.tag) + tlv.value.len() as u16 * 256;
    }
    sum
}
// run: sum([1, 0, 2, 3, 9, 9, 9]) == 771
// run: sum([]) == 0
// run: sum([7, 2, 1]) == 0

pub fn last_value(data: &[u8], tag: u8) -> Result<u8> {
    let mut all = tlvs(data);
    let mut found = None;
    while let Some(Tlv { tag: this, value }) = all.next() {
        if this == tag {
            found = value.last().copied();
        }
    }
    found.ok_or(StatusWord(0x6A88))
}
// run: last_value([1, 1, 5, 2, 2, 7, 8, 1, 1, 6], 1) == Ok(6)
// run: last_value([1, 1, 5, 2, 2, 7, 8, 1, 1, 6], 2) == Ok(8)
// run: last_value([1, 1, 5], 3) == Err(0x6A88)

struct Countdown(u8);

impl Iterator for Countdown {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0)
    }
}

pub fn counted(from: u8) -> u16 {
    let mut sum = 0u16;
    let mut down = Countdown(from);
    'all: for n in &mut down {
        if n == 3 {
            break 'all;
        }
        if n % 2 == 0 {
            continue;
        }
        sum += n as u16;
    }
    for n in down {
        sum += n as u16 * 100;
    }
    sum
}
// run: counted(8) == 312
// run: counted(3) == 1
