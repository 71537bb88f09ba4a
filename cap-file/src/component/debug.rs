//! Debug component (JCVM §6.15): names and source lines. It is never sent to a card.

use super::{CapFormat, ClassRef, CodeOffset, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Debug component. Names are indices into `strings`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Debug {
    /// UTF-8 strings.
    pub strings: Vec<Vec<u8>>,
    /// Name of the package of a compact file.
    pub package_name: u16,
    /// Classes of all packages.
    pub classes: Vec<ClassDebug>,
    /// Packages of an extended file; the classes are theirs in this order.
    pub packages: Vec<PackageDebug>,
}

/// A package of an extended file (JCVM 3.1 §6.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PackageDebug {
    /// Name of the package.
    pub name: u16,
    /// How many classes it has.
    pub class_count: u16,
}

/// A class (JCVM §6.15.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassDebug {
    /// Name of the class.
    pub name: u16,
    /// Access flags as in the class file.
    pub access_flags: u16,
    /// Where the class is: a class reference in two bytes.
    pub location: u16,
    /// Name of the superclass.
    pub superclass_name: u16,
    /// Name of the source file.
    pub source_file: u16,
    /// Names of the interfaces.
    pub interfaces: Vec<u16>,
    /// Fields.
    pub fields: Vec<FieldDebug>,
    /// Methods.
    pub methods: Vec<MethodDebug>,
}

/// A field (JCVM §6.15.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct FieldDebug {
    /// Its name.
    pub name: u16,
    /// Its type, as in a class file.
    pub descriptor: u16,
    /// Access flags.
    pub access_flags: u16,
    /// Token (last byte), location in the image (last two bytes) or constant value, by access flags.
    pub contents: u32,
}

/// A method (JCVM §6.15.4).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MethodDebug {
    /// Its name.
    pub name: u16,
    /// Its signature, as in a class file.
    pub descriptor: u16,
    /// Access flags.
    pub access_flags: u16,
    /// Place of its header in the Method component.
    pub location: CodeOffset,
    /// Bytes of its header.
    pub header_size: u8,
    /// Bytes of its bytecode.
    pub body_size: u16,
    /// Its local variables.
    pub variables: Vec<VariableDebug>,
    /// Its source lines.
    pub lines: Vec<LineDebug>,
}

/// A local variable (JCVM §6.15.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct VariableDebug {
    /// Its index.
    pub index: u8,
    /// Its name.
    pub name: u16,
    /// Its type.
    pub descriptor: u16,
    /// First bytecode at which it has a value.
    pub start_pc: u16,
    /// For how many bytes.
    pub length: u16,
}

/// A source line (JCVM §6.15.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LineDebug {
    /// First byte of its code.
    pub start_pc: u16,
    /// Last byte of its code.
    pub end_pc: u16,
    /// Line number.
    pub source_line: u16,
}

impl Debug {
    /// A string, if its index is valid and it is UTF-8.
    #[must_use]
    pub fn string(&self, index: u16) -> Option<&str> {
        std::str::from_utf8(self.strings.get(usize::from(index))?).ok()
    }

    /// The class whose location is this reference.
    #[must_use]
    pub fn class(&self, class: ClassRef) -> Option<&ClassDebug> {
        self.classes
            .iter()
            .find(|debug| debug.location == class.to_u16())
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u2("the string count")?;
        let mut debug = Self {
            strings: reader.table(count.into(), |reader| {
                let length = reader.u2("a string's length")?;
                Ok(reader.bytes(length.into(), "a string")?.to_vec())
            })?,
            ..Self::default()
        };
        if !reader.format().extended {
            debug.package_name = reader.u2("the package name")?;
            let count = reader.u2("the class count")?;
            debug.classes = reader.table(count.into(), ClassDebug::read)?;
            return Ok(debug);
        }
        let packages = reader.u1("the package count")?;
        for _ in 0..packages {
            let name = reader.u2("the package name")?;
            let class_count = reader.u2("the class count")?;
            debug.packages.push(PackageDebug { name, class_count });
            debug
                .classes
                .extend(reader.table(class_count.into(), ClassDebug::read)?);
        }
        Ok(debug)
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Debug, format);
        writer.count2("the string count", self.strings.len())?;
        for string in &self.strings {
            writer.count2("a string's length", string.len())?;
            writer.bytes(string);
        }
        let mut classes = self.classes.iter();
        if format.extended {
            writer.count1("the package count", self.packages.len())?;
            for package in &self.packages {
                writer.u2(package.name);
                let these: Vec<_> = classes.by_ref().take(package.class_count.into()).collect();
                writer.count2("the class count", these.len())?;
                these
                    .iter()
                    .try_for_each(|class| class.write(&mut writer))?;
            }
        } else {
            writer.u2(self.package_name);
            writer.count2("the class count", self.classes.len())?;
            classes.try_for_each(|class| class.write(&mut writer))?;
        }
        writer.finish()
    }
}

