//! Which words an instruction leaves, from those that it takes.

use super::ANY;
use crate::codegen::interval::Interval;
use cap_file::{Opcode, Operands};

/// So many words there are.
pub(super) const WORDS: i32 = 0x1_0000;

/// A result as the word that it is. Numbers from 0 to 65535 on both sides of 32767 stay as they are: words without sign.
pub(super) fn wrapped(low: i64, high: i64) -> Interval {
    let (Ok(low), Ok(high)) = (i32::try_from(low), i32::try_from(high)) else {
        return ANY;
    };
    match Interval::new(low, high) {
        range if range.within(ANY) => range,
        range if range.high >= WORDS => ANY,
        Interval { low, high } if low > ANY.high => Interval::new(low - WORDS, high - WORDS),
        range if range.low >= 0 => range,
        _ => ANY,
    }
}

/// The words with sign that they are.
pub(super) fn signed(range: Interval) -> Interval {
    if range.high > ANY.high { ANY } else { range }
}

fn hull(values: [i64; 4]) -> Interval {
    let low = values.iter().copied().min().unwrap_or(i64::MIN);
    let high = values.iter().copied().max().unwrap_or(i64::MAX);
    wrapped(low, high)
}

/// The words that every byte loaded is one of.
pub(super) const BYTE: Interval = Interval::BYTE;

/// The number that an instruction pushes.
pub(super) fn constant(opcode: Opcode, operands: &Operands) -> Option<i32> {
    match (opcode, operands) {
        (Opcode::SconstM1, _) => Some(-1),
        (Opcode::Sconst0, _) => Some(0),
        (Opcode::Sconst1, _) => Some(1),
        (Opcode::Sconst2, _) => Some(2),
        (Opcode::Sconst3, _) => Some(3),
        (Opcode::Sconst4, _) => Some(4),
        (Opcode::Sconst5, _) => Some(5),
        (Opcode::Bspush | Opcode::Sspush, Operands::Immediate(value)) => Some(*value),
        _ => None,
    }
}

