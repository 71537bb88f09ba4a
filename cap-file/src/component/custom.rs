//! Components that the standard does not define: their bytes are kept.

use super::{Reader, Tag, Writer};
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

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if it has more than 64 KB.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Custom(self.tag));
        writer.bytes(&self.info);
        writer.finish()
    }
}
