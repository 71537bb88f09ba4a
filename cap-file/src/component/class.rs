//! Class component (JCVM §6.9): interfaces and classes with their method tables.

use super::{CapFormat, ClassRef, CodeOffset, Reader, Tag, TypeDescriptor, Writer};
use crate::error::{ReadError, WriteError};

/// The Class component. Entries have no index: others refer to them by their offset in the info item, which
/// [`ClassComponent::entries`] gives.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassComponent {
    /// Signatures of remote methods. `None` in format 2.1, which has no such pool.
    pub signature_pool: Option<Vec<TypeDescriptor>>,
    /// Interfaces; they stand before the classes.
    pub interfaces: Vec<InterfaceInfo>,
    /// Classes; a superclass stands before its subclasses.
    pub classes: Vec<ClassInfo>,
}

/// An interface (JCVM §6.9.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InterfaceInfo {
    /// The four flag bits, see the constants of [`ClassInfo`]; [`ClassInfo::ACC_INTERFACE`] is set.
    pub flags: u8,
    /// All superinterfaces, direct or not (at most 15).
    pub superinterfaces: Vec<ClassRef>,
    /// Its name, if it is remote.
    pub remote_name: Option<Vec<u8>>,
}

/// A class (JCVM §6.9.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassInfo {
    /// The four flag bits.
    pub flags: u8,
    /// `None` only for `java.lang.Object`.
    pub super_class: Option<ClassRef>,
    /// Words that the fields declared in this class take.
    pub declared_instance_size: u8,
    /// Token of the first reference among those fields, 0xFF if there is none.
    pub first_reference_token: u8,
    /// Number of references among them.
    pub reference_count: u8,
    /// Token of the first method in `public_virtual_methods`.
    pub public_method_table_base: u8,
    /// Places of methods in the Method component; [`super::INHERITED`] if the method is inherited from another
    /// package.
    pub public_virtual_methods: Vec<CodeOffset>,
    /// Token of the first method in `package_virtual_methods`.
    pub package_method_table_base: u8,
    /// As above, for package-visible methods.
    pub package_virtual_methods: Vec<CodeOffset>,
    /// Interfaces that the class implements (at most 15).
    pub interfaces: Vec<ImplementedInterface>,
    /// Present if the class is remote.
    pub remote: Option<RemoteInterfaceInfo>,
    /// Present in format 2.3.
    pub token_mapping: Option<TokenMapping>,
}

/// Which of the public virtual methods of a class are those of its superclass (JCVM 3.1 §6.9.2.2): a superclass
/// in another package may get more methods in a later version without a clash of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TokenMapping {
    /// By token of this class: the token in its superclass, 0xFF for a method that is new in this class. There is
    /// one for each token up to the end of the public method table.
    pub tokens: Vec<u8>,
    /// Number of tokens that subclasses in files of format 2.2 inherit.
    pub inheritable_count: u8,
}

/// How a class implements an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImplementedInterface {
    /// The interface.
    pub interface: ClassRef,
    /// By interface method token: token of the virtual method.
    pub methods: Vec<u8>,
}

/// Remote methods of a class (JCVM §6.9.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RemoteInterfaceInfo {
    /// The methods.
    pub methods: Vec<RemoteMethod>,
    /// Makes the hashes unique.
    pub hash_modifier: Vec<u8>,
    /// Name of the class.
    pub class_name: Vec<u8>,
    /// The remote interfaces.
    pub interfaces: Vec<ClassRef>,
}

/// One remote method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteMethod {
    /// Hash of name and signature.
    pub hash: u16,
    /// Offset of its signature in the pool, from the first one on.
    pub signature_offset: u16,
    /// Its token.
    pub virtual_method_token: u8,
}

