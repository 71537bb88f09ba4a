//! Directory component (JCVM §6.5): the sizes of the others.

use super::{Aid, Reader, Tag, Version, Writer};
use crate::error::{ReadError, WriteError};

/// The Directory component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Directory {
    /// Size of each component's info item by tag (index = tag − 1), 0 if absent; 11 entries in format 2.1
    /// (no Debug), 12 in 2.2.
    pub component_sizes: Vec<u16>,
    /// Bytes of static fields.
    pub static_image_size: u16,
    /// Number of statically initialised arrays.
    pub static_array_init_count: u16,
    /// Bytes of their contents.
    pub static_array_init_size: u16,
    /// Number of imported packages.
    pub import_count: u8,
    /// Number of applets.
    pub applet_count: u8,
    /// Custom components.
    pub custom: Vec<CustomComponentInfo>,
}

/// What the directory says of a custom component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomComponentInfo {
    /// 128 to 255.
    pub tag: u8,
    /// Size of its info item.
    pub size: u16,
    /// Whose component it is.
    pub aid: Aid,
}

impl Directory {
    /// How many sizes the table has in a format.
    #[must_use]
    pub const fn size_count(format: Version) -> usize {
        if format.minor < 2 { 11 } else { 12 }
    }

    pub(crate) fn read(reader: &mut Reader<'_>, format: Version) -> Result<Self, ReadError> {
        Ok(Self {
            component_sizes: reader.u2_table(Self::size_count(format), "a component size")?,
            static_image_size: reader.u2("the static image size")?,
            static_array_init_count: reader.u2("the array count")?,
            static_array_init_size: reader.u2("the size of the arrays")?,
            import_count: reader.u1("the import count")?,
            applet_count: reader.u1("the applet count")?,
            custom: {
                let count = reader.u1("the custom component count")?;
                reader.table(count.into(), |reader| {
                    Ok(CustomComponentInfo {
                        tag: reader.u1("a custom tag")?,
                        size: reader.u2("a custom component's size")?,
                        aid: Aid::read(reader)?,
                    })
                })?
            },
        })
    }

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if there are too many custom components.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Directory);
        writer.u2_table(&self.component_sizes);
        writer.u2(self.static_image_size);
        writer.u2(self.static_array_init_count);
        writer.u2(self.static_array_init_size);
        writer.u1(self.import_count);
        writer.u1(self.applet_count);
        writer.count1("the custom component count", self.custom.len())?;
        for custom in &self.custom {
            writer.u1(custom.tag);
            writer.u2(custom.size);
            custom.aid.write(&mut writer)?;
        }
        writer.finish()
    }
}
