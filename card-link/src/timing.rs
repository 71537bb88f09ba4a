//! The lengths of bits, guard times and waiting times (ISO 7816-3 §7, §8.3, §10.2, §11.4).

use std::time::Duration;

/// The clock rate conversion integer F and the baud rate adjustment integer D: a bit takes F/D clock cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// F.
    pub f: u16,
    /// D.
    pub d: u8,
}

impl Default for Rate {
    /// Fd and Dd, which hold after a reset.
    fn default() -> Self {
        Self { f: 372, d: 1 }
    }
}

impl Rate {
    /// The values that a byte like TA1 or PPS1 encodes (tables 7 and 8); `None` where they are reserved.
    #[must_use]
    pub fn decode(byte: u8) -> Option<Self> {
        Some(Self {
            f: fi(byte >> 4)?,
            d: di(byte & 0x0F)?,
        })
    }

    /// The bits a second where `initial` is the rate with Fd and Dd, which is the clock's frequency over 372.
    #[must_use]
    pub fn baud(self, initial: u32) -> u32 {
        let baud = u64::from(initial) * 372 * u64::from(self.d) / u64::from(self.f.max(1));
        u32::try_from(baud).unwrap_or(u32::MAX)
    }
}

/// Fi by its index, the high half of TA1 (table 7).
#[must_use]
pub const fn fi(index: u8) -> Option<u16> {
    Some(match index {
        0 | 1 => 372,
        2 => 558,
        3 => 744,
        4 => 1116,
        5 => 1488,
        6 => 1860,
        9 => 512,
        10 => 768,
        11 => 1024,
        12 => 1536,
        13 => 2048,
        _ => return None,
    })
}

/// The highest clock frequency in kHz by Fi's index (table 7).
#[must_use]
pub const fn max_clock(index: u8) -> Option<u16> {
    Some(match index {
        0 => 4000,
        1 | 9 => 5000,
        2 => 6000,
        3 => 8000,
        4 => 12000,
        5 => 16000,
        6 | 13 => 20000,
        10 => 7500,
        11 => 10000,
        12 => 15000,
        _ => return None,
    })
}

/// Di by its index, the low half of TA1 (table 8).
#[must_use]
pub const fn di(index: u8) -> Option<u8> {
    Some(match index {
        1 => 1,
        2 => 2,
        3 => 4,
        4 => 8,
        5 => 16,
        6 => 32,
        7 => 64,
        8 => 12,
        9 => 20,
        _ => return None,
    })
}

/// How long things take on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The clock's frequency in Hz.
    pub clock: u32,
    /// F and D as they are used now.
    pub rate: Rate,
}

impl Timing {
    /// The times of a line that started at `initial` bits a second.
    #[must_use]
    pub const fn new(initial: u32, rate: Rate) -> Self {
        Self {
            clock: initial.saturating_mul(372),
            rate,
        }
    }

    /// So many cycles of the clock.
    fn cycles(self, count: u64) -> Duration {
        let nanoseconds = u128::from(count) * 1_000_000_000 / u128::from(self.clock.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// So many elementary time units: F/D cycles of the clock each.
    #[must_use]
    pub fn etu(self, count: u64) -> Duration {
        self.cycles(count * u64::from(self.rate.f) / u64::from(self.rate.d.max(1)))
    }

    /// The waiting time of T=0: WI × 960 × Fi/f (§10.2).
    #[must_use]
    pub fn work_waiting(self, wi: u8) -> Duration {
        self.cycles(u64::from(wi) * 960 * u64::from(self.rate.f))
    }

    /// The most between the starts of two characters of a T=1 block: 11 + 2^CWI etu (§11.4.3).
    #[must_use]
    pub fn character_waiting(self, cwi: u8) -> Duration {
        self.etu(11 + (1 << cwi.min(15)))
    }

    /// The most between the last character to the card and the first of its block: 11 etu + 2^BWI × 960 × Fd/f
    /// (§11.4.3).
    #[must_use]
    pub fn block_waiting(self, bwi: u8) -> Duration {
        self.etu(11) + self.cycles((1 << bwi.min(9)) * 960 * 372)
    }

    /// The extra time after each character that N (TC1) asks for, beyond 12 etu: N × R/f, with R = F/D, or Fi/Di of
    /// TA1 where the answer to reset names T=15 (§8.3). N = 255 asks for none.
    #[must_use]
    pub fn extra_guard(self, n: u8, reference: Rate) -> Duration {
        let n = if n == 255 { 0 } else { u64::from(n) };
        self.cycles(n * u64::from(reference.f) / u64::from(reference.d.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ta1_is_decoded_as_the_tables_say() {
        assert_eq!(Rate::decode(0x11), Some(Rate { f: 372, d: 1 }));
        assert_eq!(Rate::decode(0x18), Some(Rate { f: 372, d: 12 }));
        assert_eq!(Rate::decode(0x96), Some(Rate { f: 512, d: 32 }));
        assert_eq!(Rate::decode(0x70), None);
        assert_eq!(Rate::decode(0x10), None);
        assert_eq!(Rate::decode(0x18).unwrap().baud(9600), 115_200);
    }

    #[test]
    fn waiting_times_of_a_clock_of_3_5712_mhz() {
        let timing = Timing::new(9600, Rate::default());
        assert_eq!(timing.clock, 3_571_200);
        // 10 × 960 etu of 104.17 µs: one second.
        assert_eq!(timing.work_waiting(10), Duration::from_secs(1));
        assert_eq!(timing.etu(96), Duration::from_millis(10));
        // BWI 4: 1.6 s and 11 etu.
        let bwt = timing.block_waiting(4);
        assert_eq!(bwt - timing.etu(11), Duration::from_millis(1600));
        assert_eq!(timing.character_waiting(13), timing.etu(8203));
        assert_eq!(timing.extra_guard(255, timing.rate), Duration::ZERO);
        assert_eq!(timing.extra_guard(2, timing.rate), timing.etu(2));
    }
}
