//! Command tables: what an application answers, as data.

use crate::{Command, StatusWord};
use core::fmt;
use core::ops::RangeInclusive;

/// The commands of one application.
#[derive(Clone, Copy, Debug)]
pub struct Specification {
    /// A short name, the first part of its requirement ids.
    pub name: &'static str,
    /// What the application is.
    pub title: &'static str,
    /// What holds for every command.
    pub general: &'static [Requirement],
    /// The commands.
    pub commands: &'static [CommandSpec],
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// The first part of its requirement ids, like `JPKI-VER`.
    pub id: &'static str,
    /// Its name in the standard.
    pub name: &'static str,
    /// The clause of the standard it follows.
    pub standard: &'static str,
    /// What it does here.
    pub purpose: &'static str,
    /// The class byte; [`CommandSpec::secure`] says whether it comes with secure messaging.
    pub cla: u8,
    /// Whether the command goes through the secure channel.
    pub secure: Secure,
    /// The instruction byte.
    pub ins: u8,
    /// The values of P1.
    pub p1: &'static [Parameter],
    /// The values of P2.
    pub p2: &'static [Parameter],
    /// The command data; empty where there are none.
    pub data: &'static [Field],
    /// The response data in words; empty where there are none.
    pub response: &'static str,
    /// Who may use it.
    pub access: &'static str,
    /// In which life-cycle states it works.
    pub states: &'static str,
    /// Every answer, with its condition, in the order in which the conditions are looked at.
    pub requirements: &'static [Requirement],
}

/// Whether a command goes through the secure channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secure {
    /// Never: the class byte is as it stands in the table.
    Never,
    /// Always: the table has the class byte with the secure messaging bit, 04.
    Always,
    /// As the session asks: with or without the secure messaging bit.
    Either,
}

/// A value, or a family of values, of P1 or P2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The value in the bits of the mask.
    pub value: u8,
    /// The bits that are compared; the others are free.
    pub mask: u8,
    /// What it means.
    pub meaning: &'static str,
}

impl Parameter {
    /// One value.
    #[must_use]
    pub const fn exact(value: u8, meaning: &'static str) -> Self {
        Self {
            value,
            mask: 0xFF,
            meaning,
        }
    }

    /// The values that agree with `value` in the bits of `mask`.
    #[must_use]
    pub const fn masked(value: u8, mask: u8, meaning: &'static str) -> Self {
        Self {
            value,
            mask,
            meaning,
        }
    }

    /// Any value.
    #[must_use]
    pub const fn any(meaning: &'static str) -> Self {
        Self {
            value: 0,
            mask: 0,
            meaning,
        }
    }

    /// Whether `byte` is one of the values.
    #[must_use]
    pub const fn matches(&self, byte: u8) -> bool {
        byte & self.mask == self.value
    }
}

/// Shows `80`, or `80+` where some bits are free, or `xx` where all are.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mask {
            0xFF => write!(f, "{:02X}", self.value),
            0 => f.write_str("xx"),
            mask => write!(f, "{:02X}..{:02X}", self.value, self.value | !mask),
        }
    }
}

/// A part of the command data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub name: &'static str,
    /// Its length in bytes.
    pub length: RangeInclusive<usize>,
    /// Whether it must not be shown.
    pub secret: bool,
}

impl Field {
    /// A part of `min` to `max` bytes.
    #[must_use]
    pub const fn new(name: &'static str, min: usize, max: usize) -> Self {
        Self {
            name,
            length: min..=max,
            secret: false,
        }
    }

    /// A part of `min` to `max` bytes that must not be shown.
    #[must_use]
    pub const fn secret(name: &'static str, min: usize, max: usize) -> Self {
        Self {
            name,
            length: min..=max,
            secret: true,
        }
    }
}

/// One answer of a command and its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// A name that vectors and reports refer to, like `JPKI-VER-03`.
    pub id: &'static str,
    /// The status word.
    pub answer: Answer,
    /// When it is given.
    pub condition: &'static str,
}

/// A status word, or a family of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This one.
    Exact(StatusWord),
    /// 63Cx, where x is the number of presentations left.
    TriesLeft,
}

