use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::card_info::{CardInfo, ProductionLifeCycle};
use crate::diversification::Diversification;
use crate::preflight::ApiLevel;

/// What is publicly known of a card product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The product's name.
    pub name: String,
    /// Its answers to reset in hexadecimal, contact and contactless; `..` stands for any byte.
    pub atr: Vec<String>,
    /// The Java Card release, where it is known.
    pub java_card: Option<String>,
    /// The version of the GlobalPlatform card specification, where it is known.
    pub global_platform: Option<String>,
    /// Fabricator, chip and operating system in its production data, in hexadecimal; `....` stands for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cplc: Vec<String>,
    /// Its secure channel protocols with their parameter `i`: `03:70`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// The version of the keys that it is delivered with, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_version: Option<String>,
    /// The most command data that it takes, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u8>,
    /// How the keys that it is delivered with follow from its maker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diversification: Option<String>,
    /// What a host should know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quirks: Vec<String>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// What a product is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownBy {
    /// Its answer to reset alone.
    Atr,
    /// Its answer to reset, and its production data are those of the product.
    AtrAndCplc,
    /// Its answer to reset, though its production data are another product's.
    AtrAgainstCplc,
    /// Its production data alone: its answer to reset is nobody's.
    Cplc,
}

#[derive(Deserialize)]
struct File {
    card: Vec<Profile>,
}

/// Every product that is known, in the order of `data/cards.toml`.
#[must_use]
pub fn profiles() -> &'static [Profile] {
    static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
    // The file is part of this crate; a test says that it can be read.
    PROFILES.get_or_init(|| {
        toml::from_str::<File>(include_str!("../data/cards.toml")).map_or(Vec::new(), |f| f.card)
    })
}

/// The product with this answer to reset. A hint, not a proof: who issues a card can change it.
///
/// ```
/// let card = loader::identify(&[0x3B, 0x80, 0x01, 0x81]).expect("a known card");
/// assert_eq!(card.name, "Tenkoku simulated card");
/// ```
#[must_use]
pub fn identify(atr: &[u8]) -> Option<&'static Profile> {
    profiles()
        .iter()
        .find(|profile| profile.atr.iter().any(|pattern| matches(pattern, atr)))
}

/// The product that a card is, by its answer to reset and its production data.
#[must_use]
pub fn recognize(info: &CardInfo) -> Option<(&'static Profile, KnownBy)> {
    let by_atr = |profile: &&Profile| {
        profile
            .atr
            .iter()
            .any(|pattern| matches(pattern, &info.connection.atr))
    };
    let Some(production) = &info.production else {
        return profiles()
            .iter()
            .find(by_atr)
            .map(|profile| (profile, KnownBy::Atr));
    };
    let by_cplc = |profile: &&Profile| profile.has_production(production);
    let same_atr = || profiles().iter().filter(by_atr);
    if let Some(both) = same_atr().find(by_cplc) {
        return Some((both, KnownBy::AtrAndCplc));
    }
    if let Some(profile) = same_atr().next() {
        let known_by = if profile.cplc.is_empty() {
            KnownBy::Atr
        } else {
            KnownBy::AtrAgainstCplc
        };
        return Some((profile, known_by));
    }
    // Several products have the same chip and operating system: then it is none of them in particular.
    let mut others = profiles().iter().filter(by_cplc);
    match (others.next(), others.next()) {
        (Some(one), None) => Some((one, KnownBy::Cplc)),
        _ => None,
    }
}

impl Profile {
    fn has_production(&self, production: &ProductionLifeCycle) -> bool {
        let told = [
            &production.fabricator,
            &production.chip,
            &production.operating_system,
        ];
        self.cplc.iter().any(|pattern| {
            let fields: Vec<&str> = pattern.split_whitespace().collect();
            fields.len() == told.len()
                && fields
                    .iter()
                    .zip(told)
                    .all(|(field, told)| *field == "...." || field == told)
        })
    }

    /// Its secure channel protocols, each with its parameter `i`.
    pub fn protocols(&self) -> impl Iterator<Item = (u8, u8)> {
        self.channels.iter().filter_map(|channel| {
            let (number, i) = channel.split_once(':')?;
            let byte = |text| u8::from_str_radix(text, 16).ok();
            Some((byte(number)?, byte(i)?))
        })
    }

    /// How the keys that it is delivered with follow from its maker's, where it is known.
    #[must_use]
    pub fn diversification(&self) -> Option<Diversification> {
        Diversification::named(self.diversification.as_deref()?)
    }

