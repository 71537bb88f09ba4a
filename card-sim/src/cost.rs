//! How long a command takes on a real card.
//!
//! Counted are bytecodes and what of the API was measured: cryptography, keys, copying into persistent memory. Not
//! counted are other methods of the API, other writes of persistent memory beyond what the measured stores hold, and
//! the transmission. An estimate is a lower bound that tells which of two programs is slower; cryptography that nobody
//! has measured is told apart ([`Estimate::unmeasured`]).

use crate::api::security::keys::Sort;
use crate::vm::{Observer, Step};
use crate::work::{Task, Work};
use cap_file::Opcode;
pub use cap_file::cost::CostError;
use cap_file::cost::Costs as BytecodeCosts;
use se_crypto::Hash;
use std::collections::BTreeMap;

/// Nanoseconds of each bytecode, and of work that the API does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    bytecodes: BytecodeCosts,
    works: BTreeMap<(String, u16), WorkCost>,
}

/// What a piece of work takes, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WorkCost {
    once: u64,
    each_byte: u64,
}

impl Costs {
    /// The costs that a profile names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let costs = Self {
            bytecodes: BytecodeCosts::named(name)?,
            works: BTreeMap::new(),
        };
        match name {
            "j3r180" => costs
                .with_work(include_str!("../profiles/j3r180.work"))
                .ok(),
            _ => Some(costs),
        }
    }

    /// Adds measurements of the API, one a line: the task, with what, bits of the key (0 for any), microseconds,
    /// nanoseconds for each byte.
    ///
    /// # Errors
    /// [`CostError`].
    pub fn with_work(mut self, text: &str) -> Result<Self, CostError> {
        for (index, line) in text.lines().enumerate() {
            let wrong = |reason| CostError {
                line: index + 1,
                reason,
            };
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let &[task, with, bits, micros, each_byte] = words.as_slice() else {
                if words.is_empty() {
                    continue;
                }
                return Err(wrong(
                    "not a task, what with, bits, microseconds and nanoseconds for each byte",
                ));
            };
            let bits = bits.parse().map_err(|_| wrong("no number of bits"))?;
            let once: Option<u64> = micros.parse().ok();
            let cost = WorkCost {
                once: once
                    .and_then(|micros| micros.checked_mul(1000))
                    .ok_or_else(|| wrong("no time in microseconds"))?,
                each_byte: each_byte
                    .parse()
                    .map_err(|_| wrong("no time in nanoseconds"))?,
            };
            let name = format!("{task} {with}");
            if self.works.insert((name, bits), cost).is_some() {
                return Err(wrong("it has a price already"));
            }
        }
        Ok(self)
    }

    /// Nanoseconds that a piece of work takes, where it was measured. A key between two measured lengths takes what
    /// the longer one does.
    #[must_use]
    pub fn of_work(&self, work: &Work) -> Option<u64> {
        let name = work_name(work.task)?;
        let longer = (name.clone(), work.bits)..=(name.clone(), u16::MAX);
        let any = (name.clone(), 0);
        let cost = self
            .works
            .range(longer)
            .next()
            .map(|(_, cost)| *cost)
            .or_else(|| self.works.get(&any).copied())?;
        let once = if work.is_last { cost.once } else { 0 };
        Some(once + cost.each_byte * u64::from(work.bytes))
    }

    /// Reads measurements of bytecodes, as [`BytecodeCosts::parse`] does.
    ///
    /// # Errors
    /// [`CostError`].
    pub fn parse(text: &str) -> Result<Self, CostError> {
        Ok(Self {
            bytecodes: BytecodeCosts::parse(text)?,
            works: BTreeMap::new(),
        })
    }

    /// Nanoseconds that a bytecode takes.
    #[must_use]
    pub fn of(&self, opcode: Opcode) -> u64 {
        self.bytecodes.of(opcode)
    }
}

