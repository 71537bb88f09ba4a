//! Constant Pool component (JCVM §6.8): what instructions refer to.

use super::{ClassRef, Reader, Tag, Writer};
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
    StaticMethod(StaticRef),
}

/// Where a static item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StaticRef {
    /// Offset in the static field image, or in the info item of the Method component.
    Internal(u16),
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

impl StaticRef {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        let [first, second, third] = <[u8; 3]>::try_from(reader.bytes(3, "a static reference")?)
            .map_err(|_| reader.error(offset, "3 bytes", "fewer"))?;
        match first {
            0 => Ok(Self::Internal(u16::from_be_bytes([second, third]))),
            0x80.. => Ok(Self::External {
                package: first & 0x7f,
                class: second,
                token: third,
            }),
            other => Err(reader.error(
                offset,
                "0 (internal) or a package token with the high bit set",
                format!("0x{other:02x}"),
            )),
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
            5 => Self::StaticField(StaticRef::read(reader)?),
            6 => Self::StaticMethod(StaticRef::read(reader)?),
            other => {
                return Err(reader.error(
                    offset,
                    "a constant pool tag of 1 to 6",
                    other.to_string(),
                ));
            }
        })
    }

    fn write(self, writer: &mut Writer) {
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
            Self::StaticField(reference) | Self::StaticMethod(reference) => reference.write(writer),
        }
    }
}

impl ConstantPool {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u2("the constant pool count")?;
        Ok(Self {
            entries: reader.table(count.into(), Constant::read)?,
        })
    }

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if there are more than 16383 entries.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::ConstantPool);
        writer.count2("the constant pool count", self.entries.len())?;
        for entry in &self.entries {
            entry.write(&mut writer);
        }
        writer.finish()
    }
}
