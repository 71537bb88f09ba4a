//! One instruction at a time: decoding from and encoding to bytecode.

use crate::opcode::{Layout, Opcode};
use thiserror::Error;

/// The operands of one instruction. Branch offsets are relative to the instruction's own opcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operands {
    /// No operand.
    None,
    /// An immediate value (`bspush`, `sspush`, `bipush`, `sipush`, `iipush`).
    Immediate(i32),
    /// The index of a local variable.
    Local(u8),
    /// A local variable and the value to add.
    Increment {
        /// Index of the local variable.
        local: u8,
        /// What to add; within `i8` for the short forms.
        value: i16,
    },
    /// The two nibbles of `dup_x` and `swap_x`.
    Stack {
        /// High nibble: words to copy or swap.
        m: u8,
        /// Low nibble: depth, or the other group of words.
        n: u8,
    },
    /// A branch; within `i8` for the short forms.
    Branch(i16),
    /// `stableswitch` and `itableswitch`.
    TableSwitch {
        /// Where to go when the key is out of range.
        default: i16,
        /// Lowest key.
        low: i32,
        /// Highest key.
        high: i32,
        /// One offset for each key from `low` to `high`.
        offsets: Vec<i16>,
    },
    /// `slookupswitch` and `ilookupswitch`.
    LookupSwitch {
        /// Where to go when no key matches.
        default: i16,
        /// (key, offset), as they stand in the code.
        pairs: Vec<(i32, i16)>,
    },
    /// An index into the constant pool; below 256 for the one-byte forms.
    Pool(u16),
    /// `invokeinterface`.
    InvokeInterface {
        /// Argument words, `this` included.
        nargs: u8,
        /// Constant pool index of the interface's class reference.
        index: u16,
        /// Token of the method in that interface.
        method: u8,
    },
    /// Element type of `newarray`: 10 boolean, 11 byte, 12 short, 13 int.
    ArrayType(u8),
    /// `checkcast` and `instanceof`.
    TypeCheck {
        /// 0 class, 10 to 13 primitive arrays, 14 array of references.
        array_type: u8,
        /// Constant pool index of the class; 0 for primitive arrays.
        index: u16,
    },
}

/// One decoded instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Where its opcode stands in the bytes that were decoded.
    pub offset: usize,
    /// What it does.
    pub opcode: Opcode,
    /// On what.
    pub operands: Operands,
}

/// Bytes that are not an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// No instruction has this opcode.
    #[error(
        "at bytecode offset {offset}: 0x{byte:02x} is not an opcode of the Java Card VM (JCVM §7.5)"
    )]
    UnknownOpcode {
        /// Offset of the opcode.
        offset: usize,
        /// What stands there.
        byte: u8,
    },
    /// The operands reach beyond the end of the code.
    #[error("at bytecode offset {offset}: the operands of {} run past the end of the code ({available} bytes)", opcode.mnemonic())]
    Truncated {
        /// Offset of the opcode.
        offset: usize,
        /// The instruction.
        opcode: Opcode,
        /// Length of the code.
        available: usize,
    },
    /// A table switch whose lowest key is above its highest, or with more keys than code can hold.
    #[error("at bytecode offset {offset}: {} from {low} to {high} is not a range of keys", opcode.mnemonic())]
    SwitchRange {
        /// Offset of the opcode.
        offset: usize,
        /// The instruction.
        opcode: Opcode,
        /// Lowest key.
        low: i32,
        /// Highest key.
        high: i32,
    },
}

/// Operands that an opcode cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} cannot carry the operands {operands:?}", opcode.mnemonic())]
pub struct EncodeError {
    /// The opcode.
    pub opcode: Opcode,
    /// What does not fit it.
    pub operands: Operands,
}

/// Reads operand bytes; `None` when they run out.
struct Operand<'a> {
    code: &'a [u8],
    at: usize,
}

impl Operand<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.code.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*bytes)
    }
    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }
    fn i8(&mut self) -> Option<i8> {
        self.take().map(i8::from_be_bytes)
    }
    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }
    fn i16(&mut self) -> Option<i16> {
        self.take().map(i16::from_be_bytes)
    }
    fn i32(&mut self) -> Option<i32> {
        self.take().map(i32::from_be_bytes)
    }
    fn key(&mut self, wide: bool) -> Option<i32> {
        if wide {
            self.i32()
        } else {
            self.i16().map(i32::from)
        }
    }
}

