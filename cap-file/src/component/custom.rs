//! Components that the standard does not define: their bytes are kept.

use super::{CapFormat, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// A custom component (JCVM §6.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomComponent {
    /// 128 to 255 (others are reserved; they are kept too).
    pub tag: u8,
    /// The info item.
    pub info: Vec<u8>,
}

impl CustomComponent {
    pub(crate) fn read(reader: &mut Reader<'_>, tag: u8) -> Result<Self, ReadError> {
        Ok(Self {
            tag,
            info: reader.bytes(reader.remaining(), "the info item")?.to_vec(),
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Custom(self.tag), format);
        writer.bytes(&self.info);
        writer.finish()
    }
}
