//! PUT KEY (GPCS 2.3.1 §11.8, Amendment D §7.2): adds or replaces keys, one or several, of every type that the card
//! has a use for.

use scp::scp03::CardError;
use scp::scp11::{CurveReference, PrivateKey};
use scp::{Command, scp02};
use se_crypto::{AesKey, CryptoError, RsaPublicKey, equal};
use zeroize::{Zeroize, Zeroizing};

use super::elliptic;
use super::keys::{Component, Key, kind};
use super::stop::{
    CONDITIONS, NO_ALGORITHM, NO_MEMORY, NO_REFERENCE, Stop, WRONG_CHECK_VALUE, WRONG_DATA,
    WRONG_PARAMETERS,
};
use super::{Answer, CardManager, OK, tlv, write};
use crate::quirk::Quirk;
use crate::registry::{ApplicationId, life_cycle};
use crate::runtime::Runtime;

/// P1: more commands of the same PUT KEY follow.
const MORE: u8 = 0x80;
/// P2: several keys, with ascending identifiers.
const SEVERAL: u8 = 0x80;
/// The version of a manufacturer's key set.
const FACTORY: u8 = 0xFF;
/// The most keys of one domain.
const MAX_KEYS: usize = 48;
/// The most data of a PUT KEY in several commands.
const MAX_DATA: usize = 2048;

/// A PUT KEY of which not all commands have come.
#[derive(Clone)]
pub(super) struct PendingKeys {
    parameters: [u8; 2],
    data: Vec<u8>,
}

impl Drop for PendingKeys {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl std::fmt::Debug for PendingKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PendingKeys({} bytes, redacted)", self.data.len())
    }
}

impl CardManager {
    pub(super) fn put_key(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let (replaced, first) = (command.p1 & !MORE, command.p2 & !SEVERAL);
        if first == 0 {
            return Err(WRONG_PARAMETERS);
        }
        let parameters = [replaced, command.p2];
        let mut pending = match self.pending.keys.take() {
            Some(pending) if pending.parameters == parameters => pending,
            Some(_) => return Err(WRONG_PARAMETERS),
            None => PendingKeys {
                parameters,
                data: Vec::new(),
            },
        };
        pending.data.extend_from_slice(&command.data);
        if pending.data.len() > MAX_DATA {
            return Err(NO_MEMORY);
        }
        if command.p1 & MORE != 0 {
            self.pending.keys = Some(pending);
            return Ok((Vec::new(), OK));
        }

        let filler = u8::from(!runtime.has_quirk(Quirk::CheckValueOverZeros));
        let mut data = pending.data.as_slice();
        let version = tlv::take_byte(&mut data)?;
        if !(0x01..=0x7F).contains(&version) {
            return Err(WRONG_DATA);
        }
        let mut response = vec![version];
        let mut keys = Vec::new();
        for id in first..=0x7F {
            let (components, check_value) = self.take_key(domain, &mut data, filler)?;
            response.extend(check_value.into_iter().flatten());
            keys.push(Key {
                version,
                id,
                components,
            });
            if data.is_empty() || command.p2 & SEVERAL == 0 {
                break;
            }
        }
        if !data.is_empty() {
            return Err(WRONG_DATA);
        }
        self.check_places(domain, replaced, &keys)?;
        write(runtime)?;
        let ring = self.domains.own_ring(domain);
        if replaced == 0 {
            ring.add(keys);
            // A manufacturer's keys are there until others are.
            ring.remove(Some(FACTORY), None);
        } else {
            ring.replace(replaced, keys);
        }
        // A supplementary domain is personalized once it has keys of its own.
        if domain != ApplicationId::ISSUER_SECURITY_DOMAIN
            && let Some(application) = runtime.registry.application_mut(domain)
            && application.life_cycle == life_cycle::SELECTABLE
        {
            application.life_cycle = life_cycle::PERSONALIZED;
        }
        Ok((response, OK))
    }

    /// New keys must not be there yet; replaced ones must.
    fn check_places(
        &mut self,
        domain: ApplicationId,
        replaced: u8,
        keys: &[Key],
    ) -> Result<(), Stop> {
        let ring = self.domains.own_ring(domain);
        for key in keys {
            if replaced != 0 && ring.find(replaced, key.id).is_none() {
                return Err(NO_REFERENCE);
            }
            if key.version != replaced && ring.find(key.version, key.id).is_some() {
                return Err(CONDITIONS);
            }
            // A key of another cipher in its place would open no channel any more, and nothing could undo that.
            let kind = |key: &Key| key.first().map(|part| part.kind);
            if let Some(old) = ring.find(replaced, key.id)
                && (1..=3).contains(&key.id)
                && matches!(kind(old), Some(kind::DES | kind::AES))
                && kind(old) != kind(key)
            {
                return Err(WRONG_DATA);
            }
        }
        if replaced == 0 && ring.keys().len() + keys.len() > MAX_KEYS {
            return Err(NO_MEMORY);
        }
        // The three keys of a secure channel come together and are alike.
        if let [enc, mac, dek] = keys
            && enc.id == 1
        {
            let part = |key: &Key| key.first().map(|part| (part.kind, part.value.len()));
            let is_channel = |key: &Key| matches!(part(key), Some((kind::DES | kind::AES, _)));
            if [enc, mac, dek].into_iter().all(is_channel)
                && (part(enc) != part(mac) || part(mac) != part(dek))
            {
                return Err(WRONG_DATA);
            }
        }
        Ok(())
    }

