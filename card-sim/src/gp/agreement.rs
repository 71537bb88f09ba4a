//! SCP11 (GPC Amendment F): which of a security domain's keys open sessions, the certificates and the lists that STORE
//! DATA gives it, and what GET DATA tells of them.

use scp::scp11::{
    Authority, CARD_AUTHORITIES, CERTIFICATE_STORE, CardEntity, CurveReference, HOST_AUTHORITIES,
    KeyReference, PrivateKey, PublicKey, Variant, certificates,
};
use serde::{Deserialize, Serialize};

use super::keys::{Key, kind};
use super::stop::{NO_MEMORY, NO_REFERENCE, Stop, WRONG_DATA};
use super::tlv;

/// A control reference template: which key something is for.
pub(super) const REFERENCE: u16 = 0xA6;
/// In it: identifier and version of the key, whose authority, and that authority's identifier.
const KEY: u16 = 0x83;
const WHOSE: u16 = 0x80;
const IDENTIFIER: u16 = 0x42;
/// The serial numbers of certificates that may be used, and one of them; the counter of such lists.
const ALLOWED: u16 = 0x70;
const SERIAL_NUMBER: u16 = 0x93;
const COUNTER: u16 = 0x92;
/// The most bytes of a certificate store.
const MAX_STORE: usize = 4096;
/// The most keys that something is stored for.
const MAX_ENTRIES: usize = 32;

/// What a security domain keeps beside its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AgreementData {
    entries: Vec<Entry>,
}

/// What belongs to one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    identifier: u8,
    version: u8,
    /// The certificates of the domain's own key, one behind the other.
    certificates: Vec<u8>,
    /// The identifier of the authority that this key is of, for hosts' certificates (CA-KLOC).
    host_authority: Vec<u8>,
    /// The identifier of the authority that has certified this key (CA-KLCC).
    card_authority: Vec<u8>,
    /// The serial numbers that are allowed; all for `None`.
    allowed: Option<Vec<Vec<u8>>>,
    counter: u16,
}

