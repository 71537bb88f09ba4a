//! Export component (JCVM §6.13): what other packages may link to.

use super::{CapFormat, CodeOffset, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Export component. A class token is an index into `classes`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Export {
    /// One entry for each exported class or interface.
    pub classes: Vec<ClassExport>,
    /// In an extended file: how many of the classes belong to each public package.
    pub package_class_counts: Vec<u8>,
}

/// The exports of one class.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassExport {
    /// Offset of the class in the info item of the Class component.
    pub class_offset: u16,
    /// By token: offsets of static fields in the image.
    pub static_field_offsets: Vec<u16>,
    /// By token: places of static methods and constructors in the Method component.
    pub static_method_offsets: Vec<CodeOffset>,
}

impl Export {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let (classes, package_class_counts) = reader.packages(|reader| {
            let count = reader.u1("the class count")?;
            reader.table(count.into(), ClassExport::read)
        })?;
        Ok(Self {
            classes,
            package_class_counts,
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Export, format);
        writer.packages(
            &self.classes,
            &self.package_class_counts,
            |writer, classes| {
                writer.count1("the class count", classes.len())?;
                classes.iter().try_for_each(|class| class.write(writer))
            },
        )?;
        writer.finish()
    }
}

impl ClassExport {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let class_offset = reader.u2("a class offset")?;
        let fields = reader.u1("the static field count")?;
        let methods = reader.u1("the static method count")?;
        Ok(ClassExport {
            class_offset,
            static_field_offsets: reader.u2_table(fields.into(), "a static field offset")?,
            static_method_offsets: reader.table(methods.into(), |reader| {
                reader.code_offset("a static method offset")
            })?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.u2(self.class_offset);
        writer.count1("the static field count", self.static_field_offsets.len())?;
        writer.count1("the static method count", self.static_method_offsets.len())?;
        writer.u2_table(&self.static_field_offsets);
        let mut methods = self.static_method_offsets.iter();
        methods.try_for_each(|offset| writer.code_offset(*offset))
    }
}
