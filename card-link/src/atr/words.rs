//! An answer to reset in words.

use super::{Atr, Convention, Group};
use crate::edc::Edc;
use crate::timing::{self, Rate};
use std::fmt;

/// Shows an answer to reset byte by byte, each with its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a>(pub &'a Atr);

/// One line: bytes, name, meaning.
fn line(f: &mut fmt::Formatter<'_>, bytes: &[u8], name: &str, meaning: &str) -> fmt::Result {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    writeln!(f, "{hex:<6} {name:<4} {meaning}")
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let atr = self.0;
        let start = match atr.convention {
            Convention::Direct => "direct convention",
            Convention::Inverse => "inverse convention",
        };
        line(f, atr.bytes.get(..1).unwrap_or_default(), "TS", start)?;
        let format = atr.bytes.get(1).copied().unwrap_or(0);
        let historical = match format & 0x0F {
            0 => "no historical bytes".to_owned(),
            1 => "1 historical byte".to_owned(),
            count => format!("{count} historical bytes"),
        };
        let first = format!("{}, {historical}", announced(1, format >> 4));
        line(f, &[format], "T0", &first)?;
        for group in &atr.groups {
            let i = group.index;
            let bytes = [
                ("TA", group.ta, ta(atr, group)),
                ("TB", group.tb, tb(atr, group)),
                ("TC", group.tc, tc(group)),
                ("TD", group.td, td(group)),
            ];
            for (name, byte, meaning) in bytes {
                if let Some(byte) = byte {
                    line(f, &[byte], &format!("{name}{i}"), &meaning)?;
                }
            }
        }
        historical_bytes(f, atr.historical())?;
        if let Some(check) = atr.check {
            line(f, &[check], "TCK", "check byte, right")?;
        }
        Ok(())
    }
}

/// The interface bytes that a Y announces.
fn announced(index: u8, present: u8) -> String {
    let names: Vec<String> = ["TA", "TB", "TC", "TD"]
        .iter()
        .enumerate()
        .filter(|(bit, _)| present & 1 << bit != 0)
        .map(|(_, name)| format!("{name}{index}"))
        .collect();
    if names.is_empty() {
        "no interface bytes follow".to_owned()
    } else {
        format!("{} follow", names.join(", "))
    }
}

fn rate(byte: u8) -> String {
    match (Rate::decode(byte), timing::max_clock(byte >> 4)) {
        (Some(Rate { f, d }), Some(clock)) => format!(
            "Fi = {f}, Di = {d}: {:.6} clock cycles a bit, at most {}.{} MHz, {} bit/s there",
            f64::from(f) / f64::from(d),
            clock / 1000,
            clock % 1000 / 100,
            u32::from(clock) * 1000 * u32::from(d) / u32::from(f)
        ),
        _ => "reserved rate".to_owned(),
    }
}

fn ta(atr: &Atr, group: &Group) -> String {
    let byte = group.ta.unwrap_or(0);
    match (group.index, group.protocol) {
        (1, _) => rate(byte),
        (2, _) => atr.specific_mode().map_or_else(String::new, |mode| {
            format!(
                "specific mode: T={}, {}, {}",
                mode.protocol,
                if mode.implicit {
                    "rate known to the reader"
                } else {
                    "rate of TA1"
                },
                if mode.fixed {
                    "cannot change to negotiable mode"
                } else {
                    "may change to negotiable mode by a warm reset"
                }
            )
        }),
        (_, Some(1)) => match byte {
            0 | 255 => "IFSC: reserved".to_owned(),
            size => format!("IFSC: the card takes {size} bytes of information in a block"),
        },
        (_, Some(15)) => supply(byte),
        (_, protocol) => specific(protocol),
    }
}

fn supply(byte: u8) -> String {
    let stop = match byte >> 6 {
        0 => "no clock stop",
        1 => "clock stop low",
        2 => "clock stop high",
        _ => "clock stop in either state",
    };
    let classes: Vec<&str> = [(1, "A (5 V)"), (2, "B (3 V)"), (4, "C (1.8 V)")]
        .into_iter()
        .filter(|(bit, _)| byte & bit != 0)
        .map(|(_, name)| name)
        .collect();
    format!("{stop}; supply classes: {}", classes.join(", "))
}

