//! Export files (JCVM §5): what a package offers to others, by name and token.

mod from_api;
mod to_api;

pub use to_api::ExportFileError;

use crate::component::{Aid, Reader, Version, Writer};
use crate::error::{Place, ReadError, WriteError};
use crate::limits::MAX_EXPORT_FILE_BYTES;

/// The first bytes of every export file.
pub const MAGIC: u32 = 0x00FA_CADE;

/// An export file as it stands: its own constant pool, and indices into it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExportFile {
    /// Version of the format: 2.1 to 2.3.
    pub format: Version,
    /// Names, classes, the package and constant values.
    pub constant_pool: Vec<ExportConstant>,
    /// Constant pool index of this package.
    pub this_package: u16,
    /// Format 2.3: constant pool indices of the packages that this one refers to.
    pub referenced_packages: Option<Vec<u16>>,
    /// Exported classes and interfaces.
    pub classes: Vec<ExportedClass>,
}

/// An entry of the constant pool (JCVM §5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportConstant {
    /// Text, in the modified UTF-8 of class files.
    Utf8(Vec<u8>),
    /// A constant value.
    Integer(i32),
    /// A class: index of its full name.
    Class(u16),
    /// A package.
    Package {
        /// 1: a library package (no applets).
        flags: u8,
        /// Index of its name, parts separated by `/`.
        name: u16,
        /// Its version.
        version: Version,
        /// Its AID.
        aid: Aid,
    },
}

/// A class or interface (JCVM §5.7).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExportedClass {
    /// Its token.
    pub token: u8,
    /// Access flags as in a class file, and [`ACC_SHAREABLE`] or [`ACC_REMOTE`].
    pub access_flags: u16,
    /// Constant pool index of the class.
    pub name: u16,
    /// Constant pool indices of all public superclasses.
    pub supers: Vec<u16>,
    /// Constant pool indices of all public interfaces.
    pub interfaces: Vec<u16>,
    /// Fields.
    pub fields: Vec<ExportedField>,
    /// Methods, inherited ones included.
    pub methods: Vec<ExportedMethod>,
    /// Format 2.3: how many public virtual methods tokens of older formats can see.
    pub inheritable_public_method_token_count: Option<u8>,
}

/// A field (JCVM §5.8).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExportedField {
    /// Its token, 0xFF for a constant.
    pub token: u8,
    /// Access flags as in a class file.
    pub access_flags: u16,
    /// Constant pool index of its name.
    pub name: u16,
    /// Constant pool index of its type.
    pub descriptor: u16,
    /// Attributes: (index of the name, contents). Only `ConstantValue` is defined.
    pub attributes: Vec<(u16, Vec<u8>)>,
}

/// A method (JCVM §5.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ExportedMethod {
    /// Its token.
    pub token: u8,
    /// Access flags as in a class file.
    pub access_flags: u16,
    /// Constant pool index of its name.
    pub name: u16,
    /// Constant pool index of its signature.
    pub descriptor: u16,
}

/// Access flags as class files have them (JCVM §5.7 to §5.9).
pub mod access {
    /// Visible everywhere.
    pub const PUBLIC: u16 = 0x0001;
    /// Visible in subclasses.
    pub const PROTECTED: u16 = 0x0004;
    /// Of the class, not of its objects.
    pub const STATIC: u16 = 0x0008;
    /// Not to be extended, overridden or written.
    pub const FINAL: u16 = 0x0010;
    /// An interface.
    pub const INTERFACE: u16 = 0x0200;
    /// Without code, or with methods without code.
    pub const ABSTRACT: u16 = 0x0400;
}

/// Class flag: a shareable interface.
pub const ACC_SHAREABLE: u16 = 0x0800;
/// Class flag: a remote interface.
pub const ACC_REMOTE: u16 = 0x1000;

impl ExportConstant {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        Ok(match reader.u1("a constant's tag")? {
            1 => {
                let length = reader.u2("a text's length")?;
                Self::Utf8(reader.bytes(length.into(), "a text")?.to_vec())
            }
            3 => Self::Integer(reader.i4("a value")?),
            7 => Self::Class(reader.u2("a class name")?),
            13 => Self::Package {
                flags: reader.u1("package flags")?,
                name: reader.u2("a package name")?,
                version: Version::read(reader)?,
                aid: Aid::read(reader)?,
            },
            tag => {
                return Err(reader.error(
                    offset,
                    "a constant's tag: 1, 3, 7 or 13",
                    tag.to_string(),
                ));
            }
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Utf8(text) => {
                writer.u1(1);
                writer.count2("a text's length", text.len())?;
                writer.bytes(text);
            }
            Self::Integer(value) => {
                writer.u1(3);
                writer.bytes(&value.to_be_bytes());
            }
            Self::Class(name) => {
                writer.u1(7);
                writer.u2(*name);
            }
            Self::Package {
                flags,
                name,
                version,
                aid,
            } => {
                writer.u1(13);
                writer.u1(*flags);
                writer.u2(*name);
                version.write(writer);
                aid.write(writer)?;
            }
        }
        Ok(())
    }
}

