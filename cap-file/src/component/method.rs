//! Method component (JCVM §6.10): exception handlers and all code.
//!
//! Where one method ends and the next begins is only said by the Descriptor component, which a card never
//! sees. The code is therefore kept as it stands, and methods are found by their offset.
//!
//! An extended file has several blocks, each with handlers and methods of its own and its own offsets
//! (JCVM 3.1 §6.10.1). The first stands in the component itself, so that whoever knows only compact files need
//! not ask for blocks.

use super::common::split_code_offset;
use super::descriptor::MethodDescriptor;
use super::{CapFormat, CodeOffset, Reader, Tag, Writer};
use crate::error::{Place, ReadError, WriteError};

/// The Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodComponent {
    /// Handlers of all methods, in the order in which they are searched.
    pub exception_handlers: Vec<ExceptionHandler>,
    /// All methods, header and bytecode, one behind the other. The first byte has the offset
    /// [`MethodComponent::first_offset`].
    pub methods: Vec<u8>,
    /// In an extended file: the blocks behind the first.
    pub further_blocks: Vec<MethodBlock>,
}

/// One more block of an extended file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodBlock {
    /// Handlers of the methods of this block.
    pub exception_handlers: Vec<ExceptionHandler>,
    /// The methods of this block.
    pub methods: Vec<u8>,
}

/// A block, by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef<'a> {
    /// Handlers of the methods of this block.
    pub exception_handlers: &'a [ExceptionHandler],
    /// The methods of this block.
    pub methods: &'a [u8],
}

impl BlockRef<'_> {
    /// Offset of the first method in the block: methods follow the handler table.
    #[must_use]
    pub fn first_offset(&self) -> u16 {
        first_offset(self.exception_handlers.len())
    }

    /// Bytes of the whole block.
    fn size(&self) -> usize {
        usize::from(self.first_offset()) + self.methods.len()
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.count1("the handler count", self.exception_handlers.len())?;
        for handler in self.exception_handlers {
            writer.u2(handler.start_offset);
            let stop = if handler.stop { 0x8000 } else { 0 };
            writer.u2(stop | handler.active_length & 0x7fff);
            writer.u2(handler.handler_offset);
            writer.u2(handler.catch_type_index);
        }
        writer.bytes(self.methods);
        Ok(())
    }
}

/// 255 handlers of 8 bytes at most.
fn first_offset(handlers: usize) -> u16 {
    u16::try_from(1 + MethodComponent::HANDLER_SIZE * handlers).unwrap_or(u16::MAX)
}

/// One exception handler. Offsets count in the info item of the component, or in the block of an extended file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionHandler {
    /// First covered byte.
    pub start_offset: u16,
    /// True if no later handler covers any of the same code.
    pub stop: bool,
    /// Number of covered bytes (15 bits).
    pub active_length: u16,
    /// First byte of the handler.
    pub handler_offset: u16,
    /// Constant pool index of the class that is caught, 0 for `finally`.
    pub catch_type_index: u16,
}

/// The header of a method (JCVM §6.10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MethodHeader {
    /// The four flag bits, see the constants of this type.
    pub flags: u8,
    /// Most stack words in use at a time.
    pub max_stack: u8,
    /// Words of arguments, `this` included.
    pub nargs: u8,
    /// Words of local variables without the arguments.
    pub max_locals: u8,
}

impl MethodHeader {
    /// The header has four bytes instead of two.
    pub const ACC_EXTENDED: u8 = 0x8;
    /// The method has no code.
    pub const ACC_ABSTRACT: u8 = 0x4;

    /// The shortest form that holds these numbers.
    #[must_use]
    pub const fn new(max_stack: u8, nargs: u8, max_locals: u8) -> Self {
        let small = max_stack < 16 && nargs < 16 && max_locals < 16;
        Self {
            flags: if small { 0 } else { Self::ACC_EXTENDED },
            max_stack,
            nargs,
            max_locals,
        }
    }

    /// True if the method has no code.
    #[must_use]
    pub const fn is_abstract(&self) -> bool {
        self.flags & Self::ACC_ABSTRACT != 0
    }

    /// Bytes in the file: 2 or 4.
    #[must_use]
    pub const fn size(&self) -> u16 {
        if self.flags & Self::ACC_EXTENDED != 0 {
            4
        } else {
            2
        }
    }