fn tb(atr: &Atr, group: &Group) -> String {
    match (group.index, group.protocol) {
        (1 | 2, _) => "programming voltage, no longer used".to_owned(),
        (_, Some(1)) => format!(
            "BWI = {}, CWI = {}: waiting times of blocks and characters",
            atr.bwi(),
            atr.cwi()
        ),
        (_, Some(15)) => "use of the contact SPU".to_owned(),
        (_, protocol) => specific(protocol),
    }
}

fn tc(group: &Group) -> String {
    let byte = group.tc.unwrap_or(0);
    match (group.index, group.protocol) {
        (1, _) if byte == 255 => {
            "N = 255: the shortest guard time, 12 etu in T=0 and 11 in T=1".to_owned()
        }
        (1, _) => format!("N = {byte}: extra guard time in etu"),
        (2, _) => format!("WI = {byte}: waiting time of T=0"),
        (_, Some(1)) => match Edc::from_tc(byte) {
            Edc::Crc => "error detection by CRC".to_owned(),
            Edc::Lrc => "error detection by LRC".to_owned(),
        },
        (_, protocol) => specific(protocol),
    }
}

fn td(group: &Group) -> String {
    let byte = group.td.unwrap_or(0);
    let what = match byte & 0x0F {
        15 => "global interface bytes".to_owned(),
        protocol => format!("T={protocol}"),
    };
    format!("{what}; {}", announced(group.index + 1, byte >> 4))
}

fn specific(protocol: Option<u8>) -> String {
    protocol.map_or_else(String::new, |protocol| format!("specific to T={protocol}"))
}

impl Edc {
    const fn from_tc(byte: u8) -> Self {
        if byte & 1 == 1 { Self::Crc } else { Self::Lrc }
    }
}

/// The historical bytes: by their category indicator (ISO 7816-4 §12.1.1).
fn historical_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let Some((&category, rest)) = bytes.split_first() else {
        return Ok(());
    };
    match category {
        0x00 | 0x80 => {
            let name = if category == 0 {
                "historical bytes: compact TLV, then three bytes of status"
            } else {
                "historical bytes: compact TLV"
            };
            line(f, &[category], "", name)?;
            let (objects, status) = match (category, rest.split_last_chunk::<3>()) {
                (0, Some((objects, status))) => (objects, Some(status)),
                _ => (rest, None),
            };
            compact(f, objects)?;
            status.map_or(Ok(()), |status| {
                line(f, status, "", "life cycle and status word")
            })
        }
        0x10 => line(f, bytes, "", "historical bytes: reference of a DIR record"),
        _ => {
            let text: String = bytes
                .iter()
                .map(|&byte| match byte {
                    0x20..0x7F => char::from(byte),
                    _ => '.',
                })
                .collect();
            line(
                f,
                bytes,
                "",
                &format!("historical bytes, proprietary: {text:?}"),
            )
        }
    }
}

fn compact(f: &mut fmt::Formatter<'_>, mut objects: &[u8]) -> fmt::Result {
    while let Some((&head, rest)) = objects.split_first() {
        let length = usize::from(head & 0x0F);
        let Some((value, next)) = rest.split_at_checked(length) else {
            return line(f, objects, "", "cut off");
        };
        let meaning = match head >> 4 {
            1 => "country code",
            2 => "issuer identification number",
            3 => "card service data",
            4 => "initial access data",
            5 => "card issuer's data",
            6 => "pre-issuing data",
            7 => "card capabilities",
            8 => "status",
            15 => "application identifier",
            _ => "reserved",
        };
        line(f, objects.get(..=length).unwrap_or(value), "", meaning)?;
        if head >> 4 == 7 {
            capabilities(f, value)?;
        }
        objects = next;
    }
    Ok(())
}

/// The card capabilities that concern a transport: the third software function table (ISO 7816-4 §12.1.1.9).
fn capabilities(f: &mut fmt::Formatter<'_>, value: &[u8]) -> fmt::Result {
    let Some(third) = value.get(2) else {
        return Ok(());
    };
    for (bit, meaning) in [(0x80, "command chaining"), (0x40, "extended lengths")] {
        if third & bit != 0 {
            line(f, &[], "", &format!("  the card can {meaning}"))?;
        }
    }
    match third & 7 {
        0 => Ok(()),
        channels => line(f, &[], "", &format!("  {} logical channels", channels + 1)),
    }
}
