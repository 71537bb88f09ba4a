//! How long bytecode takes on a real card.
//!
//! Only bytecodes are counted, as they were measured: not what the API does (cryptography above
//! all), not the writing of persistent memory beyond what the measured stores hold, not the
//! transmission. An estimate is a lower bound that tells which of two programs is slower.

use crate::opcode::Opcode;
use std::collections::HashMap;

/// Why a table of costs is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the costs: {reason}")]
pub struct CostError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Nanoseconds of each bytecode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// By opcode byte.
    nanoseconds: Vec<u64>,
}

impl Costs {
    /// The costs that a profile names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "j3r180" => Self::parse(include_str!("cost/j3r180.costs")).ok(),
            _ => None,
        }
    }

    /// Reads measurements of sequences: microseconds and the bytecodes, one sequence a line. The
    /// bytecodes that are new in a line share equally what it leaves for them.
    ///
    /// # Errors
    /// [`CostError`].
    pub fn parse(text: &str) -> Result<Self, CostError> {
        let mut nanoseconds: HashMap<&str, u64> = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let wrong = |reason| CostError {
                line: index + 1,
                reason,
            };
            let mut words = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            let Some(time) = words.next() else { continue };
            let (whole, tenths) = time.split_once('.').unwrap_or((time, "0"));
            let micros: Option<u64> = whole.parse().ok();
            let tenths = tenths.parse::<u64>().ok().filter(|tenths| *tenths < 10);
            let mut rest = micros
                .zip(tenths)
                .and_then(|(whole, tenths)| whole.checked_mul(1000)?.checked_add(tenths * 100))
                .ok_or_else(|| wrong("no time in microseconds with one decimal"))?;
            let mut new: Vec<&str> = Vec::new();
            for name in words {
                match nanoseconds.get(name) {
                    Some(cost) => rest = rest.saturating_sub(*cost),
                    None => new.push(name),
                }
            }
            let count = u64::try_from(new.len()).unwrap_or(0);
            if count == 0 {
                return Err(wrong("all its bytecodes have a price already"));
            }
            for name in new {
                nanoseconds.insert(name, rest / count);
            }
        }
        let mut by_opcode = vec![0; 1 << 8];
        for opcode in Opcode::ALL {
            let cost = nanoseconds.get(measured_as(opcode.mnemonic()));
            by_opcode[usize::from(opcode.byte())] = cost.copied().unwrap_or(0);
        }
        Ok(Self {
            nanoseconds: by_opcode,
        })
    }

    /// Nanoseconds that a bytecode takes.
    #[must_use]
    pub fn of(&self, opcode: Opcode) -> u64 {
        let cost = self.nanoseconds.get(usize::from(opcode.byte()));
        cost.copied().unwrap_or(0)
    }
}

/// The bytecode whose measurement stands for another's: itself, another form of it, or the
/// nearest that was measured.
fn measured_as(mnemonic: &str) -> &str {
    let name = mnemonic.strip_suffix("_w").unwrap_or(mnemonic);
    match name {
        "aconst_null" => "sconst",
        "ifnull" => "ifeq",
        "ifnonnull" => "ifne",
        "iflt" | "ifge" | "ifgt" | "ifle" => "ifne",
        "if_acmpeq" | "if_acmpne" | "if_scmpne" => "if_scmpeq",
        "if_scmpge" | "if_scmpgt" | "if_scmple" => "if_scmplt",
        "jsr" | "ret" => "goto",
        "itableswitch" => "stableswitch",
        "ilookupswitch" => "slookupswitch",
        "areturn" | "sreturn" | "ireturn" => "return",
        "s2i" => "i2s",
        "dup2" | "dup_x" | "swap_x" => "dup",
        "getstatic_i" => "getstatic_s",
        "putstatic_a" | "putstatic_i" => "putstatic_s",
        "astore" => "sstore",
        "aaload" | "iaload" => "saload",
        "aastore" | "iastore" => "sastore",
        "arraylength" => "getfield_a_this",
        "invokevirtual" | "invokespecial" | "invokeinterface" | "new" | "newarray"
        | "anewarray" | "checkcast" | "instanceof" => "invokestatic",
        name if name.starts_with("getfield") || name.starts_with("putfield") => "getfield_a_this",
        name => match name.rsplit_once('_') {
            // sload_1, sconst_m1
            Some((family, "0" | "1" | "2" | "3" | "4" | "5" | "m1")) => match family {
                "astore" => "sstore",
                family => family,
            },
            _ => name,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bytecode_has_a_price() {
        let costs = Costs::named("j3r180").unwrap();
        for byte in 0..=u8::MAX {
            if let Some(opcode) = Opcode::from_byte(byte)
                && !matches!(opcode, Opcode::Nop | Opcode::Impdep1 | Opcode::Impdep2)
            {
                assert!(costs.of(opcode) > 0, "{}", opcode.mnemonic());
            }
        }
    }

    #[test]
    fn prices_are_those_of_the_measurements() {
        let costs = Costs::named("j3r180").unwrap();
        let sum = |opcodes: &[Opcode]| opcodes.iter().map(|each| costs.of(*each)).sum::<u64>();
        assert_eq!(sum(&[Opcode::Sconst5, Opcode::Pop]), 5700);
        assert_eq!(
            sum(&[Opcode::Sconst5, Opcode::Sconst3, Opcode::Sadd, Opcode::Pop]),
            12500
        );
        assert_eq!(costs.of(Opcode::Aload1), costs.of(Opcode::Aload));
        assert_eq!(costs.of(Opcode::GotoW), 3100);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (text, line) in [
            ("1.0 a\nx b", 2),
            ("1.0 a\n2.0 a", 2),
            ("1.23 a", 1),
            ("1.0", 1),
        ] {
            assert_eq!(Costs::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
