//! What a CAP file is and what it demands, for people and (as JSON) for programs.

use crate::api::{ApiPackage, TokenSpace};
use crate::cap::CapFile;
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::header::Header;
use crate::component::{ClassRef, Tag, Version};
use crate::error::WriteError;
use crate::verify::Exports;
use serde::Serialize;
use std::fmt;

/// Data bytes of a LOAD command if the whole load file goes in short APDUs without secure messaging.
pub const PLAIN_BLOCK: usize = 255;

/// The same with the 8 bytes of a C-MAC, and padding of an encrypted block (SCP03 with AES).
pub const SECURED_BLOCK: usize = 239;

/// The Java Card levels whose tables are built in, oldest first: framework, security and crypto versions.
const JAVA_CARD_LEVELS: [(&str, [(&str, Version); 3]); 6] = [
    ("2.2.1", levels(2, 2, 2)),
    ("2.2.2", levels(3, 3, 3)),
    ("3.0.1", levels(4, 4, 4)),
    ("3.0.4", levels(5, 5, 5)),
    ("3.0.5", levels(6, 6, 6)),
    ("3.1.0", levels(8, 7, 7)),
];

const fn levels(framework: u8, security: u8, crypto: u8) -> [(&'static str, Version); 3] {
    [
        ("javacard.framework", Version::new(1, framework)),
        ("javacard.security", Version::new(1, security)),
        ("javacardx.crypto", Version::new(1, crypto)),
    ]
}

/// A summary of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapInfo {
    /// Version of the CAP format.
    pub format: String,
    /// Name of the package, if the file tells it.
    pub package_name: Option<String>,
    /// AID of the package, in hex.
    pub package_aid: String,
    /// Version of the package.
    pub package_version: String,
    /// AIDs of the applets, in hex.
    pub applets: Vec<String>,
    /// Imported packages.
    pub imports: Vec<ImportInfo>,
    /// Oldest Java Card level that has all imported versions; `None` if one is newer than all that are known.
    pub java_card: Option<&'static str>,
    /// Version of `org.globalplatform` that the card must have, if it is imported.
    pub globalplatform: Option<String>,
    /// Bytes of each component.
    pub components: Vec<ComponentInfo>,
    /// Bytes of the load file, without Descriptor and Debug.
    pub load_file_size: usize,
    /// LOAD commands with [`PLAIN_BLOCK`] bytes each.
    pub plain_blocks: usize,
    /// LOAD commands with [`SECURED_BLOCK`] bytes each.
    pub secured_blocks: usize,
    /// The package needs a card with `int`.
    pub uses_int: bool,
    /// Tokens of exported classes.
    pub exported_classes: usize,
    /// Bytes that stay on the card after loading, at least: code, classes, constant pool and static fields. A
    /// card adds its own overhead; what instances take depends on their code.
    pub resident_bytes: usize,
}

/// An imported package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportInfo {
    /// AID, in hex.
    pub aid: String,
    /// Name, if the package is known.
    pub name: Option<String>,
    /// The version that the card must have, or a newer one with the same major version.
    pub version: String,
    /// Oldest known version that has everything that this file uses of it, if the package is known.
    pub used_version: Option<String>,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentInfo {
    /// Its name.
    pub name: String,
    /// Its bytes, tag and size included.
    pub size: usize,
}

