//! Method component (JCVM §6.10): exception handlers and all code.
//!
//! Where one method ends and the next begins is only said by the Descriptor component, which a card never
//! sees. The code is therefore kept as it stands, and methods are found by their offset.

use super::descriptor::MethodDescriptor;
use super::{Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Method component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodComponent {
    /// Handlers of all methods, in the order in which they are searched.
    pub exception_handlers: Vec<ExceptionHandler>,
    /// All methods, header and bytecode, one behind the other. The first byte has the offset
    /// [`MethodComponent::first_offset`].
    pub methods: Vec<u8>,
}

/// One exception handler. Offsets count in the info item of the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionHandler {
    /// First covered byte.
    pub start_offset: u16,
    /// True for the last handler of its try block that encloses no other.
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
    /// Offset of the header in the info item.
    pub offset: u16,
    /// The header.
    pub header: MethodHeader,
    /// Its bytecode; if the length is not known, everything up to the end of the component.
    pub bytecode: &'a [u8],
}

impl Method<'_> {
    /// Offset of the first bytecode in the info item.
    #[must_use]
    pub const fn code_offset(&self) -> u16 {
        self.offset.saturating_add(self.header.size())
    }
}

impl MethodComponent {
    /// Bytes that one handler takes in the file.
    pub const HANDLER_SIZE: usize = 8;

    /// Offset of the first method in the info item: methods follow the handler table.
    #[must_use]
    pub fn first_offset(&self) -> u16 {
        // 255 handlers of 8 bytes at most.
        u16::try_from(1 + Self::HANDLER_SIZE * self.exception_handlers.len()).unwrap_or(u16::MAX)
    }

    /// Offset that the next [`MethodComponent::push`] will give; `None` if the component is full.
    #[must_use]
    pub fn next_offset(&self) -> Option<u16> {
        u16::try_from(usize::from(self.first_offset()) + self.methods.len()).ok()
    }

    /// Appends a method and gives its offset, `None` if the component is full. Its offset counts the handlers
    /// present now, so complete the handler table (its entries may be filled in later) before the first method.
    pub fn push(&mut self, header: &MethodHeader, bytecode: &[u8]) -> Option<u16> {
        let offset = self.next_offset()?;
        header.encode(&mut self.methods);
        self.methods.extend(bytecode);
        self.next_offset().map(|_| offset)
    }

    /// The bytes of the info item from `offset` on, if that lies among the methods.
    #[must_use]
    pub fn bytes_at(&self, offset: u16) -> Option<&[u8]> {
        let start = usize::from(offset).checked_sub(self.first_offset().into())?;
        self.methods.get(start..)
    }

    /// The method whose header stands at `offset`, with everything behind it as its bytecode.
    #[must_use]
    pub fn method_at(&self, offset: u16) -> Option<Method<'_>> {
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
        let methods = reader.bytes(reader.remaining(), "methods")?.to_vec();
        Ok(Self {
            exception_handlers,
            methods,
        })
    }

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if there are more than 255 handlers or more than 64 KB in all.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Method);
        writer.count1("the handler count", self.exception_handlers.len())?;
        for handler in &self.exception_handlers {
            writer.u2(handler.start_offset);
            let stop = if handler.stop { 0x8000 } else { 0 };
            writer.u2(stop | handler.active_length & 0x7fff);
            writer.u2(handler.handler_offset);
            writer.u2(handler.catch_type_index);
        }
        writer.bytes(&self.methods);
        writer.finish()
    }
}
