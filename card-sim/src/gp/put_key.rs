//! PUT KEY (GPCS 2.3.1 §11.8, Amendment D §7.2): adds or replaces a key set, of AES keys with SCP03, of triple DES
//! keys with SCP02.

use scp::scp03::key_check_value;
use scp::{CardKeySet, CardKeys, Command, Protocol, scp02, scp03};
use se_crypto::equal;
use zeroize::Zeroizing;

use super::get_data::{AES, DES};
use super::key_set::KeySet;
use super::stop::{CONDITIONS, NO_MEMORY, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, tlv, write};
use crate::registry::{ApplicationId, life_cycle};
use crate::runtime::Runtime;

/// P2: several keys, the first with identifier 1.
const THREE_KEYS: u8 = 0x81;
/// The most key sets of one domain.
const MAX_KEY_SETS: usize = 8;

impl CardManager {
    pub(super) fn put_key(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        // The keys of a set come together, in one command.
        if command.p2 != THREE_KEYS || command.p1 > 0x7F {
            return Err(WRONG_PARAMETERS);
        }
        let mut data = command.data.as_slice();
        let version = tlv::take_byte(&mut data)?;
        if !(0x01..=0x7F).contains(&version) {
            return Err(WRONG_DATA);
        }
        let mut response = vec![version];
        let mut keys = Vec::new();
        for _ in 0..3 {
            let (key, check_value) = self.take_key(domain, &mut data)?;
            keys.push(key);
            response.extend(check_value);
        }
        let [enc, mac, dek] = keys.as_slice() else {
            return Err(WRONG_DATA);
        };
        if !data.is_empty() {
            return Err(WRONG_DATA);
        }
        let keys = match self.domains.protocol() {
            Protocol::Scp02(_) => scp02::StaticKeys::new(enc, mac, dek).map(CardKeys::from),
            Protocol::Scp03(_) => scp03::StaticKeys::new(enc, mac, dek).map(CardKeys::from),
        }
        .map_err(|_| WRONG_DATA)?;
        let new = KeySet(CardKeySet::new(version, keys));

        let sets = self.domains.own_key_sets(domain);
        let place = |version| sets.iter().position(|set| set.0.version == version);
        let (replaced, taken) = (place(command.p1), place(version));
        match (command.p1, replaced) {
            (0, _) if taken.is_some() => return Err(CONDITIONS),
            (0, _) if sets.len() >= MAX_KEY_SETS => return Err(NO_MEMORY),
            (0, _) => {
                write(runtime)?;
                sets.push(new);
            }
            (_, Some(place)) if taken.is_none_or(|taken| taken == place) => {
                write(runtime)?;
                if let Some(set) = sets.get_mut(place) {
                    *set = new;
                }
            }
            (_, Some(_)) => return Err(CONDITIONS),
            (_, None) => return Err(NO_REFERENCE),
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

    /// Takes one key off the data: type, length of what follows, for AES the length of the key, then the key
    /// encrypted with the data encryption key (AES: padded to whole blocks), and its check value.
    fn take_key(
        &mut self,
        domain: ApplicationId,
        data: &mut &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, [u8; 3]), Stop> {
        let kind = tlv::take_byte(data)?;
        let mut component = tlv::take_field(data)?;
        let length = match (self.domains.protocol(), kind) {
            (Protocol::Scp02(_), DES) => 16,
            (Protocol::Scp03(_), AES) => usize::from(tlv::take_byte(&mut component)?),
            _ => return Err(WRONG_DATA),
        };
        if !matches!(length, 16 | 24 | 32) || component.len() != length.next_multiple_of(16) {
            return Err(WRONG_DATA);
        }
        let mut key = Zeroizing::new(self.domains.session(domain).decrypt_data(component)?);
        key.truncate(length);
        let check_value = match kind {
            DES => scp02::key_check_value(&key),
            _ => key_check_value(&key),
        }
        .map_err(|_| WRONG_DATA)?;
        let given = tlv::take_field(data)?;
        // A check value may be left out; a wrong one tells that the host encrypted with another key.
        if !given.is_empty() && !equal(given, &check_value) {
            return Err(WRONG_DATA);
        }
        Ok((key, check_value))
    }
}
