//! Whether a flash will work, said before the first block.

mod uses;

pub use uses::Use;

use apdu_spec::Aid;
use cap_file::CapFile;
use cap_file::api::Api;
use cap_file::component::{PackageInfo, Version};

use crate::card_info::CardInfo;
use crate::key_set::KeySet;
use crate::listing::CardContent;
use crate::plan::{FlashOptions, PlanError, names};
use crate::profile::Profile;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was compared.
    pub subject: String,
    /// What was found and, where it is bad, what to do.
    pub message: String,
    /// For an import: the items that the card does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
}

impl Finding {
    /// Adds the places in the source, where `place` knows one for an offset into the Method component.
    pub fn locate(&mut self, place: impl Fn(u16) -> Option<String>) {
        for item in &mut self.uses {
            item.places = item
                .offsets
                .iter()
                .filter_map(|offset| place(*offset))
                .collect();
            item.places.dedup();
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It will work.
    Good,
    /// The card does not tell; it may work or not.
    Unknown,
    /// It will not work.
    Problem,
}

/// The newest versions of API packages that a card has, by package AID: a Java Card release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLevel {
    /// The name of the release: `3.0.4`.
    pub name: &'static str,
    packages: &'static [(&'static [u8], (u8, u8))],
}

const FRAMEWORK: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x62, 0x01, 0x01];
const SECURITY: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x62, 0x01, 0x02];
const CRYPTO: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x62, 0x02, 0x01];
const LANG: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x62, 0x00, 0x01];

impl ApiLevel {
    /// The releases with their package versions (export files of the development kits of Java Card 2.2.1 to 3.1.0).
    pub const ALL: &'static [Self] = &[
        Self {
            name: "2.2.1",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 2)),
                (SECURITY, (1, 2)),
                (CRYPTO, (1, 2)),
            ],
        },
        Self {
            name: "2.2.2",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 3)),
                (SECURITY, (1, 3)),
                (CRYPTO, (1, 3)),
            ],
        },
        Self {
            name: "3.0.1",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 4)),
                (SECURITY, (1, 4)),
                (CRYPTO, (1, 4)),
            ],
        },
        Self {
            name: "3.0.4",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 5)),
                (SECURITY, (1, 5)),
                (CRYPTO, (1, 5)),
            ],
        },
        Self {
            name: "3.0.5",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 6)),
                (SECURITY, (1, 6)),
                (CRYPTO, (1, 6)),
            ],
        },
        Self {
            name: "3.1",
            packages: &[
                (LANG, (1, 0)),
                (FRAMEWORK, (1, 8)),
                (SECURITY, (1, 7)),
                (CRYPTO, (1, 7)),
            ],
        },
    ];

    /// The release of this name, `3.0.4` or `jc304`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
        Self::ALL
            .iter()
            .find(|level| digits(level.name) == digits(name))
    }

    fn version(&self, package: &[u8]) -> Option<Version> {
        let (_, (major, minor)) = self.packages.iter().find(|(aid, _)| *aid == package)?;
        Some(Version::new(*major, *minor))
    }
}

/// Compares a CAP file with a card. `level` is what the card is known to have, where that is known.
///
/// # Errors
/// [`PlanError`] where the CAP file has no valid AIDs or cannot be written.
pub fn check(
    cap: &CapFile,
    content: &CardContent,
    info: &CardInfo,
    level: Option<&ApiLevel>,
    options: &FlashOptions,
) -> Result<Vec<Finding>, PlanError> {
    let mut findings = vec![card_state(content)];
    findings.extend(channel(info));
    findings.extend(presence(cap, content, options)?);
    findings.extend(
        cap.import
            .packages
            .iter()
            .enumerate()
            .map(|(index, import)| {
                check_import(cap, index, &import.aid.0, import.version, content, level)
            }),
    );
    let bytes = cap.load_file(options.with_descriptor)?.len();
    findings.push(memory(bytes, info, !options.without_memory_check));
    Ok(findings)
}

/// Whether it matters which load files are on a card, besides those that `content` knows already because applications
/// are made from them: where one is to be replaced, or imported, or where nothing tells what the card's platform has.
/// That the package itself is there, without applications, a card says when its load is announced.
///
/// # Errors
/// [`PlanError::Aid`] where the CAP file has no valid AIDs.
pub fn wants_load_files(
    cap: &CapFile,
    content: &CardContent,
    level: Option<&ApiLevel>,
    options: &FlashOptions,
) -> Result<bool, PlanError> {
    let (load_file, _) = names(cap)?;
    let is_open = |import: &PackageInfo| {
        level
            .and_then(|level| level.version(&import.aid.0))
            .is_none()
    };
    Ok(options.replace && content.load_file(&load_file).is_none()
        || cap.import.packages.iter().any(is_open))
}

/// What is publicly known of the product, besides its API level: where the card tells nothing of its channel, that of
/// the product; how its first keys follow from its maker's, where these keys are used as they are; its quirks.
#[must_use]
pub fn known(profile: &Profile, info: &CardInfo, keys: &KeySet) -> Vec<Finding> {
    let mut findings = Vec::new();
    if info.protocols.is_empty() {
        findings.extend(profile.protocols().map(|(protocol, i)| {
            let message = format!(
                "the card does not tell; {} has SCP{protocol:02X} with i={i:02X}",
                profile.name
            );
            finding(Severity::Unknown, "secure channel", message)
        }));
    }
    if let Some(method) = profile.diversification()
        && keys.diversification.is_none()
    {
        let message = format!(
            "{} is delivered with keys that follow from its maker's by {}, and these are used as they are",
            profile.name,
            method.name()
        );
        findings.push(finding(Severity::Unknown, "keys", message));
    }
    let quirks = profile.quirks.iter();
    findings.extend(quirks.map(|quirk| finding(Severity::Unknown, &profile.name, quirk.as_str())));
    findings
}