/// Summarises a file.
///
/// # Errors
/// [`WriteError`] if the file cannot be written, so that it has no sizes.
pub fn info(cap: &CapFile, exports: &Exports) -> Result<CapInfo, WriteError> {
    let components = cap.components()?;
    let size_of = |tag| {
        components
            .iter()
            .find(|(other, _)| *other == tag)
            .map_or(0, |(_, bytes)| bytes.len())
    };
    let load_file_size = cap.load_file(false)?.len();
    // The block data is the load file in a TLV with tag C4 (GPCS 2.3.1 §11.6.2.2).
    let block_data = load_file_size + if load_file_size < 128 { 2 } else { 4 };
    let header = &cap.header;
    let applets = cap.applet.iter().flat_map(|component| &component.applets);
    let imports = (0u8..).zip(&cap.import.packages).map(|(token, import)| {
        let package = exports.find(&import.aid);
        ImportInfo {
            aid: import.aid.to_string(),
            name: package.map(|package| package.name.clone()),
            version: import.version.to_string(),
            used_version: package
                .and_then(|package| used_version(cap, package, token))
                .map(|version| version.to_string()),
        }
    });
    let globalplatform = cap.import.packages.iter().find(|import| {
        exports
            .find(&import.aid)
            .is_some_and(|package| package.name == "org.globalplatform")
    });
    Ok(CapInfo {
        format: header.format.to_string(),
        package_name: header
            .package_name
            .clone()
            .filter(|name| !name.is_empty())
            .or_else(|| Some(cap.archive_path.clone()).filter(|path| !path.is_empty())),
        package_aid: header.package.aid.to_string(),
        package_version: header.package.version.to_string(),
        applets: applets.map(|applet| applet.aid.to_string()).collect(),
        imports: imports.collect(),
        java_card: java_card_level(cap, exports),
        globalplatform: globalplatform.map(|import| import.version.to_string()),
        components: components
            .iter()
            .map(|(tag, bytes)| ComponentInfo {
                name: tag.to_string(),
                size: bytes.len(),
            })
            .collect(),
        load_file_size,
        plain_blocks: block_data.div_ceil(PLAIN_BLOCK),
        secured_blocks: block_data.div_ceil(SECURED_BLOCK),
        uses_int: header.flags & Header::ACC_INT != 0,
        exported_classes: cap.export.as_ref().map_or(0, |export| export.classes.len()),
        resident_bytes: size_of(Tag::Method)
            + size_of(Tag::Class)
            + size_of(Tag::ConstantPool)
            + usize::from(cap.static_field.image_size),
    })
}

/// The oldest level whose packages have all the imported versions.
fn java_card_level(cap: &CapFile, exports: &Exports) -> Option<&'static str> {
    let suffices = |level: &[(&str, Version); 3]| {
        cap.import.packages.iter().all(|import| {
            let name = exports
                .find(&import.aid)
                .map(|package| package.name.as_str());
            level
                .iter()
                .all(|(package, version)| name != Some(package) || import.version <= *version)
        })
    };
    JAVA_CARD_LEVELS
        .iter()
        .find(|(_, level)| suffices(level))
        .map(|(name, _)| *name)
}

/// The newest `since` of all items of a package that the constant pool names; `None` if one is not known.
fn used_version(cap: &CapFile, package: &ApiPackage, token: u8) -> Option<Version> {
    let mut version = *package.versions.first()?;
    for constant in &cap.constant_pool.entries {
        let since = match *constant {
            Constant::Class(ClassRef::External {
                package: other,
                class,
            }) if other == token => package.class_by_token(class)?.since,
            Constant::VirtualMethod {
                class:
                    ClassRef::External {
                        package: other,
                        class,
                    },
                token: method,
            } if other == token => {
                package
                    .class_by_token(class)?
                    .method_by_token(TokenSpace::Virtual, method)?
                    .since
            }
            Constant::StaticMethod(StaticRef::External {
                package: other,
                class,
                token: method,
            }) if other == token => {
                package
                    .class_by_token(class)?
                    .method_by_token(TokenSpace::Static, method)?
                    .since
            }
            Constant::StaticField(StaticRef::External {
                package: other,
                class,
                token: field,
            }) if other == token => package.class_by_token(class)?.field_by_token(field)?.since,
            _ => continue,
        };
        version = version.max(since);
    }
    Some(version)
}

impl fmt::Display for CapInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.package_name.as_deref().unwrap_or("(no name)");
        writeln!(
            f,
            "package {name} {} version {}, CAP format {}",
            self.package_aid, self.package_version, self.format
        )?;
        for applet in &self.applets {
            writeln!(f, "applet {applet}")?;
        }
        for import in &self.imports {
            let name = import.name.as_deref().unwrap_or(&import.aid);
            write!(f, "imports {name} {}", import.version)?;
            match &import.used_version {
                Some(used) => writeln!(f, " (what it uses is in {used})")?,
                None => writeln!(f)?,
            }
        }
        match self.java_card {
            Some(level) => writeln!(f, "needs Java Card {level}")?,
            None => writeln!(
                f,
                "needs a Java Card newer than the tables that are built in"
            )?,
        }
        if let Some(version) = &self.globalplatform {
            writeln!(f, "needs GlobalPlatform card API {version}")?;
        }
        if self.uses_int {
            writeln!(f, "needs a card with int")?;
        }
        for component in &self.components {
            writeln!(f, "{:>6} {}", component.size, component.name)?;
        }
        writeln!(
            f,
            "load file {} bytes: {} blocks plain, {} blocks secured; at least {} bytes stay on the card",
            self.load_file_size, self.plain_blocks, self.secured_blocks, self.resident_bytes
        )
    }
}
