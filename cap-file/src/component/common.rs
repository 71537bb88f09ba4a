//! Small structures that several components share.

use super::{Reader, Writer};
use crate::error::{ReadError, WriteError};
use std::fmt;

/// An application identifier: 5 to 16 bytes (ISO 7816-5).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Aid(pub Vec<u8>);

impl fmt::Display for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Aid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aid({self})")
    }
}

impl From<&[u8]> for Aid {
    fn from(bytes: &[u8]) -> Self {
        Aid(bytes.to_vec())
    }
}

impl Aid {
    /// Fewest bytes (ISO 7816-4 §8.2.1.2).
    pub const MIN: usize = 5;
    /// Most bytes.
    pub const MAX: usize = 16;

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let offset = reader.offset();
        let length = usize::from(reader.u1("the length of an AID")?);
        if !(Self::MIN..=Self::MAX).contains(&length) {
            return Err(reader.error(offset, "an AID length of 5 to 16", length.to_string()));
        }
        Ok(reader.bytes(length, "an AID")?.into())
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.count1("an AID's length", self.0.len())?;
        writer.bytes(&self.0);
        Ok(())
    }
}

/// The version of a package or of a file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Version {
    /// Changes when an import would break.
    pub major: u8,
    /// Changes when something is added.
    pub minor: u8,
}

impl Version {
    /// `major.minor`
    #[must_use]
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// In the order of the file: minor first.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let minor = reader.u1("a minor version")?;
        Ok(Self {
            major: reader.u1("a major version")?,
            minor,
        })
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.u1(self.minor);
        writer.u1(self.major);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A package's identity (JCVM §6.4 `package_info`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct PackageInfo {
    /// Version of the package.
    pub version: Version,
    /// AID of the package.
    pub aid: Aid,
}

impl PackageInfo {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            version: Version::read(reader)?,
            aid: Aid::read(reader)?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        self.version.write(writer);
        self.aid.write(writer)
    }
}

/// A reference to a class or interface (JCVM §6.8.1 `class_ref`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassRef {
    /// Offset of its entry in the info item of the Class component (0 to 0x7FFF).
    Internal(u16),
    /// A class of an imported package.
    External {
        /// Index into the Import component (0 to 127).
        package: u8,
        /// Class token in that package.
        class: u8,
    },
}

impl ClassRef {
    /// "No class": the superclass of `java.lang.Object`.
    pub const NONE: u16 = 0xffff;

    /// From the two bytes of the file.
    #[must_use]
    pub const fn from_u16(value: u16) -> Self {
        let [high, low] = value.to_be_bytes();
        if high & 0x80 == 0 {
            Self::Internal(value)
        } else {
            Self::External {
                package: high & 0x7f,
                class: low,
            }
        }
    }

    /// To the two bytes of the file.
    #[must_use]
    pub const fn to_u16(self) -> u16 {
        match self {
            Self::Internal(offset) => offset & 0x7fff,
            Self::External { package, class } => u16::from_be_bytes([package | 0x80, class]),
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.u2("a class reference").map(Self::from_u16)
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.u2(self.to_u16());
    }
}

/// The type of a field or the signature of a method, in nibbles (JCVM §6.14.5 `type_descriptor`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct TypeDescriptor {
    /// Number of nibbles in use.
    pub nibble_count: u8,
    /// The nibbles, high one first; `(nibble_count + 1) / 2` bytes.
    pub bytes: Vec<u8>,
}

/// One type in a [`TypeDescriptor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Java's types")]
pub enum DescribedType {
    Void,
    Boolean,
    Byte,
    Short,
    Int,
    Reference(ClassRef),
    BooleanArray,
    ByteArray,
    ShortArray,
    IntArray,
    ReferenceArray(ClassRef),
}

impl DescribedType {
    const fn nibble(self) -> u8 {
        match self {
            Self::Void => 1,
            Self::Boolean => 2,
            Self::Byte => 3,
            Self::Short => 4,
            Self::Int => 5,
            Self::Reference(_) => 6,
            Self::BooleanArray => 0xa,
            Self::ByteArray => 0xb,
            Self::ShortArray => 0xc,
            Self::IntArray => 0xd,
            Self::ReferenceArray(_) => 0xe,
        }
    }

