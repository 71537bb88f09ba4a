//! What was assembled, read back: a check of the assembler's work, not a part of it.
//!
//! The bytes are decoded from the start without knowledge of how they were laid out. Each decoded
//! instruction must be the one that was asked for, each constant pool index that of its symbol, and
//! each branch must lead to where the instruction behind its label was found.

use super::assemble::{Bytecode, Pool, wide_branch};
use super::error::BackendError;
use super::item::{Item, Label};
use super::label::Labels;
use cap_file::{Instruction, Instructions, Opcode, Operands};

/// Checks one function.
pub(super) fn check(
    function: &str,
    items: &[Item],
    code: &Bytecode,
    pool: &Pool,
) -> Result<(), BackendError> {
    let found = read_back(items, code, pool);
    found.map_err(|what| BackendError::Miscompiled {
        function: function.to_owned(),
        what,
    })
}

fn read_back(items: &[Item], code: &Bytecode, pool: &Pool) -> Result<(), String> {
    let decoded: Vec<Instruction> = Instructions::new(&code.bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let mut wanted: Vec<&Item> = Vec::new();
    let mut labels = Labels::new();
    for item in items {
        match item {
            Item::Label(label) => {
                labels.insert(*label, wanted.len());
            }
            other if other.is_instruction() => wanted.push(other),
            _ => {}
        }
    }
    if wanted.len() != decoded.len() {
        return Err(format!(
            "{} instructions were asked for, {} are there",
            wanted.len(),
            decoded.len()
        ));
    }
    let address = |label: &Label| {
        let index = labels.get(*label)?;
        let place = decoded.get(*index)?.offset;
        i64::try_from(place).ok()
    };
    for (item, instruction) in wanted.into_iter().zip(&decoded) {
        if !is_same(item, instruction, pool) {
            return Err(format!("{item:?} became {instruction:?}"));
        }
        let from = i64::try_from(instruction.offset).unwrap_or(i64::MAX);
        let jumps = instruction.jumps();
        let targets: Vec<Option<i64>> = jumps.map(|by| Some(from + i64::from(by))).collect();
        let expected: Vec<Option<i64>> = in_order(item).iter().map(address).collect();
        if targets != expected {
            return Err(format!(
                "{item:?} at {from} leads to {targets:?}, not to {expected:?}"
            ));
        }
    }
    Ok(())
}

/// The labels in the order of [`Instruction::jumps`]: the default first.
fn in_order(item: &Item) -> Vec<Label> {
    match item {
        Item::Table {
            default, targets, ..
        } => std::iter::once(*default)
            .chain(targets.iter().copied())
            .collect(),
        Item::Lookup { default, pairs, .. } => std::iter::once(*default)
            .chain(pairs.iter().map(|(_, label)| *label))
            .collect(),
        other => other.targets().collect(),
    }
}

/// Whether an instruction is the one that an item asks for, the targets of branches aside.
fn is_same(item: &Item, found: &Instruction, pool: &Pool) -> bool {
    let index = |symbol| pool.get(symbol).copied();
    let has_index = || found.pool_reference().map(|reference| reference.index);
    match item {
        Item::Label(_)
        | Item::Mark(_)
        | Item::Claim(_)
        | Item::Ask(..)
        | Item::Promise(_)
        | Item::LocalPromise(..) => false,
        Item::Plain(opcode, operands) => found.opcode == *opcode && found.operands == *operands,
        Item::Pool(opcode, symbol)
        | Item::Invoke {
            opcode,
            method: symbol,
            ..
        } => found.opcode == *opcode && has_index() == index(symbol),
        Item::InvokeInterface {
            interface,
            method,
            pops,
            ..
        } => {
            found.opcode == Opcode::Invokeinterface
                && index(interface).is_some_and(|index| {
                    found.operands
                        == Operands::InvokeInterface {
                            nargs: *pops,
                            index,
                            method: *method,
                        }
                })
        }
        Item::CheckCast(class) => found.opcode == Opcode::Checkcast && has_index() == index(class),
        Item::Branch(opcode, _) => found.opcode == *opcode || found.opcode == wide_branch(*opcode),
        Item::Table {
            low: from, targets, ..
        } => {
            let to = i32::try_from(targets.len()).map(|count| from + (count - 1));
            Some(found.opcode) == item.opcode()
                && matches!(&found.operands, Operands::TableSwitch { low, high, .. }
                    if low == from && Ok(*high) == to)
        }
        Item::Lookup { pairs, .. } => {
            let wanted = pairs.iter().map(|(key, _)| *key);
            Some(found.opcode) == item.opcode()
                && matches!(&found.operands, Operands::LookupSwitch { pairs, .. }
                    if pairs.iter().map(|(key, _)| *key).eq(wanted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::assemble::assemble;

    fn sample() -> Vec<Item> {
        vec![
            Item::op(Opcode::Sconst1),
            Item::Branch(Opcode::Ifeq, Label(0)),
            Item::op(Opcode::Sconst2),
            Item::Lookup {
                is_int: false,
                default: Label(0),
                pairs: vec![(2, Label(1)), (7, Label(0))],
            },
            Item::Label(Label(1)),
            Item::op(Opcode::Sconst3),
            Item::Table {
                is_int: false,
                default: Label(1),
                low: 3,
                targets: vec![Label(0), Label(1)],
            },
            Item::Label(Label(0)),
            Item::op(Opcode::Return),
        ]
    }

    /// Whatever byte is changed, something else is found than was asked for.
    #[test]
    fn every_changed_byte_is_found() {
        let (items, pool) = (sample(), Pool::default());
        let code = assemble("f", &items, &pool).unwrap();
        assert_eq!(read_back(&items, &code, &pool), Ok(()));
        for at in 0..code.bytes.len() {
            for mask in [1, 2, 4, 8, 16, 32, 64, 128] {
                let mut changed = code.clone();
                changed.bytes[at] ^= mask;
                assert!(
                    read_back(&items, &changed, &pool).is_err(),
                    "bit {mask:02x} of byte {at}"
                );
            }
        }
    }
}