impl Answer {
    /// Whether `status` is one of the family.
    #[must_use]
    pub fn matches(self, status: StatusWord) -> bool {
        match self {
            Self::Exact(exact) => exact == status,
            Self::TriesLeft => status.as_tries_left().is_some(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => status.fmt(f),
            Self::TriesLeft => f.write_str("63Cx"),
        }
    }
}

/// A requirement that is answered with one status word.
#[must_use]
pub const fn requirement(
    id: &'static str,
    status: StatusWord,
    condition: &'static str,
) -> Requirement {
    Requirement {
        id,
        answer: Answer::Exact(status),
        condition,
    }
}

/// A requirement that is answered with 63Cx.
#[must_use]
pub const fn requirement_tries(id: &'static str, condition: &'static str) -> Requirement {
    Requirement {
        id,
        answer: Answer::TriesLeft,
        condition,
    }
}

impl Specification {
    /// Every requirement: the general ones, then those of each command.
    pub fn requirements(&self) -> impl Iterator<Item = &'static Requirement> {
        let of_commands = self
            .commands
            .iter()
            .flat_map(|command| command.requirements);
        self.general.iter().chain(of_commands)
    }

    /// The command of the table that `command` is, judged by CLA and INS, and by P1 and P2 where
    /// several share these.
    #[must_use]
    pub fn find(&self, command: &Command<'_>) -> Option<&'static CommandSpec> {
        let candidates = || {
            self.commands
                .iter()
                .filter(|spec| spec.is_named_by(command))
        };
        candidates()
            .find(|spec| spec.takes(command))
            .or_else(|| candidates().next())
    }
}

impl CommandSpec {
    /// Whether CLA and INS are those of this command. The logical channel in CLA does not matter.
    #[must_use]
    pub const fn is_named_by(&self, command: &Command<'_>) -> bool {
        let free = match self.secure {
            Secure::Either => 0x04 | CHANNEL,
            Secure::Never | Secure::Always => CHANNEL,
        };
        command.cla & !free == self.cla & !free && command.ins == self.ins
    }

    /// Whether P1 and P2 are in the table.
    #[must_use]
    pub fn takes(&self, command: &Command<'_>) -> bool {
        let known =
            |table: &[Parameter], byte| table.iter().any(|parameter| parameter.matches(byte));
        known(self.p1, command.p1) && known(self.p2, command.p2)
    }

    /// The requirements that give this status word.
    pub fn explain(&self, status: StatusWord) -> impl Iterator<Item = &'static Requirement> {
        self.requirements
            .iter()
            .filter(move |requirement| requirement.answer.matches(status))
    }
}

/// The bits of the logical channel in a class byte, for channels 0 to 3.
const CHANNEL: u8 = 0x03;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::explain::SPECIFICATIONS;
    use std::collections::HashSet;

    #[test]
    fn requirement_ids_are_unique_and_numbered() {
        for specification in SPECIFICATIONS {
            for command in specification.commands {
                for (index, requirement) in command.requirements.iter().enumerate() {
                    let number: usize = requirement.id.strip_prefix(command.id).unwrap()[1..]
                        .parse()
                        .unwrap();
                    assert_eq!(number, index + 1, "{}", requirement.id);
                }
            }
        }
        let ids: std::vec::Vec<_> = crate::jpki::SPECIFICATION
            .requirements()
            .map(|r| r.id)
            .collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }

    #[test]
    fn every_command_says_when_it_succeeds() {
        for specification in SPECIFICATIONS {
            for command in specification.commands {
                assert_ne!(
                    command.explain(StatusWord::SUCCESS).count(),
                    0,
                    "{}",
                    command.name
                );
            }
        }
    }

    #[test]
    fn a_command_is_found_by_its_parameters_first() {
        let find = |bytes: &[u8]| {
            let command = Command::parse(bytes).unwrap();
            crate::jpki::SPECIFICATION
                .find(&command)
                .map(|spec| spec.id)
        };
        assert_eq!(find(&[0x00, 0xA4, 0x02, 0x0C]), Some("JPKI-SEL"));
        assert_eq!(find(&[0x84, 0xA4, 0x02, 0x0C]), Some("JPKI-MSL"));
        assert_eq!(find(&[0x80, 0xA4, 0x02, 0x0C]), None);
        assert_eq!(find(&[0x01, 0x20, 0x77, 0x77]), Some("JPKI-VER"));
    }

    #[test]
    fn parameters_show_what_is_free() {
        let show = |parameter: Parameter| std::format!("{parameter}");
        assert_eq!(show(Parameter::exact(3, "")), "03");
        assert_eq!(show(Parameter::masked(0x80, 0xE0, "")), "80..9F");
        assert_eq!(show(Parameter::any("")), "xx");
    }
}
