//! Cards to build for: the API that they have, and the CAP format. The list is the API's releases, in cap-file.

use crate::opt::Options;
use cap_file::api::{Api, ApiPackage, RELEASES};
use cap_file::component::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A kind of card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, `jc304`.
    pub name: &'static str,
    /// What it is, `Java Card 3.0.4 Classic`.
    pub title: &'static str,
    /// The CAP format to write: 2.1, 2.2 with its longer header, or 2.3.
    pub format: Version,
    /// Whether to write the extended form of format 2.3, which has room for more than 64 KB of code.
    pub extended: bool,
    /// Whether the file has a Debug component, with names and lines for other tools. It is not sent to a card.
    pub debug: bool,
    /// Whether its virtual machine has `int` (JCVM 3.0.5 §2.2.3.1): then a `u32` or `i32` is one value, in one instruction,
    /// else two words.
    pub int: bool,
    /// Whether the off-card verifier of the release refuses some code in which a word of a frame holds values of several
    /// types, one after the other.
    one_type_words: bool,
    /// The newest versions of the Java Card packages that it has, by name.
    packages: &'static BTreeMap<String, String>,
    is_default: bool,
}

/// `javacard.framework` of Java Card 3.1, which is the first to read format 2.3.
const EXTENDED_SINCE: Version = Version::new(1, 8);

/// The first format with a Debug component (JCVM 3.0.5 §6.15), and `javacard.framework` of Java Card 2.2.2, the first to read it.
const DEBUG_FORMAT: Version = Version::new(2, 2);
const DEBUG_SINCE: Version = Version::new(1, 3);

/// The list of releases.
#[derive(Deserialize)]
struct Table {
    target: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    name: String,
    title: String,
    #[serde(default)]
    default: bool,
    #[serde(default)]
    one_type_words: bool,
    packages: BTreeMap<String, String>,
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    // A table that cannot be read would leave no target; the test below says that there are six.
    ROWS.get_or_init(|| {
        toml::from_str::<Table>(RELEASES)
            .map(|table| table.target)
            .unwrap_or_default()
    })
}

impl Target {
    /// The targets there are, the oldest first.
    #[must_use]
    pub fn all() -> Vec<Target> {
        let target = |row: &'static Row| Target {
            name: &row.name,
            title: &row.title,
            format: Version::new(2, 1),
            extended: false,
            int: false,
            debug: false,
            one_type_words: row.one_type_words,
            packages: &row.packages,
            is_default: row.default,
        };
        rows().iter().map(target).collect()
    }

    /// The target with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Target> {
        Self::all().into_iter().find(|target| target.name == name)
    }

    /// Whether tools for the card read export files of format 2.3: those of Java Card 3.1 do.
    pub(super) fn reads_format_2_3(&self) -> bool {
        let framework = self.ceiling_of("javacard.framework");
        framework.is_some_and(|framework| framework >= EXTENDED_SINCE)
    }

    /// The same card, the CAP file in the extended form of format 2.3; `None` for a card before Java Card 3.1.
    #[must_use]
    pub fn extended(self) -> Option<Self> {
        self.reads_format_2_3().then_some(Self {
            format: Version::new(2, 3),
            extended: true,
            ..self
        })
    }

    /// The same card, the CAP file with a Debug component, which wants format 2.2; `None` for a card before Java Card 2.2.2.
    #[must_use]
    pub fn with_debug(self) -> Option<Self> {
        let framework = self.ceiling_of("javacard.framework")?;
        (framework >= DEBUG_SINCE).then_some(Self {
            format: self.format.max(DEBUG_FORMAT),
            debug: true,
            ..self
        })
    }

    /// The same card with `int`, which is an option of the virtual machine at every version. Arrays of `u32` in a function
    /// want `javacardx.framework.util.intx` as well.
    #[must_use]
    pub fn with_int(self) -> Self {
        Self { int: true, ..self }
    }

    /// The same card, the CAP file in another format (2.1, 2.2 or 2.3).
    #[must_use]
    pub fn with_format(self, format: Version) -> Self {
        Self { format, ..self }
    }

    /// The optimisations of these whose code the verifier of the release takes.
    pub(super) fn allowed(&self, options: Options) -> Options {
        Options {
            words: options.words && !self.one_type_words,
            ..options
        }
    }

    /// The newest version of an API package that the card has. GlobalPlatform's packages are not
    /// bound to a Java Card version: any will do.
    #[must_use]
    pub fn ceiling(&self, package: &ApiPackage) -> Option<Version> {
        if package.name.starts_with("org.globalplatform") {
            return Some(package.newest());
        }
        let (major, minor) = self.packages.get(&package.name)?.split_once('.')?;
        Some(Version::new(major.parse().ok()?, minor.parse().ok()?))
    }

    /// Whether the card has a method of this name.
    #[must_use]
    pub(crate) fn has_method(&self, class: &str, name: &str) -> bool {
        Api::builtin()
            .find_class(class)
            .is_some_and(|(package, class)| {
                let ceiling = self.ceiling(package);
                let mut methods = class.methods_named(name);
                methods.any(|method| ceiling >= Some(method.since))
            })
    }

    /// The newest version of a package by name.
    #[must_use]
    pub fn ceiling_of(&self, package: &str) -> Option<Version> {
        self.ceiling(Api::builtin().find_package_by_name(package)?)
    }
}

impl Default for Target {
    fn default() -> Self {
        let fallback = Target {
            name: "none",
            title: "no target",
            format: Version::new(2, 1),
            extended: false,
            int: false,
            debug: false,
            one_type_words: false,
            packages: const { &BTreeMap::new() },
            is_default: true,
        };
        let mut all = Self::all().into_iter();
        all.find(|target| target.is_default).unwrap_or(fallback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_packages_and_versions_that_are_known() {
        let all = Target::all();
        let names: Vec<&str> = all.iter().map(|target| target.name).collect();
        assert_eq!(
            names,
            ["jc221", "jc222", "jc301", "jc304", "jc305", "jc310"]
        );
        assert_eq!(all.iter().filter(|target| target.is_default).count(), 1);
        assert_eq!(Target::default().name, "jc304");
        for target in &all {
            for package in target.packages.keys() {
                let known = Api::builtin().find_package_by_name(package);
                let ceiling = target.ceiling_of(package);
                assert!(
                    known.is_some_and(|known| known
                        .versions
                        .iter()
                        .any(|version| Some(*version) == ceiling)),
                    "{}: {package} {ceiling:?}",
                    target.name
                );
            }
        }
    }

    #[test]
    fn no_package_goes_back_from_one_target_to_the_next() {
        for pair in Target::all().windows(2) {
            let [old, new] = pair else { continue };
            for package in old.packages.keys() {
                assert!(
                    old.ceiling_of(package) <= new.ceiling_of(package),
                    "{package} of {} and {}",
                    old.name,
                    new.name
                );
            }
        }
    }
}