impl Instruction {
    /// Decodes the instruction whose opcode stands at `offset` in `code`; gives it and the offset after it.
    ///
    /// # Errors
    /// [`DecodeError`] for an undefined opcode or operands that do not fit.
    pub fn decode(code: &[u8], offset: usize) -> Result<(Instruction, usize), DecodeError> {
        let byte = *code.get(offset).ok_or(DecodeError::Truncated {
            offset,
            opcode: Opcode::Nop,
            available: code.len(),
        })?;
        let opcode = Opcode::from_byte(byte).ok_or(DecodeError::UnknownOpcode { offset, byte })?;
        let mut operand = Operand {
            code,
            at: offset + 1,
        };
        let operands =
            decode_operands(opcode, &mut operand, offset)?.ok_or(DecodeError::Truncated {
                offset,
                opcode,
                available: code.len(),
            })?;
        Ok((
            Instruction {
                offset,
                opcode,
                operands,
            },
            operand.at,
        ))
    }

    /// Appends the bytes of the instruction to `code`.
    ///
    /// # Errors
    /// [`EncodeError`] if the operands are not those of the opcode, or too large for it.
    pub fn encode(&self, code: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode(self.opcode, &self.operands, code).ok_or_else(|| EncodeError {
            opcode: self.opcode,
            operands: self.operands.clone(),
        })
    }

    /// The number of bytes that the instruction takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let cases = match &self.operands {
            Operands::TableSwitch { offsets, .. } => offsets.len(),
            Operands::LookupSwitch { pairs, .. } => pairs.len(),
            _ => 0,
        };
        1 + self.opcode.layout().size(cases)
    }

    /// The relative offsets that control may jump to (not the following instruction).
    pub fn jumps(&self) -> impl Iterator<Item = i16> + '_ {
        let (first, offsets, pairs): (_, &[i16], &[(i32, i16)]) = match &self.operands {
            Operands::Branch(offset) => (Some(*offset), &[], &[]),
            Operands::TableSwitch {
                default, offsets, ..
            } => (Some(*default), offsets, &[]),
            Operands::LookupSwitch { default, pairs, .. } => (Some(*default), &[], pairs),
            _ => (None, &[], &[]),
        };
        let offsets = offsets.iter().copied();
        first
            .into_iter()
            .chain(offsets)
            .chain(pairs.iter().map(|(_, offset)| *offset))
    }

    /// True if the instruction computes with, moves or tests a value of type `int`, or makes or tests an array of
    /// them, so that the package has to set `ACC_INT` (JCVM §6.4).
    #[must_use]
    pub fn uses_int(&self) -> bool {
        const T_INT: u8 = 13;
        let is_int_array = matches!(
            self.operands,
            Operands::ArrayType(T_INT)
                | Operands::TypeCheck {
                    array_type: T_INT,
                    ..
                }
        );
        is_int_array || self.opcode.uses_int()
    }

    /// The constant pool index that the instruction holds, with its offset from the opcode and its width in bytes.
    #[must_use]
    pub fn pool_reference(&self) -> Option<PoolReference> {
        let (index, at, width) = match (&self.operands, self.opcode.layout()) {
            (Operands::Pool(index), Layout::PoolByte) => (*index, 1, 1),
            (Operands::Pool(index), _) => (*index, 1, 2),
            // A primitive array type has no class: its index is 0 and means nothing.
            (
                Operands::TypeCheck {
                    array_type: 10..=13,
                    ..
                },
                _,
            ) => return None,
            (Operands::InvokeInterface { index, .. } | Operands::TypeCheck { index, .. }, _) => {
                (*index, 2, 2)
            }
            _ => return None,
        };
        Some(PoolReference {
            index,
            operand_offset: at,
            width,
        })
    }
}

/// Where an instruction refers to the constant pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolReference {
    /// The constant pool index.
    pub index: u16,
    /// Offset of the index from the opcode.
    pub operand_offset: usize,
    /// 1 or 2 bytes.
    pub width: u8,
}

/// `Ok(None)` when the code ends too early.
fn decode_operands(
    opcode: Opcode,
    operand: &mut Operand<'_>,
    offset: usize,
) -> Result<Option<Operands>, DecodeError> {
    let layout = opcode.layout();
    if let Layout::TableSwitchShort | Layout::TableSwitchInt = layout {
        return table_switch(opcode, operand, offset);
    }
    Ok(simple_operands(layout, operand))
}