/// An entry of the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassEntry<'a> {
    /// An interface.
    Interface(&'a InterfaceInfo),
    /// A class.
    Class(&'a ClassInfo),
}

impl InterfaceInfo {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let bitfield = reader.u1("an interface's flags")?;
        let flags = bitfield >> 4;
        Ok(Self {
            flags,
            superinterfaces: reader.table((bitfield & 15).into(), ClassRef::read)?,
            remote_name: if flags & ClassInfo::ACC_REMOTE == 0 {
                None
            } else {
                let length = reader.u1("an interface name's length")?;
                Some(reader.bytes(length.into(), "an interface name")?.to_vec())
            },
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        bitfield(
            writer,
            self.flags,
            "the superinterface count",
            self.superinterfaces.len(),
        )?;
        for interface in &self.superinterfaces {
            interface.write(writer);
        }
        if let Some(name) = &self.remote_name {
            writer.count1("an interface name's length", name.len())?;
            writer.bytes(name);
        }
        Ok(())
    }

    /// Bytes in the file.
    #[must_use]
    pub fn size(&self) -> usize {
        let name = self.remote_name.as_ref().map_or(0, |name| 1 + name.len());
        1 + 2 * self.superinterfaces.len() + name
    }
}

fn bitfield(
    writer: &mut Writer,
    flags: u8,
    what: &'static str,
    count: usize,
) -> Result<(), WriteError> {
    let count = u8::try_from(count)
        .ok()
        .filter(|count| *count < 16)
        .ok_or_else(|| writer.error(what, count, 15))?;
    writer.u1(flags << 4 | count);
    Ok(())
}

impl ClassInfo {
    /// The entry is an interface.
    pub const ACC_INTERFACE: u8 = 0x8;
    /// The interface is shareable, or the class implements one that is.
    pub const ACC_SHAREABLE: u8 = 0x4;
    /// The interface is remote, or the class implements one that is.
    pub const ACC_REMOTE: u8 = 0x2;

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let bitfield = reader.u1("a class's flags")?;
        let flags = bitfield >> 4;
        let super_class = match reader.u2("a superclass")? {
            ClassRef::NONE => None,
            value => Some(ClassRef::from_u16(value)),
        };
        let declared_instance_size = reader.u1("the instance size")?;
        let first_reference_token = reader.u1("the first reference's token")?;
        let reference_count = reader.u1("the reference count")?;
        let public_method_table_base = reader.u1("the base of the public method table")?;
        let public_count = reader.u1("the length of the public method table")?;
        let package_method_table_base = reader.u1("the base of the package method table")?;
        let package_count = reader.u1("the length of the package method table")?;
        Ok(Self {
            flags,
            super_class,
            declared_instance_size,
            first_reference_token,
            reference_count,
            public_method_table_base,
            public_virtual_methods: reader.table(public_count.into(), Reader::table_offset)?,
            package_method_table_base,
            package_virtual_methods: reader.table(package_count.into(), Reader::table_offset)?,
            interfaces: reader.table((bitfield & 15).into(), |reader| {
                let interface = ClassRef::read(reader)?;
                let count = reader.u1("the count of interface methods")?;
                let methods = reader.bytes(count.into(), "interface methods")?.to_vec();
                Ok(ImplementedInterface { interface, methods })
            })?,
            remote: if flags & Self::ACC_REMOTE == 0 {
                None
            } else {
                Some(RemoteInterfaceInfo::read(reader)?)
            },
            token_mapping: if reader.format().has_token_mappings() {
                let count = usize::from(public_method_table_base) + usize::from(public_count);
                Some(TokenMapping {
                    tokens: reader.bytes(count, "a token mapping")?.to_vec(),
                    inheritable_count: reader.u1("the count of inheritable tokens")?,
                })
            } else {
                None
            },
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        bitfield(
            writer,
            self.flags,
            "the interface count",
            self.interfaces.len(),
        )?;
        writer.u2(self.super_class.map_or(ClassRef::NONE, ClassRef::to_u16));
        writer.u1(self.declared_instance_size);
        writer.u1(self.first_reference_token);
        writer.u1(self.reference_count);
        writer.u1(self.public_method_table_base);
        writer.count1(
            "the length of the public method table",
            self.public_virtual_methods.len(),
        )?;
        writer.u1(self.package_method_table_base);
        writer.count1(
            "the length of the package method table",
            self.package_virtual_methods.len(),
        )?;
        for offset in self
            .public_virtual_methods
            .iter()
            .chain(&self.package_virtual_methods)
        {
            writer.table_offset(*offset)?;
        }
        for implemented in &self.interfaces {
            implemented.interface.write(writer);
            writer.count1("the count of interface methods", implemented.methods.len())?;
            writer.bytes(&implemented.methods);
        }
        if let Some(remote) = &self.remote {
            remote.write(writer)?;
        }
        if let Some(mapping) = &self.token_mapping {
            writer.bytes(&mapping.tokens);
            writer.u1(mapping.inheritable_count);
        }
        Ok(())
    }

    /// Bytes in a file; an extended one has longer method tables.
    #[must_use]
    pub fn size(&self, extended: bool) -> usize {
        let mapping = self.token_mapping.as_ref();
        let mapping = mapping.map_or(0, |mapping| 1 + mapping.tokens.len());
        let methods = self.public_virtual_methods.len() + self.package_virtual_methods.len();
        let interfaces: usize = self
            .interfaces
            .iter()
            .map(|implemented| 3 + implemented.methods.len())
            .sum();
        10 + if extended { 3 } else { 2 } * methods
            + mapping
            + interfaces
            + self.remote.as_ref().map_or(0, RemoteInterfaceInfo::size)
    }
}

impl RemoteInterfaceInfo {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u1("the remote method count")?;
        let methods = reader.table(count.into(), |reader| {
            Ok(RemoteMethod {
                hash: reader.u2("a method hash")?,
                signature_offset: reader.u2("a signature offset")?,
                virtual_method_token: reader.u1("a method token")?,
            })
        })?;
        let length = reader.u1("the hash modifier's length")?;
        let hash_modifier = reader.bytes(length.into(), "the hash modifier")?.to_vec();
        let length = reader.u1("the class name's length")?;
        let class_name = reader.bytes(length.into(), "the class name")?.to_vec();
        let count = reader.u1("the remote interface count")?;
        Ok(Self {
            methods,
            hash_modifier,
            class_name,
            interfaces: reader.table(count.into(), ClassRef::read)?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.count1("the remote method count", self.methods.len())?;
        for method in &self.methods {
            writer.u2(method.hash);
            writer.u2(method.signature_offset);
            writer.u1(method.virtual_method_token);
        }
        writer.count1("the hash modifier's length", self.hash_modifier.len())?;
        writer.bytes(&self.hash_modifier);
        writer.count1("the class name's length", self.class_name.len())?;
        writer.bytes(&self.class_name);
        writer.count1("the remote interface count", self.interfaces.len())?;
        for interface in &self.interfaces {
            interface.write(writer);
        }
        Ok(())
    }

    fn size(&self) -> usize {
        4 + 5 * self.methods.len()
            + self.hash_modifier.len()
            + self.class_name.len()
            + 2 * self.interfaces.len()
    }
}

impl ClassComponent {
    /// Every entry of a compact file with its offset in the info item, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = (u16, ClassEntry<'_>)> {
        self.entries_in(false)
    }

    /// The same for either format: the tables of an extended file are longer.
    pub fn entries_in(&self, extended: bool) -> impl Iterator<Item = (u16, ClassEntry<'_>)> {
        let mut offset = self.signature_pool.as_ref().map_or(0, |pool| {
            2 + pool.iter().map(TypeDescriptor::size).sum::<usize>()
        });
        let interfaces = self.interfaces.iter().map(ClassEntry::Interface);
        interfaces
            .chain(self.classes.iter().map(ClassEntry::Class))
            .map_while(move |entry| {
                let at = u16::try_from(offset).ok()?;
                offset += entry.size(extended);
                Some((at, entry))
            })
    }

    /// The entry at this offset of the info item.
    #[must_use]
    pub fn at(&self, offset: u16) -> Option<ClassEntry<'_>> {
        self.entries()
            .find(|(at, _)| *at == offset)
            .map(|(_, entry)| entry)
    }

    /// Offset of the interface with this index in `interfaces`.
    #[must_use]
    pub fn interface_offset(&self, index: usize) -> Option<u16> {
        self.entries().nth(index).map(|(offset, _)| offset)
    }

    /// Offset of the class with this index in `classes`.
    #[must_use]
    pub fn class_offset(&self, index: usize) -> Option<u16> {
        self.interface_offset(self.interfaces.len() + index)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let signature_pool = if reader.format().has_names() {
            Some(signature_pool(reader)?)
        } else {
            None
        };
        let mut component = Self {
            signature_pool,
            ..Self::default()
        };
        while reader.remaining() > 0 {
            let offset = reader.offset();
            let is_interface = reader
                .peek()
                .is_some_and(|byte| byte >> 4 & ClassInfo::ACC_INTERFACE != 0);
            if !is_interface {
                component.classes.push(ClassInfo::read(reader)?);
            } else if component.classes.is_empty() {
                component.interfaces.push(InterfaceInfo::read(reader)?);
            } else {
                return Err(reader.error(
                    offset,
                    "a class (interfaces stand before classes)",
                    "an interface",
                ));
            }
        }
        Ok(component)
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Class, format);
        if let Some(pool) = &self.signature_pool {
            let size = pool.iter().map(TypeDescriptor::size).sum();
            writer.count2("the signature pool's length", size)?;
            for signature in pool {
                signature.write(&mut writer);
            }
        }
        for interface in &self.interfaces {
            interface.write(&mut writer)?;
        }
        for class in &self.classes {
            class.write(&mut writer)?;
        }
        writer.finish()
    }
}

fn signature_pool(reader: &mut Reader<'_>) -> Result<Vec<TypeDescriptor>, ReadError> {
    let length = usize::from(reader.u2("the signature pool's length")?);
    let end = reader.offset() + length;
    let mut pool = Vec::new();
    while reader.offset() < end {
        pool.push(TypeDescriptor::read(reader)?);
    }
    if reader.offset() > end {
        return Err(reader.error(
            end,
            "the end of the signature pool",
            "a signature that crosses it",
        ));
    }
    Ok(pool)
}

impl ClassEntry<'_> {
    /// Bytes in a file; see [`ClassInfo::size`].
    #[must_use]
    pub fn size(&self, extended: bool) -> usize {
        match self {
            ClassEntry::Interface(interface) => interface.size(),
            ClassEntry::Class(class) => class.size(extended),
        }
    }
}
