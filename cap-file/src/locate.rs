//! What follows from the code: where its constant pool indices are, and how long its methods are.

use crate::cap::CapFile;
use crate::component::descriptor::access;
use crate::component::method::MethodComponent;
use crate::component::reference_location::{LocationBlock, ReferenceLocation};
use crate::component::{CodeOffset, split_code_offset};
use crate::instruction::Instructions;
use std::collections::HashMap;

/// The Reference Location component that the code asks for (JCVM §6.12). `None` if the file does not tell its
/// methods apart, or an instruction cannot be decoded.
#[must_use]
pub fn locate(cap: &CapFile) -> Option<ReferenceLocation> {
    let mut blocks: Vec<(Vec<u16>, Vec<u16>)> = Vec::new();
    for block in cap.method.blocks() {
        blocks.push((Vec::new(), catch_types(block.exception_handlers)?));
    }
    for (class, described) in cap.descriptor.as_ref()?.methods() {
        if class.access_flags & access::ACC_INTERFACE != 0 {
            continue;
        }
        let method = cap.method.described(described)?;
        let (one, two) = blocks.get_mut(method.block())?;
        for instruction in Instructions::new(method.bytecode) {
            let instruction = instruction.ok()?;
            if let Some(reference) = instruction.pool_reference() {
                let at = method.code_start() + instruction.offset + reference.operand_offset;
                let list = if reference.width == 1 {
                    &mut *one
                } else {
                    &mut *two
                };
                list.push(u16::try_from(at).ok()?);
            }
        }
    }
    let mut blocks = blocks.into_iter().map(|(mut one, mut two)| {
        one.sort_unstable();
        two.sort_unstable();
        LocationBlock::from_offsets(&one, &two)
    });
    let first = blocks.next()?;
    Some(ReferenceLocation {
        byte_indices: first.byte_indices,
        byte2_indices: first.byte2_indices,
        further_blocks: blocks.collect(),
    })
}

/// Where handlers name what they catch; a `finally` names nothing.
fn catch_types(handlers: &[crate::component::method::ExceptionHandler]) -> Option<Vec<u16>> {
    let handlers = handlers.iter().enumerate();
    handlers
        .filter(|(_, handler)| handler.catch_type_index != 0)
        .map(|(index, _)| u16::try_from(1 + MethodComponent::HANDLER_SIZE * index + 6).ok())
        .collect()
}

/// Bytes of bytecode of each method, if methods fill their blocks without gap.
pub(crate) struct Lengths {
    lengths: HashMap<CodeOffset, u16>,
}

impl Lengths {
    /// `offsets` are those of all methods, ascending.
    pub(crate) fn new(cap: &CapFile, offsets: &[CodeOffset]) -> Self {
        let mut lengths = HashMap::new();
        for (index, offset) in offsets.iter().enumerate() {
            let Some(method) = cap.method.method_at(*offset) else {
                continue;
            };
            let next = offsets.get(index + 1).copied();
            let next = next.filter(|next| split_code_offset(*next).0 == method.block());
            let length = match next {
                Some(next) => next.checked_sub(method.code_offset()),
                None => u32::try_from(method.bytecode.len()).ok(),
            };
            if let Some(length) = length.and_then(|length| u16::try_from(length).ok()) {
                lengths.insert(*offset, length);
            }
        }
        Self { lengths }
    }

    pub(crate) fn of(&self, offset: CodeOffset) -> Option<u16> {
        if offset == 0 {
            return Some(0);
        }
        self.lengths.get(&offset).copied()
    }
}
