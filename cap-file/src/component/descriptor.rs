//! Descriptor component (JCVM §6.14): what a verifier needs to know and a card does not.

use super::constant_pool::StaticRef;
use super::{CapFormat, ClassRef, CodeOffset, Reader, Tag, TypeDescriptor, Writer};
use crate::error::{ReadError, WriteError};

/// The Descriptor component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// One entry for each class and interface of the Class component.
    pub classes: Vec<ClassDescriptor>,
    /// In an extended file: how many of the classes belong to each package, public packages (in the order of the
    /// Header component) before private ones.
    pub package_class_counts: Vec<u8>,
    /// Types of fields and methods.
    pub types: TypeTable,
}

/// A class or interface (JCVM §6.14.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassDescriptor {
    /// Class token, 0xFF for a class that is not exported.
    pub token: u8,
    /// See the `ACC_` constants of [`access`].
    pub access_flags: u8,
    /// Where the class is; always internal.
    pub this_class: ClassRef,
    /// Interfaces, as in the Class component.
    pub interfaces: Vec<ClassRef>,
    /// Fields.
    pub fields: Vec<FieldDescriptor>,
    /// Methods.
    pub methods: Vec<MethodDescriptor>,
}

/// Access flags of the Descriptor component.
pub mod access {
    /// Public.
    pub const ACC_PUBLIC: u8 = 0x01;
    /// Private (fields and methods).
    pub const ACC_PRIVATE: u8 = 0x02;
    /// Protected (fields and methods).
    pub const ACC_PROTECTED: u8 = 0x04;
    /// Static (fields and methods).
    pub const ACC_STATIC: u8 = 0x08;
    /// Final.
    pub const ACC_FINAL: u8 = 0x10;
    /// Interface (classes), abstract (methods).
    pub const ACC_INTERFACE: u8 = 0x40;
    /// Abstract class.
    pub const ACC_ABSTRACT_CLASS: u8 = 0x80;
    /// Abstract method.
    pub const ACC_ABSTRACT_METHOD: u8 = 0x40;
    /// Constructor.
    pub const ACC_INIT: u8 = 0x80;
}

/// A field (JCVM §6.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDescriptor {
    /// Field token; 0xFF for a static field that is not exported.
    pub token: u8,
    /// Access flags.
    pub access_flags: u8,
    /// Where the field is.
    pub location: FieldLocation,
    /// Its type as in the file: 0x8002 boolean, 0x8003 byte, 0x8004 short, 0x8005 int, else the offset of a
    /// type descriptor in the [`TypeTable`].
    pub field_type: u16,
}

/// Where a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldLocation {
    /// In the static field image.
    Static(StaticRef),
    /// In instances of a class.
    Instance {
        /// The class that declares it.
        class: ClassRef,
        /// Its token, which is also its word offset among the declared fields.
        token: u8,
    },
}

/// A method (JCVM §6.14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodDescriptor {
    /// Method token; 0xFF if there is none.
    pub token: u8,
    /// Access flags.
    pub access_flags: u8,
    /// Place of the header in the Method component; 0 for interface methods.
    pub method_offset: CodeOffset,
    /// Offset of its type in the [`TypeTable`].
    pub type_offset: u16,
    /// Bytes of bytecode; 0 for abstract methods.
    pub bytecode_count: u16,
    /// Number of exception handlers.
    pub exception_handler_count: u16,
    /// Index of the first one.
    pub exception_handler_index: u16,
}

/// The types of the descriptor (JCVM §6.14.5).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TypeTable {
    /// For each constant pool entry the offset of its type, 0xFFFF for classes.
    pub constant_pool_types: Vec<u16>,
    /// The types; others refer to them by offset, see [`TypeTable::entries`].
    pub descriptors: Vec<TypeDescriptor>,
}

impl TypeTable {
    /// Every type with its offset from the start of the table.
    pub fn entries(&self) -> impl Iterator<Item = (u16, &TypeDescriptor)> {
        let mut offset = self.first_offset();
        self.descriptors.iter().map_while(move |descriptor| {
            let at = u16::try_from(offset).ok()?;
            offset += descriptor.size();
            Some((at, descriptor))
        })
    }

    fn first_offset(&self) -> usize {
        2 + 2 * self.constant_pool_types.len()
    }

    /// The type at this offset.
    #[must_use]
    pub fn at(&self, offset: u16) -> Option<&TypeDescriptor> {
        self.entries()
            .find(|(at, _)| *at == offset)
            .map(|(_, descriptor)| descriptor)
    }