impl ExportedClass {
    fn read(reader: &mut Reader<'_>, format: Version) -> Result<Self, ReadError> {
        let token = reader.u1("a class token")?;
        let access_flags = reader.u2("access flags")?;
        let name = reader.u2("a class name")?;
        let supers = reader.u2("the superclass count")?;
        let supers = reader.u2_table(supers.into(), "a superclass")?;
        let interfaces = reader.u1("the interface count")?;
        let interfaces = reader.u2_table(interfaces.into(), "an interface")?;
        let fields = reader.u2("the field count")?;
        let fields = reader.table(fields.into(), ExportedField::read)?;
        let methods = reader.u2("the method count")?;
        let methods = reader.table(methods.into(), |reader| {
            Ok(ExportedMethod {
                token: reader.u1("a method token")?,
                access_flags: reader.u2("access flags")?,
                name: reader.u2("a method name")?,
                descriptor: reader.u2("a method signature")?,
            })
        })?;
        let inheritable_public_method_token_count = if format.minor < 3 {
            None
        } else {
            Some(reader.u1("a token count")?)
        };
        Ok(Self {
            token,
            access_flags,
            name,
            supers,
            interfaces,
            fields,
            methods,
            inheritable_public_method_token_count,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u1(self.token);
        writer.u2(self.access_flags);
        writer.u2(self.name);
        writer.count2("the superclass count", self.supers.len())?;
        writer.u2_table(&self.supers);
        writer.count1("the interface count", self.interfaces.len())?;
        writer.u2_table(&self.interfaces);
        writer.count2("the field count", self.fields.len())?;
        for field in &self.fields {
            field.write(writer)?;
        }
        writer.count2("the method count", self.methods.len())?;
        for method in &self.methods {
            writer.u1(method.token);
            writer.u2(method.access_flags);
            writer.u2(method.name);
            writer.u2(method.descriptor);
        }
        if let Some(count) = self.inheritable_public_method_token_count {
            writer.u1(count);
        }
        Ok(())
    }
}

impl ExportedField {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            token: reader.u1("a field token")?,
            access_flags: reader.u2("access flags")?,
            name: reader.u2("a field name")?,
            descriptor: reader.u2("a field type")?,
            attributes: {
                let count = reader.u2("the attribute count")?;
                reader.table(count.into(), |reader| {
                    let name = reader.u2("an attribute's name")?;
                    let offset = reader.offset();
                    let length = reader.u4("an attribute's length")?;
                    let length = usize::try_from(length).map_err(|_| {
                        reader.error(offset, "an attribute's length", length.to_string())
                    })?;
                    Ok((name, reader.bytes(length, "an attribute")?.to_vec()))
                })?
            },
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u1(self.token);
        writer.u2(self.access_flags);
        writer.u2(self.name);
        writer.u2(self.descriptor);
        writer.count2("the attribute count", self.attributes.len())?;
        for (name, contents) in &self.attributes {
            writer.u2(*name);
            let limit = MAX_EXPORT_FILE_BYTES;
            let length = u32::try_from(contents.len())
                .map_err(|_| writer.error("an attribute's length", contents.len(), limit))?;
            writer.u4(length);
            writer.bytes(contents);
        }
        Ok(())
    }
}

impl ExportFile {
    /// Reads an export file.
    ///
    /// # Errors
    /// [`ReadError`] with the offset of the first byte that is wrong.
    pub fn read(bytes: &[u8]) -> Result<ExportFile, ReadError> {
        let mut reader = Reader::new(Place::ExportFile, bytes);
        if bytes.len() > MAX_EXPORT_FILE_BYTES {
            return Err(reader.error(0, "at most 4 MiB", format!("{} bytes", bytes.len())));
        }
        let magic = reader.u4("the magic number")?;
        if magic != MAGIC {
            return Err(reader.error(0, "the magic number 0x00FACADE", format!("0x{magic:08X}")));
        }
        let format = Version::read(&mut reader)?;
        if format.major != 2 || !(1..=3).contains(&format.minor) {
            return Err(reader.error(4, "export file format 2.1 to 2.3", format.to_string()));
        }
        let count = reader.u2("the constant pool count")?;
        let constant_pool = reader.table(count.into(), ExportConstant::read)?;
        let this_package = reader.u2("this package")?;
        let referenced_packages = if format.minor < 3 {
            None
        } else {
            let count = reader.u1("the count of referenced packages")?;
            Some(reader.u2_table(count.into(), "a referenced package")?)
        };
        let count = reader.u1("the class count")?;
        let classes = reader.table(count.into(), |reader| ExportedClass::read(reader, format))?;
        reader.end()?;
        Ok(ExportFile {
            format,
            constant_pool,
            this_package,
            referenced_packages,
            classes,
        })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if a table is too long.
    pub fn write(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::file(Place::ExportFile);
        writer.u4(MAGIC);
        self.format.write(&mut writer);
        writer.count2("the constant pool count", self.constant_pool.len())?;
        for constant in &self.constant_pool {
            constant.write(&mut writer)?;
        }
        writer.u2(self.this_package);
        if let Some(packages) = &self.referenced_packages {
            writer.count1("the count of referenced packages", packages.len())?;
            writer.u2_table(packages);
        }
        writer.count1("the class count", self.classes.len())?;
        for class in &self.classes {
            class.write(&mut writer)?;
        }
        Ok(writer.into_bytes())
    }
}
