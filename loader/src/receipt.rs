//! Delegated management: receipts, with which a card proves to its issuer what somebody else's security domain has
//! loaded, installed or deleted (GPCS 2.3.1 §9.2, §11.1.6, §C.5).
//!
//! Whoever manages the card collects them ([`Receipts`]); whoever has the receipt key verifies them, on the spot or
//! later and elsewhere. A card counts its receipts: a number that is missing is an operation that nobody showed.

use std::collections::BTreeMap;
use std::fmt;

use se_crypto::{AesKey, DesKey, equal};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::hexadecimal::Hex;
use crate::public_key::PublicKey;
use crate::tlv;

/// What verifies receipts. Zeroized when dropped, redacted in `Debug`.
#[derive(Clone)]
pub enum ReceiptKey {
    /// A triple DES or AES key of 16, 24 or 32 bytes; how long a receipt is tells which (§B.1.2.2, §B.2.2).
    Secret(Zeroizing<Vec<u8>>),
    /// The public key of a card that signs receipts (§B.3, §B.4).
    Public(PublicKey),
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(key) => write!(f, "ReceiptKey({} bytes, redacted)", key.len()),
            Self::Public(key) => write!(f, "ReceiptKey({})", key.kind()),
        }
    }
}

impl ReceiptKey {
    fn verifies(&self, data: &[u8], receipt: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verifies(data, receipt),
            Self::Secret(key) => match receipt.len() {
                DesKey::BLOCK => {
                    let mut padded = data.to_vec();
                    padded.push(0x80);
                    padded.resize(padded.len().next_multiple_of(DesKey::BLOCK), 0);
                    DesKey::new(key)
                        .and_then(|key| key.retail_mac(&[0; DesKey::BLOCK], &padded))
                        .is_ok_and(|mac| equal(&mac, receipt))
                }
                _ => AesKey::new(key).is_ok_and(|key| equal(&key.cmac(&[data]), receipt)),
            },
        }
    }
}

/// An operation that is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// LOAD (§C.5.1): of a load file into a security domain.
    Load,
    /// INSTALL \[for install\], \[for make selectable\] (§C.5.2): from a load file, an application.
    Install,
    /// INSTALL \[for extradition\] (§C.5.3): from a security domain, something, to another.
    Extradition,
    /// INSTALL \[for registry update\] (§C.5.4).
    RegistryUpdate,
    /// DELETE (§C.5.5).
    Delete,
    /// INSTALL \[for load, install and make selectable\] (§C.5.6): from a load file, an application, in a domain.
    LoadAndInstall,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Install => "install",
            Self::Extradition => "extradition",
            Self::RegistryUpdate => "registry update",
            Self::Delete => "delete",
            Self::LoadAndInstall => "load and install",
        })
    }
}

/// A confirmation, taken apart (tables 11-13 and 11-14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The receipt itself: a MAC or a signature.
    pub receipt: Hex,
    /// The confirmation counter: the first receipt of a card is number 1.
    pub counter: u16,
    /// What tells the security domain from others: identification and image number; empty where it has none.
    pub unique: Hex,
    /// The identifier of the token, where the token had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_identifier: Option<Hex>,
    /// The digest of the token, where the card tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_digest: Option<Hex>,
}

