//! Export component (JCVM §6.13): what other packages may link to.

use super::{Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Export component. A class token is an index into `classes`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Export {
    /// One entry for each exported class or interface.
    pub classes: Vec<ClassExport>,
}

/// The exports of one class.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassExport {
    /// Offset of the class in the info item of the Class component.
    pub class_offset: u16,
    /// By token: offsets of static fields in the image.
    pub static_field_offsets: Vec<u16>,
    /// By token: offsets of static methods and constructors in the info item of the Method component.
    pub static_method_offsets: Vec<u16>,
}

impl Export {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u1("the class count")?;
        let classes = reader.table(count.into(), |reader| {
            let class_offset = reader.u2("a class offset")?;
            let fields = reader.u1("the static field count")?;
            let methods = reader.u1("the static method count")?;
            Ok(ClassExport {
                class_offset,
                static_field_offsets: reader.u2_table(fields.into(), "a static field offset")?,
                static_method_offsets: reader.u2_table(methods.into(), "a static method offset")?,
            })
        })?;
        Ok(Self { classes })
    }

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if a table has more than 255 entries.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Export);
        writer.count1("the class count", self.classes.len())?;
        for class in &self.classes {
            writer.u2(class.class_offset);
            writer.count1("the static field count", class.static_field_offsets.len())?;
            writer.count1("the static method count", class.static_method_offsets.len())?;
            writer.u2_table(&class.static_field_offsets);
            writer.u2_table(&class.static_method_offsets);
        }
        writer.finish()
    }
}