impl ClassDebug {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let name = reader.u2("a class name")?;
        let access_flags = reader.u2("access flags")?;
        let location = reader.u2("a class location")?;
        let superclass_name = reader.u2("a superclass name")?;
        let source_file = reader.u2("a source file")?;
        let interfaces = reader.u1("the interface count")?;
        let fields = reader.u2("the field count")?;
        let methods = reader.u2("the method count")?;
        Ok(Self {
            name,
            access_flags,
            location,
            superclass_name,
            source_file,
            interfaces: reader.u2_table(interfaces.into(), "an interface name")?,
            fields: reader.table(fields.into(), |reader| {
                Ok(FieldDebug {
                    name: reader.u2("a field name")?,
                    descriptor: reader.u2("a field type")?,
                    access_flags: reader.u2("access flags")?,
                    contents: reader.u4("a field's contents")?,
                })
            })?,
            methods: reader.table(methods.into(), MethodDebug::read)?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u2(self.name);
        writer.u2(self.access_flags);
        writer.u2(self.location);
        writer.u2(self.superclass_name);
        writer.u2(self.source_file);
        writer.count1("the interface count", self.interfaces.len())?;
        writer.count2("the field count", self.fields.len())?;
        writer.count2("the method count", self.methods.len())?;
        writer.u2_table(&self.interfaces);
        for field in &self.fields {
            writer.u2(field.name);
            writer.u2(field.descriptor);
            writer.u2(field.access_flags);
            writer.u4(field.contents);
        }
        self.methods
            .iter()
            .try_for_each(|method| method.write(writer))
    }
}

impl MethodDebug {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let name = reader.u2("a method name")?;
        let descriptor = reader.u2("a method signature")?;
        let access_flags = reader.u2("access flags")?;
        let location = reader.code_offset("a method location")?;
        let header_size = reader.u1("a header size")?;
        let body_size = reader.u2("a body size")?;
        let variables = reader.u2("the variable count")?;
        let lines = reader.u2("the line count")?;
        Ok(Self {
            name,
            descriptor,
            access_flags,
            location,
            header_size,
            body_size,
            variables: reader.table(variables.into(), |reader| {
                Ok(VariableDebug {
                    index: reader.u1("a variable's index")?,
                    name: reader.u2("a variable's name")?,
                    descriptor: reader.u2("a variable's type")?,
                    start_pc: reader.u2("a variable's start")?,
                    length: reader.u2("a variable's length")?,
                })
            })?,
            lines: reader.table(lines.into(), |reader| {
                Ok(LineDebug {
                    start_pc: reader.u2("a line's start")?,
                    end_pc: reader.u2("a line's end")?,
                    source_line: reader.u2("a line number")?,
                })
            })?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u2(self.name);
        writer.u2(self.descriptor);
        writer.u2(self.access_flags);
        writer.code_offset(self.location)?;
        writer.u1(self.header_size);
        writer.u2(self.body_size);
        writer.count2("the variable count", self.variables.len())?;
        writer.count2("the line count", self.lines.len())?;
        for variable in &self.variables {
            writer.u1(variable.index);
            writer.u2(variable.name);
            writer.u2(variable.descriptor);
            writer.u2(variable.start_pc);
            writer.u2(variable.length);
        }
        for line in &self.lines {
            writer.u2(line.start_pc);
            writer.u2(line.end_pc);
            writer.u2(line.source_line);
        }
        Ok(())
    }
}
