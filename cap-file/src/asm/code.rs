//! The instructions of one method.

use super::{AsmError, strip_comment};
use crate::instruction::{Instruction, Operands};
use crate::opcode::{Layout, Opcode};
use std::collections::HashMap;

/// A line of code: its number, its instruction and its operand words.
struct Line<'t> {
    number: usize,
    offset: usize,
    opcode: Opcode,
    words: Vec<&'t str>,
}

/// Assembles instructions, one on each line: `MNEMONIC OPERAND…`; `NAME:` alone on a line is a label. A jump is a
/// label, or a distance with its sign. `first_line` is the number of the first line, for errors.
///
/// # Errors
/// [`AsmError`] for the first line that is not understood or whose operands do not fit the instruction.
///
/// ```
/// let code = cap_file::asm::assemble_code("again:\n  sinc 1 -1\n  sload_1\n  ifgt again\n  return", 1)?;
/// assert_eq!(code, [0x59, 1, 0xff, 0x1d, 0x64, 0xfc, 0x7a]);
/// # Ok::<(), cap_file::asm::AsmError>(())
/// ```
pub fn assemble_code(text: &str, first_line: usize) -> Result<Vec<u8>, AsmError> {
    assemble_named(text, first_line, &HashMap::new())
}

/// The same with names for constants: an operand `$NAME` is the index of that one.
pub(crate) fn assemble_named(
    text: &str,
    first_line: usize,
    constants: &HashMap<String, u16>,
) -> Result<Vec<u8>, AsmError> {
    let mut labels = HashMap::new();
    let mut lines = Vec::new();
    let mut offset = 0;
    for (number, line) in (first_line..).zip(text.lines()) {
        let line = strip_comment(line);
        if line.is_empty() {
            continue;
        }
        if let Some(label) = line.strip_suffix(':') {
            if labels.insert(label, offset).is_some() {
                return Err(AsmError::new(number, "a new label", label));
            }
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        let mnemonic = words.next().unwrap_or_default();
        let opcode = Opcode::from_mnemonic(mnemonic)
            .ok_or_else(|| AsmError::new(number, "an instruction", mnemonic))?;
        let words: Vec<&str> = words.collect();
        let size = size(opcode, words.len());
        lines.push(Line {
            number,
            offset,
            opcode,
            words,
        });
        offset += size;
    }
    let mut code = Vec::with_capacity(offset);
    for line in &lines {
        let operands = operands(line, &labels, constants).ok_or_else(|| {
            AsmError::new(line.number, expected(line.opcode), line.words.join(" "))
        })?;
        let instruction = Instruction {
            offset: line.offset,
            opcode: line.opcode,
            operands,
        };
        instruction.encode(&mut code).map_err(|error| {
            AsmError::new(line.number, expected(line.opcode), error.to_string())
        })?;
    }
    Ok(code)
}

/// Bytes of an instruction with so many operand words.
fn size(opcode: Opcode, words: usize) -> usize {
    let layout = opcode.layout();
    // Before a switch's cases stand the default, and the lowest key of a table.
    let first = match layout {
        Layout::TableSwitchShort | Layout::TableSwitchInt => 2,
        _ => 1,
    };
    1 + layout.size(words.saturating_sub(first))
}

fn expected(opcode: Opcode) -> String {
    let operands = match opcode.layout() {
        Layout::None => "no operand",
        Layout::Byte => "a number from -128 to 127",
        Layout::Short => "a number from -32768 to 32767",
        Layout::Int => "a number of 32 bits",
        Layout::Local => "a local variable",
        Layout::IncrementByte => "a local variable and a number from -128 to 127",
        Layout::IncrementShort => "a local variable and a number from -32768 to 32767",
        Layout::Stack => "two numbers up to 15",
        Layout::BranchByte => "a label at most 127 bytes away",
        Layout::BranchShort => "a label",
        Layout::TableSwitchShort | Layout::TableSwitchInt => {
            "a default label, the lowest key and a label for each key"
        }
        Layout::LookupSwitchShort | Layout::LookupSwitchInt => {
            "a default label and KEY=LABEL pairs"
        }
        Layout::PoolByte => "a constant below 256",
        Layout::PoolShort => "a constant",
        Layout::InvokeInterface => "nargs, a constant and a method token",
        Layout::ArrayType => "an array type",
        Layout::TypeCheck => "an array type and a constant",
    };
    format!("{} with {operands}", opcode.mnemonic())
}

fn operands(
    line: &Line<'_>,
    labels: &HashMap<&str, usize>,
    constants: &HashMap<String, u16>,
) -> Option<Operands> {
    let pool = |word: &str| -> Option<u16> {
        match word.strip_prefix('$') {
            Some(name) => constants.get(name).copied(),
            None => word.parse().ok(),
        }
    };
    let jump = |word: &str| -> Option<i16> {
        if word.starts_with(['+', '-']) {
            return word.parse().ok();
        }
        let distance = i64::try_from(*labels.get(word)?).ok()? - i64::try_from(line.offset).ok()?;
        i16::try_from(distance).ok()
    };
    Some(match (line.opcode.layout(), line.words.as_slice()) {
        (Layout::None, []) => Operands::None,
        (Layout::Byte | Layout::Short | Layout::Int, [value]) => {
            Operands::Immediate(value.parse().ok()?)
        }
        (Layout::Local, [local]) => Operands::Local(local.parse().ok()?),
        (Layout::IncrementByte | Layout::IncrementShort, [local, value]) => Operands::Increment {
            local: local.parse().ok()?,
            value: value.parse().ok()?,
        },
        (Layout::Stack, [m, n]) => Operands::Stack {
            m: m.parse().ok()?,
            n: n.parse().ok()?,
        },
        (Layout::BranchByte | Layout::BranchShort, [target]) => Operands::Branch(jump(target)?),
        (Layout::TableSwitchShort | Layout::TableSwitchInt, [default, low, targets @ ..]) => {
            let offsets: Option<Vec<i16>> = targets.iter().map(|target| jump(target)).collect();
            let low: i32 = low.parse().ok()?;
            let high = low.checked_add(i32::try_from(targets.len()).ok()?.checked_sub(1)?)?;
            Operands::TableSwitch {
                default: jump(default)?,
                low,
                high,
                offsets: offsets?,
            }
        }
        (Layout::LookupSwitchShort | Layout::LookupSwitchInt, [default, pairs @ ..]) => {
            let pair = |word: &&str| {
                let (key, target) = word.split_once('=')?;
                Some((key.parse().ok()?, jump(target)?))
            };
            let pairs: Option<Vec<(i32, i16)>> = pairs.iter().map(pair).collect();
            Operands::LookupSwitch {
                default: jump(default)?,
                pairs: pairs?,
            }
        }
        (Layout::PoolByte | Layout::PoolShort, [index]) => Operands::Pool(pool(index)?),
        (Layout::InvokeInterface, [nargs, index, method]) => Operands::InvokeInterface {
            nargs: nargs.parse().ok()?,
            index: pool(index)?,
            method: method.parse().ok()?,
        },
        (Layout::ArrayType, [element]) => Operands::ArrayType(element.parse().ok()?),
        (Layout::TypeCheck, [array_type, index]) => Operands::TypeCheck {
            array_type: array_type.parse().ok()?,
            index: pool(index)?,
        },
        _ => return None,
    })
}