    /// The offset of a type, which is added if it is not there yet. `constant_pool_types` must already have its
    /// final length, since it stands before the types. `None` if the table is full.
    pub fn intern(&mut self, descriptor: &TypeDescriptor) -> Option<u16> {
        let known = self
            .entries()
            .find(|(_, known)| *known == descriptor)
            .map(|(at, _)| at);
        known.or_else(|| {
            let size: usize = self.descriptors.iter().map(TypeDescriptor::size).sum();
            let offset = u16::try_from(self.first_offset() + size).ok()?;
            self.descriptors.push(descriptor.clone());
            Some(offset)
        })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u2("the constant pool count")?;
        let constant_pool_types = reader.u2_table(count.into(), "a constant's type")?;
        let mut descriptors = Vec::new();
        let start = reader.offset();
        let mut next = 2 + 2 * constant_pool_types.len();
        while reader.remaining() > 0 {
            // Offsets have two bytes: nothing can refer to what is beyond.
            if next > 0xffff {
                let found = format!("{} types in the bytes before", descriptors.len());
                return Err(reader.error(start, "types up to offset 65535 of their table", found));
            }
            let descriptor = TypeDescriptor::read(reader)?;
            next += descriptor.size();
            descriptors.push(descriptor);
        }
        Ok(Self {
            constant_pool_types,
            descriptors,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.count2("the constant pool count", self.constant_pool_types.len())?;
        writer.u2_table(&self.constant_pool_types);
        for descriptor in &self.descriptors {
            descriptor.write(writer);
        }
        Ok(())
    }
}

impl ClassDescriptor {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let token = reader.u1("a class token")?;
        let access_flags = reader.u1("access flags")?;
        let this_class = ClassRef::read(reader)?;
        let interfaces = reader.u1("the interface count")?;
        let fields = reader.u2("the field count")?;
        let methods = reader.u2("the method count")?;
        Ok(Self {
            token,
            access_flags,
            this_class,
            interfaces: reader.table(interfaces.into(), ClassRef::read)?,
            fields: reader.table(fields.into(), FieldDescriptor::read)?,
            methods: reader.table(methods.into(), MethodDescriptor::read)?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u1(self.token);
        writer.u1(self.access_flags);
        self.this_class.write(writer);
        writer.count1("the interface count", self.interfaces.len())?;
        writer.count2("the field count", self.fields.len())?;
        writer.count2("the method count", self.methods.len())?;
        for interface in &self.interfaces {
            interface.write(writer);
        }
        for field in &self.fields {
            field.write(writer);
        }
        for method in &self.methods {
            method.write(writer)?;
        }
        Ok(())
    }
}

impl FieldDescriptor {
    /// True for a field of instances.
    #[must_use]
    pub const fn is_instance(&self) -> bool {
        matches!(self.location, FieldLocation::Instance { .. })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let token = reader.u1("a field token")?;
        let access_flags = reader.u1("access flags")?;
        let location = if access_flags & access::ACC_STATIC != 0 {
            FieldLocation::Static(StaticRef::<u16>::read(reader)?)
        } else {
            FieldLocation::Instance {
                class: ClassRef::read(reader)?,
                token: reader.u1("a field token")?,
            }
        };
        Ok(Self {
            token,
            access_flags,
            location,
            field_type: reader.u2("a field type")?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u1(self.token);
        writer.u1(self.access_flags);
        match self.location {
            FieldLocation::Static(reference) => reference.write(writer),
            FieldLocation::Instance { class, token } => {
                class.write(writer);
                writer.u1(token);
            }
        }
        writer.u2(self.field_type);
    }
}

impl MethodDescriptor {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            token: reader.u1("a method token")?,
            access_flags: reader.u1("access flags")?,
            method_offset: reader.code_offset("a method offset")?,
            type_offset: reader.u2("a method type")?,
            bytecode_count: reader.u2("the bytecode count")?,
            exception_handler_count: reader.u2("the handler count")?,
            exception_handler_index: reader.u2("the handler index")?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u1(self.token);
        writer.u1(self.access_flags);
        writer.code_offset(self.method_offset)?;
        writer.u2(self.type_offset);
        writer.u2(self.bytecode_count);
        writer.u2(self.exception_handler_count);
        writer.u2(self.exception_handler_index);
        Ok(())
    }
}

impl Descriptor {
    /// All methods, of all classes.
    pub fn methods(&self) -> impl Iterator<Item = (&ClassDescriptor, &MethodDescriptor)> {
        self.classes
            .iter()
            .flat_map(|class| class.methods.iter().map(move |method| (class, method)))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let (classes, package_class_counts) = reader.packages(|reader| {
            let count = reader.u1("the class count")?;
            reader.table(count.into(), ClassDescriptor::read)
        })?;
        Ok(Self {
            classes,
            package_class_counts,
            types: TypeTable::read(reader)?,
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Descriptor, format);
        let counts = &self.package_class_counts;
        writer.packages(&self.classes, counts, |writer, classes| {
            writer.count1("the class count", classes.len())?;
            classes.iter().try_for_each(|class| class.write(writer))
        })?;
        self.types.write(&mut writer)?;
        writer.finish()
    }
}
