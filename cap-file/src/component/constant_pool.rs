//! Constant Pool component (JCVM §6.8): what instructions refer to.

use super::{CapFormat, ClassRef, CodeOffset, Reader, Tag, Writer, code_offset, split_code_offset};
use crate::error::{ReadError, WriteError};

/// The Constant Pool component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConstantPool {
    /// Instructions hold indices into this table.
    pub entries: Vec<Constant>,
}

/// One entry, four bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A class or interface.
    Class(ClassRef),
    /// An instance field.
    InstanceField {
        /// The class that declares it.
        class: ClassRef,
        /// Its token.
        token: u8,
    },
    /// A virtual method.
    VirtualMethod {
        /// The static type of the receiver.
        class: ClassRef,
        /// Its token; the high bit is set for package-visible methods.
        token: u8,
    },
    /// A method called through `super`.
    SuperMethod {
        /// The class whose *superclass* has the method (JCVM §6.8.2: the class that contains the call).
        class: ClassRef,
        /// Its token.
        token: u8,
    },
    /// A static field.
    StaticField(StaticRef),
    /// A static method, constructor or private method.
    StaticMethod(StaticRef<CodeOffset>),
}

/// Where a static item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StaticRef<Offset = u16> {
    /// Offset in the static field image, or place in the Method component.
    Internal(Offset),
    /// An item of an imported package.
    External {
        /// Index into the Import component (0 to 127).
        package: u8,
        /// Class token.
        class: u8,
        /// Token of the static item.
        token: u8,
    },
}

/// What the first of the three bytes says.
enum First {
    Internal(u8),
    External(u8),
}

fn first(reader: &mut Reader<'_>) -> Result<First, ReadError> {
    let byte = reader.u1("a static reference")?;
    Ok(if byte & 0x80 == 0 {
        First::Internal(byte)
    } else {
        First::External(byte & 0x7f)
    })
}

impl<Offset> StaticRef<Offset> {
    fn external(package: u8, reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self::External {
            package,
            class: reader.u1("a class token")?,
            token: reader.u1("the token of a static item")?,
        })
    }
}

impl StaticRef {
    /// A static field.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        match first(reader)? {
            First::Internal(0) => Ok(Self::Internal(reader.u2("the offset of a static field")?)),
            First::Internal(other) => Err(reader.error(
                offset,
                "0 (internal) or a package token with the high bit set",
                format!("0x{other:02x}"),
            )),
            First::External(package) => Self::external(package, reader),
        }
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        match self {
            Self::Internal(offset) => {
                writer.u1(0);
                writer.u2(offset);
            }
            Self::External {
                package,
                class,
                token,
            } => writer.bytes(&[package | 0x80, class, token]),
        }
    }
}

impl StaticRef<CodeOffset> {
    /// A static method, a constructor or a private method.
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        match first(reader)? {
            First::Internal(block) if block == 0 || reader.format().extended => {
                let offset = reader.u2("the offset of a method")?;
                Ok(Self::Internal(code_offset(block, offset)))
            }
            First::Internal(other) => Err(reader.error(
                offset,
                "0 (internal) or a package token with the high bit set",
                format!("0x{other:02x}"),
            )),
            First::External(package) => Self::external(package, reader),
        }
    }

    fn write(self, writer: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Internal(offset) => {
                let (block, offset) = split_code_offset(offset);
                let limit = if writer.format().extended { 0x7f } else { 0 };
                match u8::try_from(block) {
                    Ok(byte) if block <= limit => writer.u1(byte),
                    _ => return Err(writer.error("the block of a method", block, limit)),
                }
                writer.u2(offset);
            }
            Self::External {
                package,
                class,
                token,
            } => writer.bytes(&[package | 0x80, class, token]),
        }
        Ok(())
    }
}

impl Constant {
    /// The tag byte (JCVM table 6-9).
    #[must_use]
    pub const fn tag(self) -> u8 {
        match self {
            Self::Class(_) => 1,
            Self::InstanceField { .. } => 2,
            Self::VirtualMethod { .. } => 3,
            Self::SuperMethod { .. } => 4,
            Self::StaticField(_) => 5,
            Self::StaticMethod(_) => 6,
        }
    }

    /// What kind of thing it names.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Class(_) => "class",
            Self::InstanceField { .. } => "instance field",
            Self::VirtualMethod { .. } => "virtual method",
            Self::SuperMethod { .. } => "super method",
            Self::StaticField(_) => "static field",
            Self::StaticMethod(_) => "static method",
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        let tag = reader.u1("a constant pool tag")?;
        Ok(match tag {
            1 => {
                let class = ClassRef::read(reader)?;
                reader.padding()?;
                Self::Class(class)
            }
            2..=4 => {
                let class = ClassRef::read(reader)?;
                let token = reader.u1("a token")?;
                match tag {
                    2 => Self::InstanceField { class, token },
                    3 => Self::VirtualMethod { class, token },
                    _ => Self::SuperMethod { class, token },
                }
            }
            5 => Self::StaticField(StaticRef::<u16>::read(reader)?),
            6 => Self::StaticMethod(StaticRef::<CodeOffset>::read(reader)?),
            other => {
                return Err(reader.error(
                    offset,
                    "a constant pool tag of 1 to 6",
                    other.to_string(),
                ));
            }
        })
    }

    fn write(self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u1(self.tag());
        match self {
            Self::Class(class) => {
                class.write(writer);
                writer.u1(0);
            }
            Self::InstanceField { class, token }
            | Self::VirtualMethod { class, token }
            | Self::SuperMethod { class, token } => {
                class.write(writer);
                writer.u1(token);
            }
            Self::StaticField(reference) => reference.write(writer),
            Self::StaticMethod(reference) => reference.write(writer)?,
        }
        Ok(())
    }
}

impl ConstantPool {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u2("the constant pool count")?;
        Ok(Self {
            entries: reader.table(count.into(), Constant::read)?,
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::ConstantPool, format);
        writer.count2("the constant pool count", self.entries.len())?;
        for entry in &self.entries {
            entry.write(&mut writer)?;
        }
        writer.finish()
    }
}