/// What a piece of work is called in a table of costs.
fn work_name(task: Task) -> Option<String> {
    let hash = |hash| {
        Some(match hash {
            Hash::Sha1 => "SHA",
            Hash::Sha224 => "SHA-224",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
            Hash::Md5 => "MD5",
            Hash::Ripemd160 => "RIPEMD160",
            Hash::Sha3_224 => "SHA3-224",
            Hash::Sha3_256 => "SHA3-256",
            Hash::Sha3_384 => "SHA3-384",
            Hash::Sha3_512 => "SHA3-512",
        })
    };
    let key = |sort| match sort {
        Sort::Des => "DES",
        Sort::Aes => "AES",
        Sort::Hmac => "HMAC",
        Sort::RsaPublic => "RSA-PUBLIC",
        Sort::RsaPrivate => "RSA-PRIVATE",
        Sort::RsaCrt => "RSA-CRT",
        Sort::EcPublic => "EC-PUBLIC",
        Sort::EcPrivate => "EC-PRIVATE",
    };
    let random = |code| {
        Some(match code {
            1 => "PSEUDO_RANDOM",
            2 => "SECURE_RANDOM",
            3 => "TRNG",
            4 => "PRESEEDED_DRBG",
            5 => "FAST",
            6 => "KEYGENERATION",
            _ => return None,
        })
    };
    let (task, with) = match task {
        Task::Digest(algorithm) => ("digest", hash(algorithm)?),
        Task::Random(code) => ("random", random(code)?),
        Task::Cipher(sort) => ("cipher", key(sort)),
        Task::Mac(sort) => ("mac", key(sort)),
        Task::Sign(sort) => ("sign", key(sort)),
        Task::Verify(sort) => ("verify", key(sort)),
        Task::Agree(sort) => ("agree", key(sort)),
        Task::Generate(sort) => ("generate", key(sort)),
        Task::Init(sort) => ("init", key(sort)),
        Task::Set(sort) => ("set", key(sort)),
        Task::Copy => ("copy", "PERSISTENT"),
    };
    Some(format!("{task} {with}"))
}

/// What commands would have taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Nanoseconds of bytecodes.
    pub bytecodes: u64,
    /// Nanoseconds of the API.
    pub api: u64,
    /// Pieces of work of the API whose time nobody has measured: they are not in it.
    pub unmeasured: u32,
}

impl Estimate {
    /// All nanoseconds.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.bytecodes + self.api
    }
}

/// Adds up what the bytecodes and the work that it sees would take.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    costs: Costs,
    estimate: Estimate,
}

impl Stopwatch {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(costs: Costs) -> Self {
        Self {
            costs,
            estimate: Estimate::default(),
        }
    }

    /// What was seen since the last time that this was asked.
    pub fn take(&mut self) -> Estimate {
        std::mem::take(&mut self.estimate)
    }
}

impl Observer for Stopwatch {
    fn step(&mut self, step: &Step<'_>) {
        self.estimate.bytecodes += self.costs.of(step.instruction.opcode);
    }

    fn work(&mut self, work: &Work) {
        match self.costs.of_work(work) {
            Some(nanoseconds) => self.estimate.api += nanoseconds,
            None => self.estimate.unmeasured += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_what_was_measured() {
        let costs = Costs::named("j3r180").unwrap();
        let work = |task, bits, bytes, is_last| Work {
            task,
            bits,
            bytes,
            is_last,
        };
        let of = |work: Work| costs.of_work(&work);
        // Digest and signature of 256 bytes as JCAlgTest measured them together: 60.68 ms.
        let digest = of(work(Task::Digest(Hash::Sha1), 0, 256, true)).unwrap();
        let sign = of(work(Task::Sign(Sort::RsaCrt), 2048, 0, true)).unwrap();
        assert!((60_000_000..61_500_000).contains(&(digest + sign)));
        // What comes before the end costs by its bytes alone; so twice a half is as much as the whole.
        let half = of(work(Task::Digest(Hash::Sha1), 0, 128, false)).unwrap();
        let rest = of(work(Task::Digest(Hash::Sha1), 0, 128, true)).unwrap();
        assert_eq!(half + rest, digest);
        // Lengths between two that were measured take what the longer one does; longer ones nobody knows.
        let generate = |bits| of(work(Task::Generate(Sort::RsaCrt), bits, 0, true));
        assert_eq!(generate(1856), generate(1984));
        assert_eq!(generate(2048), Some(5_224_700_000));
        assert_eq!(generate(4128), None);
        assert_eq!(of(work(Task::Digest(Hash::Md5), 0, 1, true)), None);
        assert_eq!(
            of(work(Task::Set(Sort::Aes), 256, 0, true)),
            of(work(Task::Set(Sort::Aes), 128, 0, true))
        );
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
        for (text, line) in [
            ("sign X 8 1 0\nsign X 8 2 0", 2),
            ("sign X 8 1", 1),
            ("# all\nsign X 65536 1 0", 2),
            ("sign X 8 -1 0", 1),
            ("sign X 8 1 0.5", 1),
        ] {
            let costs = Costs::parse("").unwrap();
            assert_eq!(costs.with_work(text).unwrap_err().line, line, "{text}");
        }
    }
}