    /// Stack or local words that a value takes: 0 for void, 2 for int, else 1.
    #[must_use]
    pub const fn words(self) -> u8 {
        match self {
            Self::Void => 0,
            Self::Int => 2,
            _ => 1,
        }
    }
}

impl TypeDescriptor {
    /// Packs types: a field's single type, or the arguments of a method and then what it returns.
    /// `None` if they need more than the 255 nibbles that the format can count (51 references).
    #[must_use]
    pub fn from_types(types: &[DescribedType]) -> Option<Self> {
        let mut nibbles = Vec::new();
        for described in types {
            nibbles.push(described.nibble());
            if let DescribedType::Reference(class) | DescribedType::ReferenceArray(class) =
                described
            {
                let [high, low] = class.to_u16().to_be_bytes();
                nibbles.extend([high >> 4, high & 15, low >> 4, low & 15]);
            }
        }
        let bytes = nibbles
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => high << 4 | low,
                [high] => high << 4,
                _ => 0,
            })
            .collect();
        Some(Self {
            nibble_count: u8::try_from(nibbles.len()).ok()?,
            bytes,
        })
    }

    /// The types that the nibbles spell, `None` if they spell none.
    #[must_use]
    pub fn types(&self) -> Option<Vec<DescribedType>> {
        let mut nibbles = self
            .bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .take(self.nibble_count.into());
        let mut types = Vec::new();
        while let Some(nibble) = nibbles.next() {
            let mut class = || {
                let value = (0..4).try_fold(0u16, |value, _| {
                    Some(value << 4 | u16::from(nibbles.next()?))
                })?;
                Some(ClassRef::from_u16(value))
            };
            types.push(match nibble {
                1 => DescribedType::Void,
                2 => DescribedType::Boolean,
                3 => DescribedType::Byte,
                4 => DescribedType::Short,
                5 => DescribedType::Int,
                6 => DescribedType::Reference(class()?),
                0xa => DescribedType::BooleanArray,
                0xb => DescribedType::ByteArray,
                0xc => DescribedType::ShortArray,
                0xd => DescribedType::IntArray,
                0xe => DescribedType::ReferenceArray(class()?),
                _ => return None,
            });
        }
        Some(types)
    }

    /// Bytes that it takes in the file, its count included.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.bytes.len()
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let nibble_count = reader.u1("a nibble count")?;
        let length = usize::from(nibble_count).div_ceil(2);
        Ok(Self {
            nibble_count,
            bytes: reader.bytes(length, "a type descriptor")?.to_vec(),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u1(self.nibble_count);
        writer.bytes(&self.bytes);
    }
}

/// The CAP formats that this crate reads.
pub(crate) const SUPPORTED_FORMATS: [Version; 3] =
    [Version::new(2, 1), Version::new(2, 2), Version::new(2, 3)];

/// How the components of a file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct CapFormat {
    /// Version of the CAP format.
    pub version: Version,
    /// The extended format of version 2.3: several packages, and several blocks of methods.
    pub extended: bool,
}

impl CapFormat {
    /// True since format 2.2: names of packages, a signature pool and a Debug component.
    #[must_use]
    pub const fn has_names(self) -> bool {
        self.version.minor >= 2
    }

    /// True since format 2.3: token mappings and static resources.
    #[must_use]
    pub const fn has_token_mappings(self) -> bool {
        self.version.minor >= 3
    }
}

/// A place in the Method component (JCVM §6.10, 3.1 §6.10.1): the offset in the info item; in an extended file
/// the offset in a block, and in the upper 16 bits the index of that block.
pub type CodeOffset = u32;

/// In a method table: the method is inherited from another package (0xFFFF in a compact file, 0xFFFFFF in an
/// extended one).
pub const INHERITED: CodeOffset = 0x00ff_ffff;

/// The block of a [`CodeOffset`] and the offset in it.
#[must_use]
pub const fn split_code_offset(offset: CodeOffset) -> (usize, u16) {
    let [high, low, first, second] = offset.to_be_bytes();
    (
        u16::from_be_bytes([high, low]) as usize,
        u16::from_be_bytes([first, second]),
    )
}

/// The [`CodeOffset`] of an offset in a block.
#[must_use]
pub const fn code_offset(block: u8, offset: u16) -> CodeOffset {
    let [first, second] = offset.to_be_bytes();
    u32::from_be_bytes([0, block, first, second])
}
