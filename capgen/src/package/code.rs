//! The methods on their way into the component: one block, or several in an extended file.

use crate::codegen::assemble::Bytecode;
use cap_file::component::method::{MethodBlock, MethodComponent, MethodHeader};
use cap_file::component::reference_location::{LocationBlock, ReferenceLocation};
use cap_file::component::{CodeOffset, code_offset};

/// Most blocks that references can name (JCVM 3.1 §6.7).
const MAX_BLOCKS: usize = 0x80;

/// Methods, and where they refer to the constant pool.
pub(super) struct Code {
    extended: bool,
    blocks: Vec<Block>,
}

#[derive(Default)]
struct Block {
    methods: MethodComponent,
    byte: Vec<u16>,
    byte2: Vec<u16>,
}

impl Block {
    /// Puts a method behind the others; `None` if the block is full.
    fn push(&mut self, header: &MethodHeader, bytecode: &Bytecode) -> Option<u16> {
        let length = self.methods.methods.len();
        let Some(offset) = self.methods.push(header, &bytecode.bytes) else {
            self.methods.methods.truncate(length);
            return None;
        };
        let start = usize::from(offset) + usize::from(header.size());
        for (list, found) in [
            (&mut self.byte, &bytecode.byte_indices),
            (&mut self.byte2, &bytecode.byte2_indices),
        ] {
            // Every byte of the method has an offset, or it had not been pushed.
            list.extend(found.iter().filter_map(|at| u16::try_from(start + at).ok()));
        }
        Some(offset)
    }
}

impl Code {
    pub(super) fn new(extended: bool) -> Self {
        Self {
            extended,
            blocks: vec![Block::default()],
        }
    }

    /// Puts a method behind the others, in an extended file at the start of a new block where the last one is full;
    /// `None` if there is no room.
    pub(super) fn push(
        &mut self,
        header: &MethodHeader,
        bytecode: &Bytecode,
    ) -> Option<CodeOffset> {
        let last = self.blocks.last_mut()?;
        if let Some(offset) = last.push(header, bytecode) {
            return self.place(offset);
        }
        if !self.extended || self.blocks.len() == MAX_BLOCKS {
            return None;
        }
        let mut block = Block::default();
        let offset = block.push(header, bytecode)?;
        self.blocks.push(block);
        self.place(offset)
    }

    fn place(&self, offset: u16) -> Option<CodeOffset> {
        let block = u8::try_from(self.blocks.len().checked_sub(1)?).ok()?;
        Some(code_offset(block, offset))
    }

    pub(super) fn components(self) -> (MethodComponent, ReferenceLocation) {
        let mut blocks = self.blocks.into_iter();
        let first = blocks.next().unwrap_or_default();
        let (mut methods, mut references) = (
            first.methods,
            ReferenceLocation::from_offsets(&first.byte, &first.byte2),
        );
        for block in blocks {
            methods.further_blocks.push(MethodBlock {
                exception_handlers: Vec::new(),
                methods: block.methods.methods,
            });
            references
                .further_blocks
                .push(LocationBlock::from_offsets(&block.byte, &block.byte2));
        }
        (methods, references)
    }
}
