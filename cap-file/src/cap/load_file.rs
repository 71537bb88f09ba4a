//! The byte string that a card receives: components one behind the other.

use super::CapFile;
use super::read::RawComponents;
use crate::component::header::Header;
use crate::component::{CapFormat, Reader, Tag, Version};
use crate::error::{Place, ReadError, WriteError};

impl CapFile {
    /// The components in the order of installation (JCVM §6.2), as the contents of a GlobalPlatform load file
    /// data block (GPCS 2.3.1 §11.6.2.2, without the tag C4 and its length). The Debug component is left out;
    /// the Descriptor component is sent only if asked for, since a card that does not verify has no use for it.
    ///
    /// # Errors
    /// [`WriteError`] if something is too long for the format.
    pub fn load_file(&self, with_descriptor: bool) -> Result<Vec<u8>, WriteError> {
        let mut bytes = Vec::new();
        for tag in Tag::INSTALL_ORDER {
            if tag != Tag::Descriptor || with_descriptor {
                bytes.extend(self.component(tag)?.unwrap_or_default());
            }
        }
        for custom in &self.custom {
            bytes.extend(custom.to_bytes(self.format())?);
        }
        Ok(bytes)
    }

    /// Reads what [`CapFile::load_file`] gives.
    ///
    /// # Errors
    /// [`ReadError`] with the component and the offset of the first byte that is wrong.
    pub fn from_load_file(bytes: &[u8]) -> Result<CapFile, ReadError> {
        let mut reader = Reader::new(Place::LoadFile, bytes).with_format(format_of(bytes));
        let mut raw = RawComponents::default();
        while reader.remaining() > 0 {
            let start = reader.offset();
            let tag = Tag::from_byte(reader.u1("a component tag")?);
            let size = reader.component_size(tag)?;
            reader.bytes(size, "a whole component")?;
            raw.add(bytes.get(start..reader.offset()).unwrap_or_default())?;
        }
        raw.read()
    }
}

/// The format that the Header component tells, which is the first; it decides how wide the sizes are.
fn format_of(bytes: &[u8]) -> CapFormat {
    match bytes {
        [1, _, _, _, _, _, _, minor, major, flags, ..] => Header {
            format: Version::new(*major, *minor),
            flags: *flags,
            ..Header::default()
        }
        .layout(),
        _ => CapFormat::default(),
    }
}
