//! Cards to build for: the API that they have, and the CAP format.

use cap_file::api::{Api, ApiPackage};
use cap_file::component::Version;

/// A kind of card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, `jc304`.
    pub name: &'static str,
    /// The CAP format to write: 2.1, or 2.2 with its longer header.
    pub format: Version,
    /// The newest versions of the Java Card packages that it has, as (name, minor version); all
    /// have the major version 1.
    packages: &'static [(&'static str, u8)],
}

/// Java Card 2.2.2 (JC API 2.2.2), 3.0.4 and 3.0.5 (Classic), 3.1.
const JC222: &[(&str, u8)] = &[
    ("java.io", 0),
    ("java.lang", 0),
    ("javacard.framework", 3),
    ("javacard.security", 3),
    ("javacardx.apdu", 0),
    ("javacardx.crypto", 3),
    ("javacardx.framework.math", 0),
    ("javacardx.framework.tlv", 0),
    ("javacardx.framework.util", 0),
    ("javacardx.framework.util.intx", 0),
];
const JC304: &[(&str, u8)] = &[
    ("java.io", 0),
    ("java.lang", 0),
    ("javacard.framework", 5),
    ("javacard.security", 5),
    ("javacardx.apdu", 0),
    ("javacardx.crypto", 5),
    ("javacardx.framework.math", 0),
    ("javacardx.framework.string", 0),
    ("javacardx.framework.tlv", 0),
    ("javacardx.framework.util", 0),
    ("javacardx.framework.util.intx", 0),
];
const JC305: &[(&str, u8)] = &[
    ("java.io", 0),
    ("java.lang", 0),
    ("javacard.framework", 6),
    ("javacard.security", 6),
    ("javacardx.apdu", 0),
    ("javacardx.apdu.util", 0),
    ("javacardx.crypto", 6),
    ("javacardx.framework.math", 0),
    ("javacardx.framework.string", 0),
    ("javacardx.framework.tlv", 0),
    ("javacardx.framework.util", 0),
    ("javacardx.framework.util.intx", 0),
    ("javacardx.security", 0),
];

impl Target {
    /// The targets there are; the first is the default.
    pub const ALL: &'static [Target] = &[
        Target {
            name: "jc304",
            format: Version::new(2, 1),
            packages: JC304,
        },
        Target {
            name: "jc305",
            format: Version::new(2, 1),
            packages: JC305,
        },
        Target {
            name: "jc222",
            format: Version::new(2, 1),
            packages: JC222,
        },
    ];

    /// The target with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Target> {
        Self::ALL.iter().find(|target| target.name == name).cloned()
    }

    /// The same card, the CAP file in another format (2.1 or 2.2).
    #[must_use]
    pub fn with_format(self, format: Version) -> Self {
        Self { format, ..self }
    }

    /// The newest version of an API package that the card has. GlobalPlatform's packages are not
    /// bound to a Java Card version: any will do.
    #[must_use]
    pub fn ceiling(&self, package: &ApiPackage) -> Option<Version> {
        if package.name.starts_with("org.globalplatform") {
            return Some(package.newest());
        }
        let (_, minor) = self
            .packages
            .iter()
            .find(|(name, _)| *name == package.name)?;
        Some(Version::new(1, *minor))
    }

    /// The newest version of a package by name.
    #[must_use]
    pub fn ceiling_of(&self, package: &str) -> Option<Version> {
        self.ceiling(Api::builtin().find_package_by_name(package)?)
    }
}

impl Default for Target {
    fn default() -> Self {
        Target {
            name: "jc304",
            format: Version::new(2, 1),
            packages: JC304,
        }
    }
}