/// A length as BER-TLV has it, one byte `80` for 128 too, as older cards write it, and the value behind it.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = match **bytes {
        [0x81, length, ref rest @ ..] => (usize::from(length), rest),
        [0x82, high, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
        [length @ 0..=0x80, ref rest @ ..] => (usize::from(length), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

/// A value behind one byte of length, where there is one.
fn take_short<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first()?;
    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
    *bytes = rest;
    Some(value)
}

fn put(out: &mut Vec<u8>, value: &[u8]) {
    out.extend(tlv::length(value.len()).unwrap_or_default());
    out.extend_from_slice(value);
}

impl Confirmation {
    /// Takes response data apart: a length, the receipt, the confirmation data. `None` where they hold no receipt,
    /// `00` or nothing.
    ///
    /// # Errors
    /// [`Unreadable`] for something else.
    pub fn parse(data: &[u8]) -> Result<Option<Self>, Unreadable> {
        if matches!(data, [] | [0x00]) {
            return Ok(None);
        }
        Self::parse_some(data)
            .map(Some)
            .ok_or_else(|| Unreadable(Hex(data.to_vec())))
    }

    fn parse_some(mut data: &[u8]) -> Option<Self> {
        let mut confirmation = take(&mut data)?;
        if !data.is_empty() {
            return None;
        }
        let receipt = take(&mut confirmation)?;
        let counter = take_short(&mut confirmation)?;
        let unique = take_short(&mut confirmation)?;
        let token_identifier = take_optional(&mut confirmation)?;
        let token_digest = take_optional(&mut confirmation)?;
        // A receipt that is empty confirms nothing.
        if receipt.is_empty() || !confirmation.is_empty() {
            return None;
        }
        Some(Self {
            receipt: Hex(receipt.to_vec()),
            counter: u16::from_be_bytes(counter.try_into().ok()?),
            unique: Hex(unique.to_vec()),
            token_identifier,
            token_digest,
        })
    }

    /// The confirmation data as the card sent them, which begin what a receipt is over.
    fn data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let counter = self.counter.to_be_bytes();
        let fields = [&counter[..], &self.unique.0].into_iter().chain(
            [&self.token_identifier, &self.token_digest]
                .into_iter()
                .flatten()
                .map(|field| field.0.as_slice()),
        );
        for field in fields {
            data.push(u8::try_from(field.len()).unwrap_or(u8::MAX));
            data.extend_from_slice(field);
        }
        data
    }
}

/// A field that may be missing at the end; `None` where it is cut short.
fn take_optional(bytes: &mut &[u8]) -> Option<Option<Hex>> {
    if bytes.is_empty() {
        return Some(None);
    }
    take_short(bytes).map(|value| Some(Hex(value.to_vec())))
}

/// Response data that are no confirmation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} are no confirmation (GPCS 2.3.1 §11.1.6)", hex::encode_upper(&.0.0))]
pub struct Unreadable(pub Hex);

/// One receipt, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The operation.
    pub operation: Operation,
    /// What it was about: the fields that a receipt is over, in the order of §C.5 for this operation.
    pub about: Vec<Hex>,
    /// What the card said.
    pub confirmation: Confirmation,
}

impl Receipt {
    /// Whether it is one of this key over what it says that it is about.
    #[must_use]
    pub fn is_of(&self, key: &ReceiptKey) -> bool {
        let mut data = self.confirmation.data();
        for field in &self.about {
            put(&mut data, &field.0);
        }
        key.verifies(&data, &self.confirmation.receipt.0)
    }
}

/// An operation on a token's ground that the card did without a receipt, or with one that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unconfirmed {
    /// The operation.
    pub operation: Operation,
    /// What it was about.
    pub about: Vec<Hex>,
    /// What came in the place of a confirmation, where something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Hex>,
}

/// Receipts in the order in which they came. In JSON they are a file that an issuer takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    /// The receipts.
    pub receipts: Vec<Receipt>,
    /// What was done without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<Unconfirmed>,
}

/// What is to be said of one receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The operation.
    pub operation: Operation,
    /// What it was about.
    pub about: Vec<Hex>,
    /// Its number.
    pub counter: u16,
    /// What tells the security domain that made it from others.
    pub unique: Hex,
    /// Whether it is one of the key; `None` without a key.
    pub valid: Option<bool>,
    /// Where its number is not the one after the last: the number that was to come.
    pub expected: Option<u16>,
}

