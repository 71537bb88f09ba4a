//! The keys of security domains, as they are kept in a card image.

use std::collections::BTreeMap;
use std::fmt;

use scp::{CardKeySet, CardKeys, scp02, scp03};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Key types (GPCS 2.3.1 table 11-16).
pub(super) mod kind {
    /// Triple DES, its mode known implicitly.
    pub(in crate::gp) const DES: u8 = 0x80;
    /// AES of 16, 24 or 32 bytes.
    pub(in crate::gp) const AES: u8 = 0x88;
    /// HMAC with SHA-1, and of whatever length.
    pub(in crate::gp) const HMAC: [u8; 2] = [0x90, 0x91];
    /// RSA public key: the exponent.
    pub(in crate::gp) const RSA_EXPONENT: u8 = 0xA0;
    /// RSA public key: the modulus, in clear.
    pub(in crate::gp) const RSA_MODULUS: u8 = 0xA1;
    /// EC public key: the point, in clear.
    pub(in crate::gp) const EC_PUBLIC: u8 = 0xB0;
    /// EC private key: the scalar.
    pub(in crate::gp) const EC_PRIVATE: u8 = 0xB1;
    /// EC: the parameters of the curve, in clear: prime, coefficients, generator, order, cofactor.
    pub(in crate::gp) const EC_P: u8 = 0xB2;
    pub(in crate::gp) const EC_A: u8 = 0xB3;
    pub(in crate::gp) const EC_B: u8 = 0xB4;
    pub(in crate::gp) const EC_G: u8 = 0xB5;
    pub(in crate::gp) const EC_N: u8 = 0xB6;
    pub(in crate::gp) const EC_K: u8 = 0xB7;
    /// EC: reference of the curve; 00 is P-256.
    pub(in crate::gp) const EC_CURVE: u8 = 0xF0;
    /// What follows is in the extended format.
    pub(in crate::gp) const EXTENDED: u8 = 0xFF;
}

/// A key, or one part of one.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Component {
    pub(super) kind: u8,
    pub(super) value: Vec<u8>,
}

impl Drop for Component {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

/// A key of a security domain.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) version: u8,
    pub(super) id: u8,
    pub(super) components: Vec<Component>,
}

impl Key {
    /// Its first part, which decides what it is.
    pub(super) fn first(&self) -> Option<&Component> {
        self.components.first()
    }

    /// Its parts by type.
    pub(super) fn parts(&self) -> Vec<(u8, &[u8])> {
        let parts = self.components.iter();
        parts
            .map(|part| (part.kind, part.value.as_slice()))
            .collect()
    }

    pub(super) fn component(&self, kind: u8) -> Option<&[u8]> {
        self.components
            .iter()
            .find(|component| component.kind == kind)
            .map(|component| component.value.as_slice())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.first().map_or(0, |component| component.kind);
        let Self { version, id, .. } = self;
        write!(f, "Key({version:02X}/{id:02X}, type {kind:02X}, redacted)")
    }
}

/// What is counted for a key version.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Counters {
    sequence: u32,
    /// Failed authentications since the last that succeeded.
    failures: u8,
}

/// The keys of one security domain, the default ones first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct KeyRing {
    keys: Vec<Key>,
    counters: BTreeMap<u8, Counters>,
}

