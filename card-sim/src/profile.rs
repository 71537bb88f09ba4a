//! Kinds of cards, as data: the sizes of the memories, the API, what is missing.
//!
//! "Will it fit and run on that card" is answered by installing it on a card with the profile.

use crate::class_byte::MAX_CHANNELS;
use crate::cost::Costs;
use crate::quirk::Quirk;
use cap_file::api::{Api, RELEASES};
use scp::Protocol;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A kind of card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What card it is, in words.
    pub description: String,
    /// Where the figures come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The release of the Java Card API, `jc304`: what is newer cannot be imported.
    pub api: String,
    /// Bytes of the APDU buffer: at least 133 (`APDU.getBuffer`), cards of common use have 261 and more.
    pub apdu_buffer: u16,
    /// Logical channels, the basic one included: 1 to 20.
    #[serde(default = "all_channels")]
    pub channels: u8,
    /// The secure channel protocol of its issuer security domain and its `i`: `scp02:55`, `scp03:70`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure_channel: Option<String>,
    /// Version of its first key set, 1 to 255. That of 255 is a manufacturer's (GlobalPlatformPro calls it a factory
    /// key): the first key set that is put goes in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_version: Option<u8>,
    /// What `APDU.getInBlockSize` and `getOutBlockSize` give over T=1 or without contacts, 16 to 261.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_sizes: Option<[u16; 2]>,
    /// What it does in its own way.
    #[serde(default)]
    pub quirks: Vec<Quirk>,
    /// Algorithms and key lengths that it has not, as constants of the API:
    /// `javacard/security/KeyBuilder.LENGTH_RSA_4096`.
    #[serde(default)]
    pub refused: Vec<String>,
    /// The table of what bytecodes cost, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<String>,
    /// Sizes.
    pub memory: MemorySizes,
}

fn all_channels() -> u8 {
    MAX_CHANNELS
}

/// The sizes of a card's memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemorySizes {
    /// Bytes for code and objects.
    pub persistent: u32,
    /// Bytes of transient objects, the APDU buffer included.
    pub transient: u32,
    /// Bytes that a transaction may log.
    pub commit: u32,
    /// Words of the stack.
    pub stack_words: u16,
}

