//! Static Resource component (JCVM 3.1 §6.16): bytes that come with a package, by number.

use super::{CapFormat, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Static Resource component, since format 2.3.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticResourceComponent {
    /// The resources.
    pub resources: Vec<StaticResource>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticResource {
    /// Its number in the file.
    pub id: u16,
    /// At most 32767 bytes.
    pub bytes: Vec<u8>,
}

impl StaticResourceComponent {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u2("the resource count")?;
        let directory = reader.table(count.into(), |reader| {
            Ok((
                reader.u2("a resource's number")?,
                reader.u4("a resource's size")?,
            ))
        })?;
        let mut resources = Vec::with_capacity(directory.len());
        for (id, size) in directory {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let bytes = reader.bytes(size, "a resource")?.to_vec();
            resources.push(StaticResource { id, bytes });
        }
        Ok(Self { resources })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::StaticResource, format);
        writer.count2("the resource count", self.resources.len())?;
        for resource in &self.resources {
            writer.u2(resource.id);
            writer.count4("a resource's size", resource.bytes.len())?;
        }
        for resource in &self.resources {
            writer.bytes(&resource.bytes);
        }
        writer.finish()
    }
}
