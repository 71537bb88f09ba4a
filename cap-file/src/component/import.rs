//! Import component (JCVM §6.7): the packages that this one uses.

use super::{CapFormat, PackageInfo, Reader, Tag, Writer};
use crate::error::{ReadError, WriteError};

/// The Import component. A package token is an index into `packages`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Import {
    /// At most 128 packages.
    pub packages: Vec<PackageInfo>,
}

impl Import {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = reader.u1("the import count")?;
        Ok(Self {
            packages: reader.table(count.into(), PackageInfo::read)?,
        })
    }

    pub(crate) fn to_bytes(&self, format: CapFormat) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Import, format);
        writer.count1("the import count", self.packages.len())?;
        for package in &self.packages {
            package.write(&mut writer)?;
        }
        writer.finish()
    }
}