    /// Decodes the header at the start of `bytes`; `None` if they are too few.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let &[first, second, ..] = bytes else {
            return None;
        };
        let flags = first >> 4;
        if flags & Self::ACC_EXTENDED == 0 {
            return Some(Self {
                flags,
                max_stack: first & 15,
                nargs: second >> 4,
                max_locals: second & 15,
            });
        }
        let &[_, max_stack, nargs, max_locals, ..] = bytes else {
            return None;
        };
        Some(Self {
            flags,
            max_stack,
            nargs,
            max_locals,
        })
    }

    /// Appends the header to `bytes`; numbers above 15 need [`MethodHeader::ACC_EXTENDED`].
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        if self.flags & Self::ACC_EXTENDED == 0 {
            bytes.push(self.flags << 4 | self.max_stack & 15);
            bytes.push(self.nargs << 4 | self.max_locals & 15);
        } else {
            bytes.extend([self.flags << 4, self.max_stack, self.nargs, self.max_locals]);
        }
    }
}

/// One method, found by offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method<'a> {
    /// Place of the header in the component.
    pub offset: CodeOffset,
    /// The header.
    pub header: MethodHeader,
    /// Its bytecode; if the length is not known, everything up to the end of the component.
    pub bytecode: &'a [u8],
}

impl Method<'_> {
    /// Place of the first bytecode in the component.
    #[must_use]
    pub const fn code_offset(&self) -> CodeOffset {
        // The header has been read, so this does not leave the block.
        self.offset + self.header.size() as CodeOffset
    }

    /// Offset of the first bytecode in its block.
    #[must_use]
    pub const fn code_start(&self) -> usize {
        split_code_offset(self.code_offset()).1 as usize
    }

    /// Index of the block that the method is in.
    #[must_use]
    pub const fn block(&self) -> usize {
        split_code_offset(self.offset).0
    }
}

impl MethodComponent {
    /// Bytes that one handler takes in the file.
    pub const HANDLER_SIZE: usize = 8;

    /// Offset of the first method in the info item: methods follow the handler table.
    #[must_use]
    pub fn first_offset(&self) -> u16 {
        first_offset(self.exception_handlers.len())
    }

