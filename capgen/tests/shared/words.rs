//! What the words of a method's frame hold, as its instructions tell.

use std::collections::BTreeMap;

use cap_file::{CapFile, Instructions, Opcode, Operands};

/// The words of frames that instructions for references and for numbers both use, by the offset of the method.
pub(crate) fn mixed(cap: &CapFile) -> Vec<(u32, u8)> {
    let mut found = Vec::new();
    let descriptor = cap.descriptor.as_ref().unwrap();
    for (_, described) in descriptor.methods() {
        // None of an abstract method.
        let Some(method) = cap.method.described(described) else {
            continue;
        };
        let mut held = BTreeMap::new();
        for instruction in Instructions::new(method.bytecode) {
            let instruction = instruction.unwrap();
            let Some((kind, word)) = used(instruction.opcode, &instruction.operands) else {
                continue;
            };
            if *held.entry(word).or_insert(kind) != kind {
                found.push((method.offset, word));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The word that an instruction loads, stores or counts up, and the letter of its type.
fn used(opcode: Opcode, operands: &Operands) -> Option<(char, u8)> {
    let name = opcode.mnemonic();
    let kind = name.chars().next()?;
    let rest = name.get(1..)?;
    let is_wanted = |name: &str| rest == name || rest.starts_with(&format!("{name}_"));
    if !"asi".contains(kind) || !["load", "store", "inc"].into_iter().any(is_wanted) {
        return None;
    }
    let word = match operands {
        Operands::Local(word) | Operands::Increment { local: word, .. } => *word,
        _ => rest.rsplit('_').next()?.parse().ok()?,
    };
    Some((kind, word))
}