impl Checked {
    /// Whether there is nothing to complain of.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.valid != Some(false) && self.expected.is_none()
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about: Vec<String> = self.about.iter().map(Hex::to_string).collect();
        write!(
            f,
            "receipt {}: {} of {}, {}",
            self.counter,
            self.operation,
            about.join(" "),
            match self.valid {
                Some(true) => "valid",
                Some(false) => "NOT of this key, or not about this",
                None => "not verified",
            }
        )?;
        match self.expected {
            Some(expected) if expected.checked_add(1) == Some(self.counter) => {
                write!(f, "; receipt {expected} is missing")
            }
            Some(expected) if expected < self.counter => {
                write!(
                    f,
                    "; receipts {expected} to {} are missing",
                    self.counter - 1
                )
            }
            Some(expected) => write!(f, "; number {expected} was to come"),
            None => Ok(()),
        }
    }
}

impl Receipts {
    /// Takes in what a card answered to an operation; `with_token` says that a token was its ground, so that a
    /// receipt is to be expected.
    pub(crate) fn hear(
        &mut self,
        operation: Operation,
        about: &[&[u8]],
        with_token: bool,
        answer: &[u8],
    ) {
        let about = about.iter().map(|field| Hex(field.to_vec())).collect();
        let found = match Confirmation::parse(answer) {
            Ok(Some(confirmation)) => {
                self.receipts.push(Receipt {
                    operation,
                    about,
                    confirmation,
                });
                return;
            }
            Ok(None) => None,
            Err(Unreadable(found)) => Some(found),
        };
        // Without a token there is no receipt, and some cards answer with data of their own.
        if with_token {
            self.unconfirmed.push(Unconfirmed {
                operation,
                about,
                found,
            });
        }
    }

    /// Puts those of another run behind these.
    pub fn append(&mut self, other: Self) {
        self.receipts.extend(other.receipts);
        self.unconfirmed.extend(other.unconfirmed);
    }