/// The result of an instruction without a symbol.
pub(super) fn plain(opcode: Opcode, operands: &Operands, [a, b]: &[Interval; 2]) -> Interval {
    if let Some(value) = constant(opcode, operands) {
        return Interval::new(value, value);
    }
    // These three do not ask for signs.
    let (a, b) = match opcode {
        Opcode::Sadd | Opcode::Ssub | Opcode::Smul => (*a, *b),
        _ => (signed(*a), signed(*b)),
    };
    let (al, ah, bl, bh) = (
        i64::from(a.low),
        i64::from(a.high),
        i64::from(b.low),
        i64::from(b.high),
    );
    if al == ah && bl == bh {
        match opcode {
            Opcode::Sand => return wrapped(al & bl, al & bl),
            Opcode::Sor => return wrapped(al | bl, al | bl),
            Opcode::Sxor => return wrapped(al ^ bl, al ^ bl),
            _ => {}
        }
    }
    match opcode {
        // Of the two words of an `int` the low one.
        Opcode::I2s => b,
        Opcode::Baload | Opcode::I2b => BYTE,
        Opcode::Icmp => Interval::new(-1, 1),
        Opcode::Arraylength => Interval::LENGTH,
        Opcode::Sadd => wrapped(al + bl, ah + bh),
        Opcode::Ssub => wrapped(al - bh, ah - bl),
        Opcode::Smul => hull([al * bl, al * bh, ah * bl, ah * bh]),
        Opcode::Sneg => wrapped(-ah, -al),
        Opcode::S2b if a.within(BYTE) => a,
        // Within one run of 256 words the order stays.
        Opcode::S2b if (al + 128).div_euclid(256) == (ah + 128).div_euclid(256) => {
            let run = (al + 128).div_euclid(256) * 256;
            wrapped(al - run, ah - run)
        }
        Opcode::S2b => BYTE,
        Opcode::Sdiv if al >= 0 && bl >= 0 => wrapped(al / bh.max(1), ah / bl.max(1)),
        // The quotient is no larger than the dividend, whatever the divisor's sign.
        Opcode::Sdiv => {
            let most = al.abs().max(ah.abs());
            wrapped(-most, most)
        }
        // The remainder has the dividend's sign and is smaller than the divisor.
        Opcode::Srem => {
            let most = (bl.abs().max(bh.abs()) - 1).max(0);
            wrapped(al.min(0).max(-most), ah.max(0).min(most))
        }
        Opcode::Sand
            if bl == bh
                && bl > 0
                && bl & (bl + 1) == 0
                && al.div_euclid(bl + 1) == ah.div_euclid(bl + 1) =>
        {
            let run = al.div_euclid(bl + 1) * (bl + 1);
            wrapped(al - run, ah - run)
        }
        Opcode::Sxor if bl == -1 && bh == -1 => wrapped(-1 - ah, -1 - al),
        Opcode::Sand if al >= 0 && bl >= 0 => wrapped(0, ah.min(bh)),
        Opcode::Sand if al >= 0 => wrapped(0, ah),
        Opcode::Sand if bl >= 0 => wrapped(0, bh),
        Opcode::Sor | Opcode::Sxor if al >= 0 && bl >= 0 => {
            let bits = 64 - (ah | bh).leading_zeros();
            let low = if opcode == Opcode::Sor { al.max(bl) } else { 0 };
            wrapped(low, (1 << bits) - 1)
        }
        // All ones above the sign of both: what has the sign of a byte keeps it.
        Opcode::Sand | Opcode::Sor | Opcode::Sxor if a.within(BYTE) && b.within(BYTE) => BYTE,
        Opcode::Sshl if bl >= 0 && bh < 16 => hull([al << bl, al << bh, ah << bl, ah << bh]),
        Opcode::Sshr if bl >= 0 && bh < 16 => hull([al >> bl, al >> bh, ah >> bl, ah >> bh]),
        // By whatever distance: towards 0, or -1.
        Opcode::Sshr => wrapped(al.min(0), ah.max(-1)),
        Opcode::Sushr if al >= 0 && bl >= 0 && bh < 16 => wrapped(al >> bh, ah >> bl),
        _ => ANY,
    }
}

/// The first of the two words of the frame that an instruction stores an `int` in or adds to.
pub(super) fn int_stored(opcode: Opcode, operands: &Operands) -> Option<u8> {
    match (opcode, operands) {
        (Opcode::Istore, Operands::Local(word)) => Some(*word),
        (Opcode::Iinc | Opcode::IincW, Operands::Increment { local, .. }) => Some(*local),
        (Opcode::Istore0, _) => Some(0),
        (Opcode::Istore1, _) => Some(1),
        (Opcode::Istore2, _) => Some(2),
        (Opcode::Istore3, _) => Some(3),
        _ => None,
    }
}

/// The word of the frame that an instruction loads, stores or adds to.
pub(super) fn local_of(opcode: Opcode, operands: &Operands) -> Option<u8> {
    use Opcode::{
        Aload, Aload0, Aload1, Aload2, Aload3, Astore, Astore0, Astore1, Astore2, Astore3, Sload,
        Sload0, Sload1, Sload2, Sload3, Sstore, Sstore0, Sstore1, Sstore2, Sstore3,
    };
    match (opcode, operands) {
        (Aload | Sload | Astore | Sstore, Operands::Local(word)) => Some(*word),
        (Opcode::Sinc | Opcode::SincW, Operands::Increment { local, .. }) => Some(*local),
        (Aload0 | Sload0 | Astore0 | Sstore0, _) => Some(0),
        (Aload1 | Sload1 | Astore1 | Sstore1, _) => Some(1),
        (Aload2 | Sload2 | Astore2 | Sstore2, _) => Some(2),
        (Aload3 | Sload3 | Astore3 | Sstore3, _) => Some(3),
        _ => None,
    }
}