impl AgreementData {
    fn find(&self, key: KeyReference) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| (entry.identifier, entry.version) == (key.identifier, key.version))
    }

    fn entry(&mut self, key: KeyReference) -> Result<&mut Entry, Stop> {
        let place = self
            .entries
            .iter()
            .position(|entry| (entry.identifier, entry.version) == (key.identifier, key.version));
        let place = match place {
            Some(place) => place,
            None if self.entries.len() >= MAX_ENTRIES => return Err(NO_MEMORY),
            None => {
                self.entries.push(Entry {
                    identifier: key.identifier,
                    version: key.version,
                    ..Entry::default()
                });
                self.entries.len() - 1
            }
        };
        self.entries.get_mut(place).ok_or(NO_MEMORY)
    }

    /// STORE DATA: the objects that follow a control reference template are for the key that it names. Gives how many
    /// of `objects` that were.
    pub(super) fn store(&mut self, objects: &[(u16, &[u8])]) -> Result<usize, Stop> {
        let Some(((REFERENCE, template), rest)) = objects.split_first() else {
            return Err(WRONG_DATA);
        };
        let template = tlv::all(template)?;
        let key = reference(&template)?;
        if let Some(identifier) = tlv::find(&template, IDENTIFIER) {
            let entry = self.entry(key)?;
            match tlv::find(&template, WHOSE) {
                None | Some([0x00]) => entry.host_authority = identifier.to_vec(),
                Some([0x01]) => entry.card_authority = identifier.to_vec(),
                Some(_) => return Err(WRONG_DATA),
            }
            return Ok(1);
        }
        match *rest {
            [(CERTIFICATE_STORE, store), ..] => {
                if store.len() > MAX_STORE {
                    return Err(NO_MEMORY);
                }
                certificates(store).map_err(|_| WRONG_DATA)?;
                self.entry(key)?.certificates = store.to_vec();
                Ok(2)
            }
            [(COUNTER, &[high, low]), (ALLOWED, list), ..] => {
                let counter = u16::from_be_bytes([high, low]);
                let entry = self.entry(key)?;
                // An older list must not come back.
                if counter <= entry.counter {
                    return Err(WRONG_DATA);
                }
                entry.counter = counter;
                entry.allowed = serial_numbers(list)?;
                Ok(3)
            }
            [(ALLOWED, list), ..] => {
                self.entry(key)?.allowed = serial_numbers(list)?;
                Ok(2)
            }
            _ => Err(WRONG_DATA),
        }
    }

    /// Forgets what belongs to keys that are no more.
    pub(super) fn keep_only(&mut self, keys: &[Key]) {
        self.entries.retain(|entry| {
            keys.iter()
                .any(|key| (key.id, key.version) == (entry.identifier, entry.version))
        });
    }

    /// GET DATA \[certificate store\] for the key that the command names.
    pub(super) fn certificate_store(&self, command: &[u8]) -> Result<Vec<u8>, Stop> {
        let objects = tlv::all(command)?;
        let template = tlv::find(&objects, REFERENCE).ok_or(WRONG_DATA)?;
        let key = reference(&tlv::all(template)?)?;
        let entry = self
            .find(key)
            .filter(|entry| !entry.certificates.is_empty());
        let entry = entry.ok_or(NO_REFERENCE)?;
        Ok(tlv::object(CERTIFICATE_STORE, &entry.certificates))
    }

    /// GET DATA \[supported authorities\], for hosts (FF33) or for cards (FF34): identifiers, each before its key.
    pub(super) fn authorities(&self, tag: u16) -> Result<Vec<u8>, Stop> {
        let identifier = |entry: &Entry| match tag {
            HOST_AUTHORITIES => entry.host_authority.clone(),
            CARD_AUTHORITIES => entry.card_authority.clone(),
            _ => Vec::new(),
        };
        let content: Vec<u8> = self
            .entries
            .iter()
            .map(|entry| (identifier(entry), [entry.identifier, entry.version]))
            .filter(|(identifier, _)| !identifier.is_empty())
            .flat_map(|(identifier, key)| {
                [tlv::object(IDENTIFIER, &identifier), tlv::object(KEY, &key)].concat()
            })
            .collect();
        if content.is_empty() {
            return Err(NO_REFERENCE);
        }
        Ok(tlv::object(tag, &content))
    }

    /// The domain as SCP11 sees it, with these keys.
    pub(super) fn entity(&self, keys: &[Key], s16: bool) -> CardEntity {
        let mut entity = CardEntity {
            s16,
            ..CardEntity::default()
        };
        for key in keys {
            let reference = KeyReference::new(key.id, key.version);
            if let Some(own) = private_key(key) {
                entity.keys.push((reference, own));
            } else if reference.is_authority()
                && let Some(public) = public_key(key)
            {
                let entry = self.find(reference);
                entity.authorities.push(Authority {
                    reference,
                    key: public,
                    identifier: entry
                        .map(|entry| entry.host_authority.clone())
                        .filter(|identifier| !identifier.is_empty()),
                    allowed: entry.and_then(|entry| entry.allowed.clone()),
                });
            }
        }
        // Cards with one key for SCP11c have one certificate for it, whose subject is the group.
        let group = self
            .entries
            .iter()
            .find(|entry| Variant::of_key(entry.identifier) == Some(Variant::C))
            .and_then(|entry| certificates(&entry.certificates).ok())
            .and_then(|chain| chain.last().map(|leaf| leaf.subject().to_vec()));
        entity.group = group.unwrap_or_default();
        entity
    }
}

/// The variants that keys open sessions of, as bits: 1 SCP11a, 2 SCP11b, 4 SCP11c.
pub(super) fn variants(keys: &[Key]) -> u8 {
    let found = keys.iter().filter(|key| private_key(key).is_some());
    found
        .filter_map(|key| Variant::of_key(key.id))
        .fold(0, |bits, variant| {
            bits | match variant {
                Variant::A => 1,
                Variant::B => 2,
                Variant::C => 4,
            }
        })
}

fn curve(key: &Key) -> Option<CurveReference> {
    match key.component(kind::EC_CURVE) {
        // Without a name it is P-256.
        None => Some(CurveReference::P256),
        Some(reference) => CurveReference::of(reference),
    }
}

/// The key that opens sessions, where this is one.
fn private_key(key: &Key) -> Option<PrivateKey> {
    Variant::of_key(key.id)?;
    PrivateKey::new(curve(key)?, key.component(kind::EC_PRIVATE)?).ok()
}

fn public_key(key: &Key) -> Option<PublicKey> {
    PublicKey::new(curve(key)?, key.component(kind::EC_PUBLIC)?).ok()
}

fn reference(template: &[(u16, &[u8])]) -> Result<KeyReference, Stop> {
    match tlv::find(template, KEY) {
        Some(&[identifier, version]) => Ok(KeyReference::new(identifier, version)),
        _ => Err(WRONG_DATA),
    }
}

/// A list of serial numbers; an empty one takes the limit away.
fn serial_numbers(list: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Stop> {
    let objects = tlv::all(list)?;
    let mut serials = Vec::new();
    for (tag, serial) in objects {
        if tag != SERIAL_NUMBER || serial.is_empty() || serial.len() > 20 {
            return Err(WRONG_DATA);
        }
        serials.push(serial.to_vec());
    }
    Ok((!serials.is_empty()).then_some(serials))
}