/// Why a profile is none.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not of the form.
    #[error("not a card profile: {0}")]
    Form(#[from] toml::de::Error),
    /// An API that nobody knows.
    #[error("there is no API release `{found}`, only {known}")]
    Release {
        /// What was asked for.
        found: String,
        /// What there is.
        known: String,
    },
    /// A constant that the API has not.
    #[error("the API has no constant `{0}`; write it as javacard/security/Signature.ALG_ECDSA_SHA")]
    Constant(String),
    /// A secure channel protocol that nobody knows.
    #[error("`{0}` is no secure channel protocol; write it as scp03:70 or scp02:55")]
    SecureChannel(String),
    /// A table of costs that is not there.
    #[error("there are no costs `{0}`, only `j3r180`")]
    Costs(String),
    /// A size out of range.
    #[error("{0}")]
    Size(&'static str),
}

impl Profile {
    /// The profiles that come with the simulator: name and text.
    pub const BUILTIN: &'static [(&'static str, &'static str)] = &[
        ("jc222", include_str!("../profiles/jc222.toml")),
        ("jc304", include_str!("../profiles/jc304.toml")),
        ("a40cr", include_str!("../profiles/a40cr.toml")),
        ("j3h145", include_str!("../profiles/j3h145.toml")),
        ("j3r180", include_str!("../profiles/j3r180.toml")),
        ("sce60", include_str!("../profiles/sce60.toml")),
    ];

    /// A profile that comes with the simulator.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = Self::BUILTIN.iter().find(|(known, _)| *known == name)?;
        Self::parse(text).ok()
    }

    /// Reads a profile in TOML.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        if release(&profile.api).is_none() {
            let known: Vec<&str> = releases().iter().map(|release| &*release.name).collect();
            return Err(ProfileError::Release {
                found: profile.api,
                known: known.join(", "),
            });
        }
        for name in &profile.refused {
            if constant(name).is_none() {
                return Err(ProfileError::Constant(name.clone()));
            }
        }
        if let Some(name) = &profile.costs
            && Costs::named(name).is_none()
        {
            return Err(ProfileError::Costs(name.clone()));
        }
        if let Some(text) = &profile.secure_channel
            && profile.protocol().is_none()
        {
            return Err(ProfileError::SecureChannel(text.clone()));
        }
        if profile.apdu_buffer < 133 {
            return Err(ProfileError::Size("an APDU buffer has at least 133 bytes"));
        }
        if profile.key_version == Some(0) {
            return Err(ProfileError::Size("a key version is 1 to 255"));
        }
        let sizes = profile.block_sizes.into_iter().flatten();
        if sizes.into_iter().any(|size| !(16..=261).contains(&size)) {
            return Err(ProfileError::Size("a block has 16 to 261 bytes"));
        }
        if !(1..=MAX_CHANNELS).contains(&profile.channels) {
            return Err(ProfileError::Size("a card has 1 to 20 logical channels"));
        }
        if profile.memory.transient < u32::from(profile.apdu_buffer) + 64 {
            return Err(ProfileError::Size(
                "the transient memory has to hold the APDU buffer and 64 bytes more",
            ));
        }
        if profile.memory.persistent < 4096 || profile.memory.persistent > 1 << 24 {
            return Err(ProfileError::Size(
                "a persistent memory has 4096 bytes to 16 MiB",
            ));
        }
        Ok(profile)
    }

    /// The secure channel protocol of the issuer security domain, where the profile names one.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        self.secure_channel.as_deref()?.parse().ok()
    }

    /// Whether the card does something in its own way.
    #[must_use]
    pub fn has_quirk(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Whether the card has an algorithm: the value of a constant of a class of the API whose
    /// name begins with `prefix`.
    #[must_use]
    pub fn has(&self, class: &str, prefix: &str, value: i32) -> bool {
        !self.refused.iter().any(|name| {
            name.split_once('.')
                .is_some_and(|(owner, field)| owner == class && field.starts_with(prefix))
                && constant(name) == Some(value)
        })
    }

    /// Whether the card has a package in this version.
    #[must_use]
    pub fn has_package(&self, name: &str, major: u8, minor: u8) -> bool {
        // GlobalPlatform's packages are not bound to a release: any will do.
        name.starts_with("org.globalplatform")
            || release(&self.api)
                .and_then(|release| release.packages.get(name)?.split_once('.'))
                .is_some_and(|(newest_major, newest_minor)| {
                    newest_major.parse() == Ok(major)
                        && newest_minor
                            .parse::<u8>()
                            .is_ok_and(|newest| newest >= minor)
                })
    }
}

/// A release of the API.
#[derive(Deserialize)]
struct Release {
    name: String,
    packages: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ReleaseTable {
    target: Vec<Release>,
}

fn releases() -> &'static [Release] {
    static TABLE: OnceLock<Vec<Release>> = OnceLock::new();
    // A table that cannot be read would leave no release; a test of the profiles would say so.
    TABLE.get_or_init(|| {
        toml::from_str::<ReleaseTable>(RELEASES)
            .map(|table| table.target)
            .unwrap_or_default()
    })
}

fn release(name: &str) -> Option<&'static Release> {
    releases().iter().find(|release| release.name == name)
}

/// The value of a constant, written `CLASS.NAME`.
fn constant(name: &str) -> Option<i32> {
    let (class, field) = name.split_once('.')?;
    let (_, class) = Api::builtin().find_class(class)?;
    class.constant(field).map(|constant| constant.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_come_along_are_sound() {
        for (name, text) in Profile::BUILTIN {
            Profile::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = Profile::BUILTIN[1].1;
        for (from, to, expected) in [
            ("jc304\"", "jc999\"", "no API release `jc999`"),
            ("RSA_4096", "RSA_4097", "has no constant"),
            ("apdu_buffer = 261", "apdu_buffer = 132", "at least 133"),
            ("[memory]", "key_version = 0\n[memory]", "1 to 255"),
            ("[memory]", "block_sizes = [254, 15]\n[memory]", "16 to 261"),
            ("[memory]", "quirks = [\"moody\"]\n[memory]", "moody"),
            ("channels = 4", "channels = 21", "1 to 20 logical"),
            ("scp02:15", "scp04:15", "no secure channel protocol"),
            ("transient = 3072", "transient = 300", "64 bytes more"),
            ("commit = 512", "commit = -1", "not a card profile"),
            ("commit = 512", "comit = 512", "not a card profile"),
            ("[memory]", "costs = \"x\"\n[memory]", "no costs `x`"),
        ] {
            let error = Profile::parse(&good.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
