//! Header component (JCVM §6.4): the file format, and which package this is.

use super::{PackageInfo, Reader, Tag, Version, Writer};
use crate::error::{ReadError, WriteError};

/// The first bytes of every CAP file.
pub const MAGIC: u32 = 0xDECA_FFED;

/// The Header component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// Version of the CAP format: 2.1 or 2.2.
    pub format: Version,
    /// See the constants of this type.
    pub flags: u8,
    /// AID and version of the package.
    pub package: PackageInfo,
    /// Name of the package, parts separated by `/`. Absent in format 2.1; may be empty.
    pub package_name: Option<String>,
}

impl Header {
    /// The package uses the type `int`.
    pub const ACC_INT: u8 = 0x01;
    /// An Export component is present.
    pub const ACC_EXPORT: u8 = 0x02;
    /// An Applet component is present.
    pub const ACC_APPLET: u8 = 0x04;

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        let magic = reader.u4("the magic number")?;
        if magic != MAGIC {
            return Err(reader.error(
                offset,
                "the magic number 0xDECAFFED",
                format!("0x{magic:08X}"),
            ));
        }
        let offset = reader.offset();
        let format = Version::read(reader)?;
        if !super::common::SUPPORTED_FORMATS.contains(&format) {
            return Err(reader.error(offset, "CAP format 2.1 or 2.2", format.to_string()));
        }
        let flags = reader.u1("flags")?;
        let package = PackageInfo::read(reader)?;
        let package_name = match reader.remaining() {
            0 => None,
            _ => Some(package_name(reader)?),
        };
        Ok(Self {
            format,
            flags,
            package,
            package_name,
        })
    }

    /// The component's bytes.
    ///
    /// # Errors
    /// [`WriteError`] if the AID or the name is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Header);
        writer.u4(MAGIC);
        self.format.write(&mut writer);
        writer.u1(self.flags);
        self.package.write(&mut writer)?;
        if let Some(name) = &self.package_name {
            writer.count1("the package name's length", name.len())?;
            writer.bytes(name.as_bytes());
        }
        writer.finish()
    }
}

fn package_name(reader: &mut Reader<'_>) -> Result<String, ReadError> {
    let length = reader.u1("the package name's length")?;
    let offset = reader.offset();
    let name = reader.bytes(length.into(), "the package name")?;
    String::from_utf8(name.to_vec())
        .map_err(|_| reader.error(offset, "a package name in UTF-8", format!("{name:02x?}")))
}