    /// Whether there is nothing in them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.unconfirmed.is_empty()
    }

    /// Verifies each with the key, if one is given, and looks whether a security domain's counters go up one by one.
    /// `before` is the counter that the card told before the first of them, where it is known.
    #[must_use]
    pub fn check(&self, key: Option<&ReceiptKey>, before: Option<u16>) -> Vec<Checked> {
        let mut last: BTreeMap<&[u8], u16> = BTreeMap::new();
        self.receipts
            .iter()
            .enumerate()
            .map(|(number, receipt)| {
                let Confirmation {
                    counter, unique, ..
                } = &receipt.confirmation;
                let previous = last
                    .insert(&unique.0, *counter)
                    .or(before.filter(|_| number == 0));
                Checked {
                    operation: receipt.operation,
                    about: receipt.about.clone(),
                    counter: *counter,
                    unique: unique.clone(),
                    valid: key.map(|key| receipt.is_of(key)),
                    expected: previous
                        .map(|previous| previous.saturating_add(1))
                        .filter(|expected| expected != counter),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use se_crypto::{Drbg, RsaKey};

    fn parse(text: &str) -> Result<Option<Confirmation>, Unreadable> {
        Confirmation::parse(&hex::decode(text.replace(' ', "")).unwrap())
    }

    /// The layout of tables 11-13 and 11-14.
    #[test]
    fn confirmations_are_taken_apart_in_full() {
        assert_eq!(parse("").unwrap(), None);
        assert_eq!(parse("00").unwrap(), None);
        let short = parse("0D 08 0102030405060708 02 0007 01 AA").unwrap_err();
        assert!(short.to_string().contains("no confirmation"));
        let plain = parse("0D 08 0102030405060708 02 0007 00").unwrap().unwrap();
        assert_eq!((plain.counter, plain.unique.0.len()), (7, 0));
        assert_eq!(plain.token_identifier, None);
        let full = parse(
            "23 08 0102030405060708 02 7FFF 06 420000450000 04 11223344 0A 00112233445566778899",
        )
        .unwrap()
        .unwrap();
        assert_eq!(full.counter, 0x7FFF);
        assert_eq!(full.unique.to_string(), "420000450000");
        assert_eq!(full.token_identifier.unwrap().to_string(), "11223344");
        assert_eq!(full.token_digest.unwrap().0.len(), 10);
        // An RSA receipt: both lengths have two bytes.
        let long = format!("8186 8180 {} 02 0001 00", "5A".repeat(128));
        assert_eq!(parse(&long).unwrap().unwrap().receipt.0.len(), 128);
        // A counter of one byte, a receipt of none, something behind the end, a length that is too great.
        for wrong in [
            "0C 08 0102030405060708 01 07 00",
            "05 00 02 0007 00",
            "0D 08 0102030405060708 02 0007 00 00",
            "0E 08 0102030405060708 02 0007 00",
            "83000001 00",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    fn receipt(counter: u16, key: &AesKey, about: &[&[u8]]) -> Receipt {
        let mut receipt = Receipt {
            operation: Operation::Install,
            about: about.iter().map(|field| Hex(field.to_vec())).collect(),
            confirmation: Confirmation {
                receipt: Hex(Vec::new()),
                counter,
                unique: Hex(Vec::new()),
                token_identifier: None,
                token_digest: None,
            },
        };
        let mut data = receipt.confirmation.data();
        for field in about {
            put(&mut data, field);
        }
        receipt.confirmation.receipt = Hex(key.cmac(&[&data]).to_vec());
        receipt
    }

    #[test]
    fn a_gap_in_the_numbers_is_told() {
        let key = AesKey::new(&[9; 16]).unwrap();
        let mut receipts = Receipts::default();
        for counter in [3, 4, 7, 7] {
            receipts
                .receipts
                .push(receipt(counter, &key, &[b"package", b"applet"]));
        }
        let secret = ReceiptKey::Secret(Zeroizing::new(vec![9; 16]));
        let checked = receipts.check(Some(&secret), Some(2));
        let told: Vec<(Option<bool>, Option<u16>)> = checked
            .iter()
            .map(|checked| (checked.valid, checked.expected))
            .collect();
        let valid = Some(true);
        assert_eq!(
            told,
            [
                (valid, None),
                (valid, None),
                (valid, Some(5)),
                (valid, Some(8))
            ]
        );
        assert!(
            checked[2]
                .to_string()
                .ends_with("receipts 5 to 6 are missing")
        );
        assert!(checked[3].to_string().ends_with("number 8 was to come"));
        assert_eq!(receipts.check(None, None)[0].expected, None);
        assert_eq!(receipts.check(None, Some(1))[0].expected, Some(2));
        // As a file they come back, and another key does not verify them.
        let text = serde_json::to_string(&receipts).unwrap();
        assert_eq!(serde_json::from_str::<Receipts>(&text).unwrap(), receipts);
        let other = ReceiptKey::Secret(Zeroizing::new(vec![8; 16]));
        assert!(!receipts.receipts[0].is_of(&other));
        assert_eq!(format!("{other:?}"), "ReceiptKey(16 bytes, redacted)");
    }

    #[test]
    fn signed_receipts_are_verified() {
        let mut random = Drbg::from_seed(63);
        let private = RsaKey::generate(&mut random, 1024).unwrap();
        let public = ReceiptKey::Public(PublicKey::Rsa(private.public_key().unwrap()));
        let mut signed = receipt(1, &AesKey::new(&[1; 16]).unwrap(), &[b"x"]);
        assert!(!signed.is_of(&public));
        let mut data = signed.confirmation.data();
        data.extend(b"\x01x");
        let token_key = crate::TokenKey::Rsa(private);
        signed.confirmation.receipt = Hex(token_key.sign(&data, &mut random).unwrap());
        assert!(signed.is_of(&public));
        signed.about[0].0[0] ^= 1;
        assert!(!signed.is_of(&public));
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            // What is read is read whole: it is what comes out again.
            if let Ok(Some(found)) = Confirmation::parse(&bytes) {
                let mut inner = Vec::new();
                put(&mut inner, &found.receipt.0);
                inner.extend(found.data());
                let mut outer = Vec::new();
                put(&mut outer, &inner);
                prop_assert!(outer.len() <= bytes.len() + 4);
                prop_assert!(bytes.ends_with(&found.data()));
            }
        }
    }
}