    /// Takes one key off the data: its parts, each with type and length, then its check value; in the extended format
    /// usage and access follow (GPCS 2.3.1 tables 11-68, 11-69).
    fn take_key(
        &mut self,
        domain: ApplicationId,
        data: &mut &[u8],
        filler: u8,
    ) -> Result<(Vec<Component>, Option<[u8; 3]>), Stop> {
        let mut components: Vec<Component> = Vec::new();
        let mut extended = false;
        // Types have the highest bit set, the length of a check value has not.
        while data.first().is_some_and(|byte| *byte >= 0x80) {
            let mut kind = tlv::take_byte(data)?;
            if kind == kind::EXTENDED {
                extended = true;
                kind = tlv::take_byte(data)?;
            }
            let field = tlv::take_long_field(data)?;
            let value = if is_secret(kind) {
                self.decrypt_key(domain, field)?
            } else {
                Zeroizing::new(field.to_vec())
            };
            components.push(Component {
                kind,
                value: value.to_vec(),
            });
        }
        let check_value = check(&components, filler)?;
        let given = tlv::take_field(data)?;
        // A check value may be left out; a wrong one tells that the host encrypted with another key.
        match check_value {
            _ if given.is_empty() => (),
            Some(expected) if equal(given, &expected) => (),
            _ => return Err(WRONG_CHECK_VALUE),
        }
        if extended {
            tlv::take_field(data)?;
            tlv::take_field(data)?;
        }
        Ok((components, check_value))
    }

    /// Decrypts a key with the data encryption key. Where it was padded to whole blocks, its length stands before it
    /// in clear.
    fn decrypt_key(
        &mut self,
        domain: ApplicationId,
        mut field: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let block = self.domains.sensitive_block(domain);
        let length = if field.len() % block == 1 {
            usize::from(tlv::take_byte(&mut field)?)
        } else {
            field.len()
        };
        if field.is_empty() || length == 0 || field.len() != length.next_multiple_of(block) {
            return Err(WRONG_DATA);
        }
        let mut key = Zeroizing::new(
            self.domains
                .session(domain)
                .decrypt_data(field)
                .map_err(CardError::status_word)
                .map_err(Stop::Status)?,
        );
        key.truncate(length);
        Ok(key)
    }
}

/// Whether a part of a key is encrypted: all but public keys and the names of curves.
fn is_secret(kind: u8) -> bool {
    !matches!(
        kind,
        kind::RSA_EXPONENT | kind::RSA_MODULUS | kind::EC_PUBLIC | kind::EC_P
            ..=kind::EC_K | kind::EC_CURVE
    )
}

/// An elliptic curve private key on the curve that a key parameter reference names.
fn private_key(value: &[u8], curve: &[u8]) -> Result<Option<[u8; 3]>, Stop> {
    let curve = CurveReference::of(curve).ok_or(NO_ALGORITHM)?;
    PrivateKey::new(curve, value)
        .map(|_| None)
        .map_err(|_| WRONG_DATA)
}

/// The check value of an AES key: the beginning of an encrypted block of 01 (GPCS 2.3.1 §B.6), or of another byte.
fn aes_check_value(key: &[u8], filler: u8) -> Result<[u8; 3], CryptoError> {
    let mut block = [filler; 16];
    AesKey::new(key)?.encrypt_ecb(&mut block)?;
    let [a, b, c, ..] = block;
    Ok([a, b, c])
}

/// Checks that these parts are a key that the card can use, and gives its check value, where it has one; that of an
/// AES key is over a block of `filler`.
fn check(components: &[Component], filler: u8) -> Result<Option<[u8; 3]>, Stop> {
    let parts: Vec<(u8, &[u8])> = components
        .iter()
        .map(|part| (part.kind, part.value.as_slice()))
        .collect();
    match *parts.as_slice() {
        [(kind::DES, key)] if matches!(key.len(), 16 | 24) => scp02::key_check_value(key)
            .map(Some)
            .map_err(|_| WRONG_DATA),
        [(kind::AES, key)] if matches!(key.len(), 16 | 24 | 32) => aes_check_value(key, filler)
            .map(Some)
            .map_err(|_| WRONG_DATA),
        [(kind::DES | kind::AES, _)] | [] => Err(WRONG_DATA),
        [(hmac, _)] if kind::HMAC.contains(&hmac) => Ok(None),
        [(kind::RSA_MODULUS, modulus), (kind::RSA_EXPONENT, exponent)]
        | [(kind::RSA_EXPONENT, exponent), (kind::RSA_MODULUS, modulus)] => {
            RsaPublicKey::new(modulus, exponent)
                .map(|_| None)
                .map_err(|_| NO_ALGORITHM)
        }
        [(kind::EC_PUBLIC, _), ..] => elliptic::public_key(&parts)
            .map(|_| None)
            .ok_or(NO_ALGORITHM),
        // Without a name it is P-256.
        [(kind::EC_PRIVATE, value)] => private_key(value, &[0x00]),
        [(kind::EC_PRIVATE, value), (kind::EC_CURVE, curve)] => private_key(value, curve),
        _ => Err(NO_ALGORITHM),
    }
}