fn table_switch(
    opcode: Opcode,
    operand: &mut Operand<'_>,
    offset: usize,
) -> Result<Option<Operands>, DecodeError> {
    let wide = opcode.layout() == Layout::TableSwitchInt;
    let (Some(default), Some(low), Some(high)) =
        (operand.i16(), operand.key(wide), operand.key(wide))
    else {
        return Ok(None);
    };
    let count = i64::from(high) - i64::from(low) + 1;
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count > 0)
        .ok_or(DecodeError::SwitchRange {
            offset,
            opcode,
            low,
            high,
        })?;
    // Checked before anything is allocated: a hostile range must not cost memory.
    if operand.code.len().saturating_sub(operand.at) / 2 < count {
        return Ok(None);
    }
    let offsets: Option<Vec<i16>> = (0..count).map(|_| operand.i16()).collect();
    Ok(offsets.map(|offsets| Operands::TableSwitch {
        default,
        low,
        high,
        offsets,
    }))
}

fn simple_operands(layout: Layout, operand: &mut Operand<'_>) -> Option<Operands> {
    Some(match layout {
        Layout::None => Operands::None,
        Layout::Byte => Operands::Immediate(operand.i8()?.into()),
        Layout::Short => Operands::Immediate(operand.i16()?.into()),
        Layout::Int => Operands::Immediate(operand.i32()?),
        Layout::Local => Operands::Local(operand.u8()?),
        Layout::IncrementByte => Operands::Increment {
            local: operand.u8()?,
            value: operand.i8()?.into(),
        },
        Layout::IncrementShort => Operands::Increment {
            local: operand.u8()?,
            value: operand.i16()?,
        },
        Layout::Stack => {
            let byte = operand.u8()?;
            Operands::Stack {
                m: byte >> 4,
                n: byte & 0x0f,
            }
        }
        Layout::BranchByte => Operands::Branch(operand.i8()?.into()),
        Layout::BranchShort => Operands::Branch(operand.i16()?),
        Layout::LookupSwitchShort | Layout::LookupSwitchInt => {
            let wide = layout == Layout::LookupSwitchInt;
            let default = operand.i16()?;
            let count = usize::from(operand.u16()?);
            if operand.code.len().saturating_sub(operand.at) / if wide { 6 } else { 4 } < count {
                return None;
            }
            let pairs: Option<Vec<(i32, i16)>> = (0..count)
                .map(|_| Some((operand.key(wide)?, operand.i16()?)))
                .collect();
            Operands::LookupSwitch {
                default,
                pairs: pairs?,
            }
        }
        Layout::PoolByte => Operands::Pool(operand.u8()?.into()),
        Layout::PoolShort => Operands::Pool(operand.u16()?),
        Layout::InvokeInterface => Operands::InvokeInterface {
            nargs: operand.u8()?,
            index: operand.u16()?,
            method: operand.u8()?,
        },
        Layout::ArrayType => Operands::ArrayType(operand.u8()?),
        Layout::TypeCheck => Operands::TypeCheck {
            array_type: operand.u8()?,
            index: operand.u16()?,
        },
        Layout::TableSwitchShort | Layout::TableSwitchInt => return None,
    })
}

fn encode(opcode: Opcode, operands: &Operands, code: &mut Vec<u8>) -> Option<()> {
    let start = code.len();
    code.push(opcode.byte());
    let done = encode_operands(opcode.layout(), operands, code);
    if done.is_none() {
        code.truncate(start);
    }
    done
}

fn put_key(wide: bool, key: i32, code: &mut Vec<u8>) -> Option<()> {
    if wide {
        code.extend(key.to_be_bytes());
    } else {
        code.extend(i16::try_from(key).ok()?.to_be_bytes());
    }
    Some(())
}

fn put_i8(value: i16, code: &mut Vec<u8>) -> Option<()> {
    code.extend(i8::try_from(value).ok()?.to_be_bytes());
    Some(())
}

