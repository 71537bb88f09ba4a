//! Header component (JCVM §6.4): the file format, and which package this is.

use super::{CapFormat, PackageInfo, Reader, Tag, Version, Writer};
use crate::error::{ReadError, WriteError};

/// The first bytes of every CAP file.
pub const MAGIC: u32 = 0xDECA_FFED;

/// The Header component.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// Version of the CAP format: 2.1, 2.2 or 2.3.
    pub format: Version,
    /// See the constants of this type.
    pub flags: u8,
    /// AID and version of the package; of the CAP file itself in an extended one.
    pub package: PackageInfo,
    /// Name of the package, parts separated by `/`. Absent in format 2.1; may be empty.
    pub package_name: Option<String>,
    /// Public packages of an extended file.
    pub public_packages: Vec<PublicPackage>,
}

/// A public package of an extended file (JCVM 3.1 §6.4).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PublicPackage {
    /// AID and version.
    pub package: PackageInfo,
    /// Its name, which may be empty.
    pub name: String,
}

impl Header {
    /// The package uses the type `int`.
    pub const ACC_INT: u8 = 0x01;
    /// An Export component is present.
    pub const ACC_EXPORT: u8 = 0x02;
    /// An Applet component is present.
    pub const ACC_APPLET: u8 = 0x04;
    /// The file is in the extended format (since 2.3).
    pub const ACC_EXTENDED: u8 = 0x08;

    /// How the components of the file are laid out.
    #[must_use]
    pub const fn layout(&self) -> CapFormat {
        CapFormat {
            version: self.format,
            extended: self.format.minor >= 3 && self.flags & Self::ACC_EXTENDED != 0,
        }
    }

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
            return Err(reader.error(offset, "CAP format 2.1 to 2.3", format.to_string()));
        }
        let flags = reader.u1("flags")?;
        let package = PackageInfo::read(reader)?;
        let mut header = Self {
            format,
            flags,
            package,
            ..Self::default()
        };
        if header.layout().extended {
            let count = reader.u1("the package count")?;
            let packages = reader.table(count.into(), PackageInfo::read)?;
            for package in packages {
                let name = package_name(reader)?;
                header.public_packages.push(PublicPackage { package, name });
            }
        } else if reader.remaining() > 0 {
            header.package_name = Some(package_name(reader)?);
        }
        Ok(header)
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::component(Tag::Header, self.layout());
        writer.u4(MAGIC);
        self.format.write(&mut writer);
        writer.u1(self.flags);
        self.package.write(&mut writer)?;
        let name = |writer: &mut Writer, name: &str| {
            writer.count1("the package name's length", name.len())?;
            writer.bytes(name.as_bytes());
            Ok(())
        };
        if self.layout().extended {
            writer.count1("the package count", self.public_packages.len())?;
            for public in &self.public_packages {
                public.package.write(&mut writer)?;
            }
            for public in &self.public_packages {
                name(&mut writer, &public.name)?;
            }
        } else if let Some(own) = &self.package_name {
            name(&mut writer, own)?;
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