    /// The API packages that the product's Java Card release has, where it is known.
    #[must_use]
    pub fn api_level(&self) -> Option<&'static ApiLevel> {
        ApiLevel::named(self.java_card.as_deref()?)
    }
}

fn matches(pattern: &str, atr: &[u8]) -> bool {
    let bytes: Vec<&str> = pattern.split_whitespace().collect();
    bytes.len() == atr.len()
        && bytes.iter().zip(atr).all(|(expected, byte)| {
            *expected == ".." || u8::from_str_radix(expected, 16) == Ok(*byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_can_be_found_by_its_own_answers() {
        assert!(profiles().len() >= 30, "{}", profiles().len());
        for profile in profiles() {
            for pattern in &profile.atr {
                let atr = hex::decode(pattern.replace("..", "00").replace(' ', "")).unwrap();
                assert_eq!(identify(&atr), Some(profile), "{pattern}");
                // An initial character of the direct convention, and a length that its own format byte allows.
                assert_eq!(atr[0], 0x3B, "{pattern}");
                assert!((2..=33).contains(&atr.len()), "{pattern}");
                assert!(atr.len() >= 2 + usize::from(atr[1] & 0x0F), "{pattern}");
            }
            if let Some(release) = &profile.java_card {
                assert!(profile.api_level().is_some(), "{release}");
            }
            // What stands there can be used, and somebody said it.
            assert_eq!(profile.protocols().count(), profile.channels.len());
            assert_eq!(
                profile.diversification().is_some(),
                profile.diversification.is_some()
            );
            let version = profile.key_version.as_deref();
            assert!(version.is_none_or(|text| u8::from_str_radix(text, 16).is_ok()));
            for pattern in &profile.cplc {
                assert!(
                    pattern.split(' ').all(|field| field.len() == 4),
                    "{pattern}"
                );
                assert_eq!(pattern.len(), 14, "{pattern}");
            }
            let says_more = !profile.cplc.is_empty()
                || !profile.channels.is_empty()
                || !profile.quirks.is_empty()
                || profile.diversification.is_some();
            assert!(
                !says_more || !profile.sources.is_empty(),
                "{}",
                profile.name
            );
        }
        let with_production = profiles().iter().filter(|profile| !profile.cplc.is_empty());
        assert!(with_production.count() >= 25);
    }

    fn card(atr: &str, production: Option<(&str, &str, &str)>) -> CardInfo {
        let field = |text: &str| text.to_owned();
        CardInfo {
            connection: crate::transport::ConnectionInfo {
                name: field("reader"),
                atr: hex::decode(atr.replace(' ', "")).unwrap(),
                protocol: field("T=1"),
            },
            issuer: Some(field("A000000151000000")),
            diversification_data: None,
            global_platform: None,
            java_card: None,
            protocols: Vec::new(),
            keys: Vec::new(),
            production: production.map(|(fabricator, chip, system)| ProductionLifeCycle {
                fabricator: field(fabricator),
                chip: field(chip),
                operating_system: field(system),
                release_date: field("0000"),
                release_level: field("0000"),
                serial_number: field("00000000"),
                batch: field("0000"),
            }),
            issuer_identification: None,
            card_image: None,
            free_persistent: None,
            free_transient: None,
        }
    }

    #[test]
    fn production_data_confirm_the_answer_to_reset_or_stand_in_for_it() {
        let known = |atr, production| {
            recognize(&card(atr, production)).map(|(profile, by)| (profile.name.as_str(), by))
        };
        let jcop = "3B FA 18 00 00 81 31 FE 45 4A 43 4F 50 34 31 56 32 32 31 9D";
        let name = "NXP JCOP 41 v2.2.1";
        assert_eq!(known(jcop, None), Some((name, KnownBy::Atr)));
        let own = Some(("4790", "5017", "4051"));
        assert_eq!(known(jcop, own), Some((name, KnownBy::AtrAndCplc)));
        let other = Some(("4090", "7805", "4091"));
        assert_eq!(known(jcop, other), Some((name, KnownBy::AtrAgainstCplc)));
        let sle = "Infineon SLE78 Universal JCard";
        assert_eq!(known("3B 00", other), Some((sle, KnownBy::Cplc)));
        // Several JCOP 4 products have the same chip and operating system.
        assert_eq!(known("3B 00", Some(("4790", "D321", "4700"))), None);
        assert_eq!(known("3B 00", None), None);
    }

    #[test]
    fn others_are_not_found() {
        assert_eq!(identify(&[]), None);
        assert_eq!(identify(&[0x3B, 0x80]), None);
        assert_eq!(identify(&[0x3B, 0x80, 0x01, 0x80]), None);
    }
}