impl KeyRing {
    /// A ring with one key set for a secure channel.
    pub(super) fn of(version: u8, set: &CardKeys) -> Self {
        let (kind, parts) = match set {
            CardKeys::TripleDes(keys) => (kind::DES, [keys.enc(), keys.mac(), keys.dek()]),
            CardKeys::Aes(keys) => (kind::AES, [keys.enc(), keys.mac(), keys.dek()]),
        };
        let keys = (1..).zip(parts).map(|(id, part)| Key {
            version,
            id,
            components: vec![Component {
                kind,
                value: part.to_vec(),
            }],
        });
        Self {
            keys: keys.collect(),
            counters: BTreeMap::new(),
        }
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    pub(super) fn find(&self, version: u8, id: u8) -> Option<&Key> {
        self.keys
            .iter()
            .find(|key| (key.version, key.id) == (version, id))
    }

    /// The key sets that open a secure channel: key identifiers 1 to 3 of one version and of one kind, or with
    /// `one_base_key` (SCP02, GPCS 2.3.1 §E.1.1) identifier 1.
    pub(super) fn sets(&self, one_base_key: bool) -> Vec<CardKeySet> {
        let mut sets: Vec<CardKeySet> = Vec::new();
        for key in &self.keys {
            if sets.iter().any(|set| set.version == key.version) {
                continue;
            }
            if let Some(keys) = self.set(key.version, one_base_key) {
                sets.push(CardKeySet {
                    version: key.version,
                    keys,
                    sequence_counter: self.sequence(key.version),
                });
            }
        }
        sets
    }

    fn set(&self, version: u8, one_base_key: bool) -> Option<CardKeys> {
        let part = |id| self.find(version, id)?.first();
        let enc = part(1)?;
        let (mac, dek) = match (part(2), part(3)) {
            (Some(mac), Some(dek)) => (mac, dek),
            _ if one_base_key => (enc, enc),
            _ => return None,
        };
        if enc.kind != mac.kind || mac.kind != dek.kind {
            return None;
        }
        let (kind, enc, mac, dek) = (enc.kind, &enc.value, &mac.value, &dek.value);
        match kind {
            kind::DES => scp02::StaticKeys::new(enc, mac, dek).ok().map(Into::into),
            kind::AES => scp03::StaticKeys::new(enc, mac, dek).ok().map(Into::into),
            _ => None,
        }
    }

    fn sequence(&self, version: u8) -> u32 {
        self.counters.get(&version).map_or(0, |c| c.sequence)
    }

    /// Takes over the sequence counters that a session has moved.
    pub(super) fn keep_counters(&mut self, sets: &[CardKeySet]) {
        for set in sets {
            if set.sequence_counter != self.sequence(set.version) {
                self.counters.entry(set.version).or_default().sequence = set.sequence_counter;
            }
        }
    }

    pub(super) fn failures(&self, version: u8) -> u8 {
        self.counters.get(&version).map_or(0, |c| c.failures)
    }

    pub(super) fn set_failures(&mut self, version: u8, failures: u8) {
        if failures != self.failures(version) {
            self.counters.entry(version).or_default().failures = failures;
        }
    }

    /// Adds keys behind the others.
    pub(super) fn add(&mut self, keys: Vec<Key>) {
        for key in &keys {
            self.restart(key.version);
        }
        self.keys.extend(keys);
    }

    /// Puts keys in the places of those with the same identifiers and version `replaced`.
    pub(super) fn replace(&mut self, replaced: u8, keys: Vec<Key>) {
        for key in keys {
            self.restart(key.version);
            let place = self
                .keys
                .iter_mut()
                .find(|old| (old.version, old.id) == (replaced, key.id));
            if let Some(place) = place {
                *place = key;
            }
        }
        self.forget_unused();
    }

    /// Removes the keys with this version and this identifier, `None` for any.
    pub(super) fn remove(&mut self, version: Option<u8>, id: Option<u8>) {
        self.keys.retain(|key| !matches(key, version, id));
        self.forget_unused();
    }

    /// Whether there is a key with this version and this identifier, `None` for any.
    pub(super) fn has(&self, version: Option<u8>, id: Option<u8>) -> bool {
        self.keys.iter().any(|key| matches(key, version, id))
    }

    /// The counters of a version begin anew with its new keys.
    fn restart(&mut self, version: u8) {
        self.counters.remove(&version);
    }

    fn forget_unused(&mut self) {
        let keys = &self.keys;
        self.counters
            .retain(|version, _| keys.iter().any(|key| key.version == *version));
    }
}

fn matches(key: &Key, version: Option<u8>, id: Option<u8>) -> bool {
    version.is_none_or(|version| key.version == version) && id.is_none_or(|id| key.id == id)
}
