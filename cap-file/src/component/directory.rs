//! Directory component (JCVM §6.5): the sizes of the others.

use super::{Aid, CapFormat, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Directory component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Directory {
    /// Size of each component's info item by tag (index = tag − 1), 0 if absent; 11 entries in format 2.1
    /// (no Debug), 12 in 2.2, 13 in 2.3 (Static Resource).
    pub component_sizes: Vec<u32>,
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
    /// Number of blocks of the Method component; only in an extended file.
    pub method_block_count: u8,
    /// Custom components.
    pub custom: Vec<CustomComponentInfo>,
}

/// What the directory says of a custom component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomComponentInfo {
    /// 128 to 255.
    pub tag: u8,
    /// Size of its info item.
    pub size: u32,
    /// Whose component it is.
    pub aid: Aid,
}

impl Directory {
    /// How many sizes the table has in a format.
    #[must_use]
    pub const fn size_count(format: CapFormat) -> usize {
        match format.version.minor {
            0 | 1 => 11,
            2 => 12,
            _ => 13,
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let format = reader.format();
        let mut directory = Self::default();
        for tag in Tag::DEFINED.into_iter().take(Self::size_count(format)) {
            directory
                .component_sizes
                .push(if tag.size_width(format.extended) == 4 {
                    reader.u4("a component size")?
                } else {
                    reader.u2("a component size")?.into()
                });
        }
        directory.static_image_size = reader.u2("the static image size")?;
        directory.static_array_init_count = reader.u2("the array count")?;
        directory.static_array_init_size = reader.u2("the size of the arrays")?;
        directory.import_count = reader.u1("the import count")?;
        directory.applet_count = reader.u1("the applet count")?;
        if format.extended {
            directory.method_block_count = reader.u1("the count of method blocks")?;
        }
        let count = reader.u1("the custom component count")?;
        directory.custom = reader.table(count.into(), |reader| {
            Ok(CustomComponentInfo {
                tag: reader.u1("a custom tag")?,
                size: if format.extended {
                    reader.u4("a custom component's size")?
                } else {
                    reader.u2("a custom component's size")?.into()
                },
                aid: Aid::read(reader)?,
            })
        })?;
        Ok(directory)
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Directory, format);
        for (tag, size) in Tag::DEFINED.into_iter().zip(&self.component_sizes) {
            write_size(&mut writer, tag, *size)?;
        }
        writer.u2(self.static_image_size);
        writer.u2(self.static_array_init_count);
        writer.u2(self.static_array_init_size);
        writer.u1(self.import_count);
        writer.u1(self.applet_count);
        if format.extended {
            writer.u1(self.method_block_count);
        }
        writer.count1("the custom component count", self.custom.len())?;
        for custom in &self.custom {
            writer.u1(custom.tag);
            write_size(&mut writer, Tag::Custom(custom.tag), custom.size)?;
            custom.aid.write(&mut writer)?;
        }
        writer.finish()
    }
}

/// A size as wide as the component's own.
fn write_size(writer: &mut Writer, tag: Tag, size: u32) -> Result<(), WriteError> {
    if tag.size_width(writer.format().extended) == 4 {
        writer.u4(size);
        return Ok(());
    }
    writer.count2(
        "a component's size",
        usize::try_from(size).unwrap_or(usize::MAX),
    )
}
