//! The components of a CAP file, one file each (JCVM 3.0.5 §6).

pub mod applet;
pub mod class;
pub mod common;
pub mod constant_pool;
pub mod custom;
pub mod debug;
pub mod descriptor;
pub mod directory;
pub mod export;
pub mod header;
pub mod import;
pub mod method;
pub mod reference_location;
pub mod static_field;
pub mod static_resource;

mod reader;
mod writer;

pub use common::{
    Aid, CapFormat, ClassRef, CodeOffset, DescribedType, INHERITED, PackageInfo, TypeDescriptor,
    Version, code_offset, split_code_offset,
};
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

use std::fmt;

/// The component tags (JCVM §6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the components' names")]
pub enum Tag {
    Header,
    Directory,
    Applet,
    Import,
    ConstantPool,
    Class,
    Method,
    StaticField,
    ReferenceLocation,
    Export,
    Descriptor,
    Debug,
    StaticResource,
    /// Any other tag; 128 to 255 are for custom components.
    Custom(u8),
}

impl Tag {
    /// The defined components in the order of their tags.
    pub const DEFINED: [Tag; 13] = [
        Tag::Header,
        Tag::Directory,
        Tag::Applet,
        Tag::Import,
        Tag::ConstantPool,
        Tag::Class,
        Tag::Method,
        Tag::StaticField,
        Tag::ReferenceLocation,
        Tag::Export,
        Tag::Descriptor,
        Tag::Debug,
        Tag::StaticResource,
    ];

    /// The order in which components are sent to a card (JCVM §6.2).
    pub const INSTALL_ORDER: [Tag; 12] = [
        Tag::Header,
        Tag::Directory,
        Tag::Import,
        Tag::Applet,
        Tag::Class,
        Tag::Method,
        Tag::StaticField,
        Tag::Export,
        Tag::ConstantPool,
        Tag::ReferenceLocation,
        Tag::StaticResource,
        Tag::Descriptor,
    ];

    /// The tag byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Tag::Header => 1,
            Tag::Directory => 2,
            Tag::Applet => 3,
            Tag::Import => 4,
            Tag::ConstantPool => 5,
            Tag::Class => 6,
            Tag::Method => 7,
            Tag::StaticField => 8,
            Tag::ReferenceLocation => 9,
            Tag::Export => 10,
            Tag::Descriptor => 11,
            Tag::Debug => 12,
            Tag::StaticResource => 13,
            Tag::Custom(byte) => byte,
        }
    }

    /// The component with this tag byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Tag {
        Tag::DEFINED
            .into_iter()
            .find(|tag| tag.byte() == byte)
            .unwrap_or(Tag::Custom(byte))
    }

    /// Bytes of the size behind the tag: 4 for what may be longer than 64 KB (JCVM 3.1 §6.1).
    #[must_use]
    pub const fn size_width(self, extended: bool) -> usize {
        match self {
            Tag::StaticResource => 4,
            Tag::Method
            | Tag::ReferenceLocation
            | Tag::Descriptor
            | Tag::Debug
            | Tag::Custom(_)
                if extended =>
            {
                4
            }
            _ => 2,
        }
    }

    /// The file name in the archive (JCVM §4.1.2), empty for custom components, which have none of their own. In
    /// an extended file, components with a long size end in `.capx`.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Tag::Header => "Header.cap",
            Tag::Directory => "Directory.cap",
            Tag::Applet => "Applet.cap",
            Tag::Import => "Import.cap",
            Tag::ConstantPool => "ConstantPool.cap",
            Tag::Class => "Class.cap",
            Tag::Method => "Method.cap",
            Tag::StaticField => "StaticField.cap",
            Tag::ReferenceLocation => "RefLocation.cap",
            Tag::Export => "Export.cap",
            Tag::Descriptor => "Descriptor.cap",
            Tag::Debug => "Debug.cap",
            Tag::StaticResource => "StaticResources.capx",
            Tag::Custom(_) => "",
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tag::Custom(byte) => write!(f, "custom (tag {byte})"),
            Tag::ReferenceLocation => f.write_str("ReferenceLocation"),
            Tag::StaticResource => f.write_str("StaticResource"),
            other => f.write_str(other.file_name().trim_end_matches(".cap")),
        }
    }
}