fn encode_operands(layout: Layout, operands: &Operands, code: &mut Vec<u8>) -> Option<()> {
    match (layout, operands) {
        (Layout::None, Operands::None) => {}
        (Layout::Byte, Operands::Immediate(value)) => {
            code.extend(i8::try_from(*value).ok()?.to_be_bytes());
        }
        (Layout::Short, Operands::Immediate(value)) => {
            code.extend(i16::try_from(*value).ok()?.to_be_bytes());
        }
        (Layout::Int, Operands::Immediate(value)) => code.extend(value.to_be_bytes()),
        (Layout::Local, Operands::Local(local)) => code.push(*local),
        (Layout::IncrementByte, Operands::Increment { local, value }) => {
            code.push(*local);
            put_i8(*value, code)?;
        }
        (Layout::IncrementShort, Operands::Increment { local, value }) => {
            code.push(*local);
            code.extend(value.to_be_bytes());
        }
        (Layout::Stack, Operands::Stack { m, n }) if *m < 16 && *n < 16 => code.push(m << 4 | n),
        (Layout::BranchByte, Operands::Branch(offset)) => put_i8(*offset, code)?,
        (Layout::BranchShort, Operands::Branch(offset)) => code.extend(offset.to_be_bytes()),
        (
            Layout::TableSwitchShort | Layout::TableSwitchInt,
            Operands::TableSwitch {
                default,
                low,
                high,
                offsets,
            },
        ) => {
            let keys = i64::from(*high) - i64::from(*low) + 1;
            if usize::try_from(keys).ok()? != offsets.len() || offsets.is_empty() {
                return None;
            }
            let wide = layout == Layout::TableSwitchInt;
            code.extend(default.to_be_bytes());
            put_key(wide, *low, code)?;
            put_key(wide, *high, code)?;
            code.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
        }
        (
            Layout::LookupSwitchShort | Layout::LookupSwitchInt,
            Operands::LookupSwitch { default, pairs },
        ) => {
            code.extend(default.to_be_bytes());
            code.extend(u16::try_from(pairs.len()).ok()?.to_be_bytes());
            for (key, offset) in pairs {
                put_key(layout == Layout::LookupSwitchInt, *key, code)?;
                code.extend(offset.to_be_bytes());
            }
        }
        (Layout::PoolByte, Operands::Pool(index)) => code.push(u8::try_from(*index).ok()?),
        (Layout::PoolShort, Operands::Pool(index)) => code.extend(index.to_be_bytes()),
        (
            Layout::InvokeInterface,
            Operands::InvokeInterface {
                nargs,
                index,
                method,
            },
        ) => {
            code.push(*nargs);
            code.extend(index.to_be_bytes());
            code.push(*method);
        }
        (Layout::ArrayType, Operands::ArrayType(element)) => code.push(*element),
        (Layout::TypeCheck, Operands::TypeCheck { array_type, index }) => {
            code.push(*array_type);
            code.extend(index.to_be_bytes());
        }
        _ => return None,
    }
    Some(())
}

/// The instructions of `code`, one after another; stops after the first error.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a [u8],
    next: usize,
}

impl<'a> Instructions<'a> {
    /// Over the bytecode of one method; offsets count from its first byte.
    #[must_use]
    pub const fn new(code: &'a [u8]) -> Self {
        Self { code, next: 0 }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Result<Instruction, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.code.len() {
            return None;
        }
        match Instruction::decode(self.code, self.next) {
            Ok((instruction, next)) => {
                self.next = next;
                Some(Ok(instruction))
            }
            Err(error) => {
                self.next = self.code.len();
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn switches_decode() {
        let code = [0x73, 0, 20, 0, 1, 0, 2, 0, 9, 0, 12, 0x7a];
        let all: Result<Vec<_>, _> = Instructions::new(&code).collect();
        let all = all.unwrap();
        assert_eq!(all.len(), 2);
        assert!(all[0].jumps().eq([20, 9, 12]));
        assert_eq!(all[0].size(), 11);
        assert_eq!(all[1].opcode, Opcode::Return);
    }

    #[test]
    fn a_hostile_switch_costs_no_memory() {
        let mut code = vec![0x74, 0, 0];
        code.extend(i32::MIN.to_be_bytes());
        code.extend(i32::MAX.to_be_bytes());
        let error = Instruction::decode(&code, 0).unwrap_err();
        assert!(matches!(error, DecodeError::Truncated { .. }), "{error}");
    }

    #[test]
    fn operands_of_another_opcode_are_refused() {
        let wrong = Instruction {
            offset: 0,
            opcode: Opcode::Goto,
            operands: Operands::Branch(200),
        };
        assert!(wrong.encode(&mut Vec::new()).is_err());
        let right = Instruction {
            opcode: Opcode::GotoW,
            ..wrong
        };
        let mut code = Vec::new();
        right.encode(&mut code).unwrap();
        assert_eq!(code, [0xa8, 0, 200]);
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(code in proptest::collection::vec(any::<u8>(), 1..40)) {
            for instruction in Instructions::new(&code).map_while(Result::ok) {
                let mut again = Vec::new();
                instruction.encode(&mut again).unwrap();
                prop_assert_eq!(again.len(), instruction.size());
                prop_assert_eq!(&again[..], &code[instruction.offset..][..again.len()]);
            }
        }
    }
}