    /// The blocks; a compact file has one.
    pub fn blocks(&self) -> impl Iterator<Item = BlockRef<'_>> {
        (0..=self.further_blocks.len()).filter_map(|index| self.block(index))
    }

    /// The block with this index.
    #[must_use]
    pub fn block(&self, index: usize) -> Option<BlockRef<'_>> {
        let Some(further) = index.checked_sub(1) else {
            return Some(BlockRef {
                exception_handlers: &self.exception_handlers,
                methods: &self.methods,
            });
        };
        self.further_blocks.get(further).map(|block| BlockRef {
            exception_handlers: &block.exception_handlers,
            methods: &block.methods,
        })
    }

    /// Offset that the next [`MethodComponent::push`] will give; `None` if the component is full.
    #[must_use]
    pub fn next_offset(&self) -> Option<u16> {
        u16::try_from(usize::from(self.first_offset()) + self.methods.len()).ok()
    }

    /// Appends a method to a compact file and gives its offset, `None` if the component is full. Its offset counts
    /// the handlers present now, so complete the handler table (its entries may be filled in later) before the
    /// first method.
    pub fn push(&mut self, header: &MethodHeader, bytecode: &[u8]) -> Option<u16> {
        let offset = self.next_offset()?;
        header.encode(&mut self.methods);
        self.methods.extend(bytecode);
        self.next_offset().map(|_| offset)
    }

    /// The bytes from `offset` to the end of its block, if that lies among the methods.
    #[must_use]
    pub fn bytes_at(&self, offset: impl Into<CodeOffset>) -> Option<&[u8]> {
        let (block, offset) = split_code_offset(offset.into());
        let block = self.block(block)?;
        let start = usize::from(offset).checked_sub(block.first_offset().into())?;
        block.methods.get(start..)
    }

    /// The method whose header stands at `offset`, with everything behind it as its bytecode.
    #[must_use]
    pub fn method_at(&self, offset: impl Into<CodeOffset>) -> Option<Method<'_>> {
        let offset = offset.into();
        let bytes = self.bytes_at(offset)?;
        let header = MethodHeader::decode(bytes)?;
        let bytecode = bytes.get(usize::from(header.size())..)?;
        Some(Method {
            offset,
            header,
            bytecode,
        })
    }

    /// The method that a descriptor describes, with exactly its bytecode.
    #[must_use]
    pub fn described(&self, descriptor: &MethodDescriptor) -> Option<Method<'_>> {
        let mut method = self.method_at(descriptor.method_offset)?;
        method.bytecode = method
            .bytecode
            .get(..usize::from(descriptor.bytecode_count))?;
        Some(method)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        if !reader.format().extended {
            let end = reader.offset() + reader.remaining();
            let (exception_handlers, methods) = read_block(reader, end)?;
            return Ok(Self {
                exception_handlers,
                methods,
                further_blocks: Vec::new(),
            });
        }
        let start = reader.offset();
        let count = reader.u1("the count of method blocks")?;
        let mut offsets = Vec::new();
        for _ in 0..count {
            let at = reader.offset();
            offsets.push((at, reader.u4("the offset of a block")?));
        }
        let end = reader.offset() + reader.remaining();
        let mut ends = offsets
            .iter()
            .skip(1)
            .map(|(_, offset)| start + to_usize(*offset));
        let mut blocks = Vec::new();
        for (at, offset) in &offsets {
            let here = reader.offset() - start;
            if to_usize(*offset) != here {
                let expected = format!("offset {here}, where the block before ends");
                return Err(reader.error(*at, expected, offset.to_string()));
            }
            let (exception_handlers, methods) = read_block(reader, ends.next().unwrap_or(end))?;
            blocks.push(MethodBlock {
                exception_handlers,
                methods,
            });
        }
        let mut blocks = blocks.into_iter();
        let first = blocks
            .next()
            .ok_or_else(|| reader.error(start, "at least one block of methods", "none"))?;
        Ok(Self {
            exception_handlers: first.exception_handlers,
            methods: first.methods,
            further_blocks: blocks.collect(),
        })
    }

    /// Bytes of the info item.
    ///
    /// # Errors
    /// [`WriteError`] if there are more blocks, or more bytes in one, than the format can express.
    pub(crate) fn size(&self, format: CapFormat) -> Result<usize, WriteError> {
        let error = |what, value, limit| WriteError {
            place: Place::Component(Tag::Method),
            what,
            value,
            limit,
        };
        let count = 1 + self.further_blocks.len();
        let limit = if format.extended { 0xff } else { 1 };
        if count > limit {
            return Err(error("the count of method blocks", count, limit));
        }
        let mut total = if format.extended { 1 + 4 * count } else { 0 };
        for block in self.blocks() {
            let size = block.size();
            if size > 0xffff {
                return Err(error("the size of a block of methods", size, 0xffff));
            }
            total += size;
        }
        Ok(total)
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let size = self.size(format)?;
        let mut writer = Writer::component(Tag::Method, format);
        // By far the largest component: growing step by step would take its memory twice.
        writer.reserve(size);
        if format.extended {
            let count = 1 + self.further_blocks.len();
            writer.count1("the count of method blocks", count)?;
            let mut offset = 1 + 4 * count;
            for block in self.blocks() {
                writer.count4("the offset of a block", offset)?;
                offset += block.size();
            }
        }
        for block in self.blocks() {
            block.write(&mut writer)?;
        }
        writer.finish()
    }
}

fn to_usize(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX >> 1)
}

/// Handlers and methods up to an offset of the component.
fn read_block(
    reader: &mut Reader<'_>,
    end: usize,
) -> Result<(Vec<ExceptionHandler>, Vec<u8>), ReadError> {
    let count = reader.u1("the handler count")?;
    let exception_handlers = reader.table(count.into(), |reader| {
        let start_offset = reader.u2("a handler's start")?;
        let bitfield = reader.u2("a handler's length")?;
        Ok(ExceptionHandler {
            start_offset,
            stop: bitfield & 0x8000 != 0,
            active_length: bitfield & 0x7fff,
            handler_offset: reader.u2("a handler's offset")?,
            catch_type_index: reader.u2("a catch type")?,
        })
    })?;
    let at = reader.offset();
    let Some(length) = end.checked_sub(at) else {
        return Err(reader.error(
            at,
            "the end of the block",
            "a handler table that crosses it",
        ));
    };
    let methods = reader.bytes(length, "the methods of a block")?.to_vec();
    Ok((exception_handlers, methods))
}
