//! What a CAP file is and what it demands, for people and (as JSON) for programs.

use crate::api::{ApiPackage, TokenSpace};
use crate::cap::CapFile;
use crate::component::applet::AppletInfo;
use crate::component::class::{ClassEntry, ClassInfo};
use crate::component::constant_pool::{Constant, StaticRef};
use crate::component::header::Header;
use crate::component::{ClassRef, Tag, Version};
use crate::error::WriteError;
use crate::verify::Exports;
use serde::Serialize;
use std::collections::HashMap;
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
    /// Public packages of an extended file: name, AID and version; empty for a compact one.
    pub public_packages: Vec<String>,
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
    /// Number of exported classes and interfaces.
    pub exported_classes: usize,
    /// Their names as far as the file tells them (by its Debug component), else where they are.
    pub exports: Vec<String>,
    /// Bytes that stay on the card after loading, at least: code, classes, constant pool and static fields. A
    /// card adds its own overhead; what instances take depends on their code.
    pub resident_bytes: usize,
    /// Bytes that installing takes at least: one object of each applet class, and the static arrays. What
    /// constructors allocate on top depends on their code and their parameters.
    pub install_bytes: usize,
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
        public_packages: header
            .public_packages
            .iter()
            .map(|public| {
                let package = &public.package;
                format!("{} {} {}", public.name, package.aid, package.version)
            })
            .collect(),
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
        exports: exports_of(cap),
        install_bytes: install_bytes(cap),
        resident_bytes: size_of(Tag::Method)
            + size_of(Tag::Class)
            + size_of(Tag::ConstantPool)
            + usize::from(cap.static_field.image_size),
    })
}

/// Names of the exported classes.
fn exports_of(cap: &CapFile) -> Vec<String> {
    let classes = cap.export.iter().flat_map(|export| &export.classes);
    let name = |offset: u16| {
        let debug = cap.debug.as_ref()?;
        let class = debug.class(ClassRef::Internal(offset))?;
        debug.string(class.name).map(str::to_owned)
    };
    classes
        .map(|class| {
            name(class.class_offset).unwrap_or_else(|| format!("class at {}", class.class_offset))
        })
        .collect()
}

/// Two bytes for each word of an applet's fields (those of superclasses in this file included), and the contents
/// of static arrays.
fn install_bytes(cap: &CapFile) -> usize {
    let arrays = &cap.static_field.array_init;
    let arrays: usize = arrays.iter().map(|array| array.values.len()).sum();
    let installs = cap.applet.iter().flat_map(|component| &component.applets);
    let classes: HashMap<u16, &ClassInfo> = cap
        .class_entries()
        .filter_map(|(offset, entry)| match entry {
            ClassEntry::Class(class) => Some((offset, class)),
            ClassEntry::Interface(_) => None,
        })
        .collect();
    let words = |applet: &AppletInfo| -> Option<usize> {
        let mut methods = cap.descriptor.as_ref()?.methods();
        let (class, _) = methods.find(|(_, method)| {
            method.method_offset == applet.install_method_offset && method.bytecode_count > 0
        })?;
        let mut words = 0;
        let mut next = Some(class.this_class);
        // A chain is no longer than the file has classes.
        for _ in 0..=classes.len() {
            let Some(ClassRef::Internal(offset)) = next else {
                break;
            };
            let class = classes.get(&offset)?;
            words += usize::from(class.declared_instance_size);
            next = class.super_class;
        }
        Some(words)
    };
    arrays
        + installs
            .filter_map(words)
            .map(|words| 2 * words)
            .sum::<usize>()
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
        for public in &self.public_packages {
            writeln!(f, "public package {public}")?;
        }
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
        for export in &self.exports {
            writeln!(f, "exports {export}")?;
        }
        for component in &self.components {
            writeln!(f, "{:>6} {}", component.size, component.name)?;
        }
        writeln!(
            f,
            "load file {} bytes: {} blocks plain, {} blocks secured",
            self.load_file_size, self.plain_blocks, self.secured_blocks
        )?;
        writeln!(
            f,
            "at least {} bytes stay on the card; installing takes at least {} more",
            self.resident_bytes, self.install_bytes
        )
    }
}