/// Whether any of them is a problem.
#[must_use]
pub fn has_problem(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Problem)
}

fn finding(severity: Severity, subject: &str, message: impl Into<String>) -> Finding {
    Finding {
        severity,
        subject: subject.to_owned(),
        message: message.into(),
        uses: Vec::new(),
    }
}

fn card_state(content: &CardContent) -> Finding {
    let state = content.card_state();
    match content.issuer.life_cycle {
        0x7F => finding(
            Severity::Problem,
            "card state",
            format!("{state}: nothing can be loaded until it is set back to SECURED"),
        ),
        0xFF => finding(
            Severity::Problem,
            "card state",
            format!("{state}: this card is at its end, for ever"),
        ),
        _ => finding(Severity::Good, "card state", state),
    }
}

/// What the card tells of its secure channel and its keys.
fn channel(info: &CardInfo) -> Vec<Finding> {
    let mut findings: Vec<Finding> = info
        .protocols
        .iter()
        .map(|(protocol, i)| {
            let severity = if matches!(protocol, 0x02 | 0x03 | 0x11) {
                Severity::Good
            } else {
                Severity::Unknown
            };
            finding(
                severity,
                "secure channel",
                format!("SCP{protocol:02X} with i={i:02X}"),
            )
        })
        .collect();
    for version in info.key_versions() {
        let message = info.key_set_in_words(version);
        findings.push(finding(Severity::Good, "keys", message));
    }
    findings
}

/// What is in the way.
fn presence(
    cap: &CapFile,
    content: &CardContent,
    options: &FlashOptions,
) -> Result<Vec<Finding>, PlanError> {
    let (load_file, modules) = names(cap)?;
    let mut findings = Vec::new();
    let way_out = |aid: &Aid| {
        if options.replace {
            finding(
                Severity::Good,
                "on the card already",
                format!("{aid}, will be replaced"),
            )
        } else {
            finding(
                Severity::Problem,
                "on the card already",
                format!("{aid}; delete it first, or replace it"),
            )
        }
    };
    if content.load_file(&load_file).is_some() {
        findings.push(way_out(&load_file));
    }
    let instances: Vec<Aid> = if options.instances.is_empty() {
        modules
    } else {
        let own =
            |instance: &crate::plan::InstanceOptions| instance.instance.unwrap_or(instance.module);
        options.instances.iter().map(own).collect()
    };
    for instance in instances.iter().filter(|_| !options.load_only) {
        if content.application(instance).is_some() {
            findings.push(way_out(instance));
        }
    }
    Ok(findings)
}

/// One import: an API package, or another package on the card.
fn check_import(
    cap: &CapFile,
    index: usize,
    aid: &[u8],
    wanted: Version,
    content: &CardContent,
    level: Option<&ApiLevel>,
) -> Finding {
    let known = Api::builtin().find_package(&cap_file::component::Aid(aid.to_vec()));
    let name = known.map_or_else(|| hex::encode_upper(aid), |package| package.name.clone());
    let subject = format!("import {name} {wanted}");
    let has = |there: Version| there.major == wanted.major && there.minor >= wanted.minor;
    let on_card = Aid::new(aid).ok().and_then(|aid| content.load_file(&aid));
    let there = on_card
        .and_then(|file| file.version)
        .map(|(major, minor)| Version::new(major, minor))
        .or_else(|| level.and_then(|level| level.version(aid)));
    match (there, on_card, known) {
        (Some(there), ..) if has(there) => {
            finding(Severity::Good, &subject, format!("the card has {there}"))
        }
        (Some(there), ..) => {
            let uses = known.map_or_else(Vec::new, |package| {
                uses::newer_than(cap, index, package, there)
            });
            let why = match (uses.is_empty(), known) {
                (true, Some(_)) if there.major == wanted.major => {
                    ", though no class or method of the newer one is called"
                }
                _ => "",
            };
            Finding {
                uses,
                ..finding(
                    Severity::Problem,
                    &subject,
                    format!(
                        "needs {name} {wanted}; this card has {there}{why}: build for an older API"
                    ),
                )
            }
        }
        (None, Some(_), _) => finding(
            Severity::Unknown,
            &subject,
            "the card has the package, but does not tell its version",
        ),
        (None, None, Some(_)) => finding(
            Severity::Unknown,
            &subject,
            "a package of the platform, which cards do not list; name the card's API level to have it compared",
        ),
        (None, None, None) => finding(
            Severity::Problem,
            &subject,
            format!("the card has no package {name}: load it first"),
        ),
    }
}

/// `asked` where the card is asked to look for it (INSTALL [for load]).
fn memory(bytes: usize, info: &CardInfo, asked: bool) -> Finding {
    let subject = "memory";
    match info.free_persistent {
        Some(free) if usize::try_from(free).is_ok_and(|free| free < bytes) => finding(
            Severity::Problem,
            subject,
            format!("the load file has {bytes} bytes, but only {free} are free: delete something"),
        ),
        Some(free) => finding(
            Severity::Good,
            subject,
            format!("the load file has {bytes} bytes, {free} are free"),
        ),
        None if asked => finding(
            Severity::Unknown,
            subject,
            format!(
                "the load file has {bytes} bytes; the card looks for them when the load is announced"
            ),
        ),
        None => finding(
            Severity::Unknown,
            subject,
            format!("the load file has {bytes} bytes; the card does not tell what is free"),
        ),
    }
}
