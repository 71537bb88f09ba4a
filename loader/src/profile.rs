use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

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

impl Profile {
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
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
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
        }
    }

    #[test]
    fn others_are_not_found() {
        assert_eq!(identify(&[]), None);
        assert_eq!(identify(&[0x3B, 0x80]), None);
        assert_eq!(identify(&[0x3B, 0x80, 0x01, 0x80]), None);
    }
}
