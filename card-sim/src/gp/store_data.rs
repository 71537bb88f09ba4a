//! STORE DATA (GPCS 2.3.1 §11.11): to the security domain, or passed on to the application that INSTALL \[for
//! personalization\] has named.

use scp::Command;
use scp::scp03::CardError;
use zeroize::Zeroizing;

use super::agreement::REFERENCE;
use super::stop::{CONDITIONS, NO_MEMORY, Stop, WRONG_DATA, WRONG_LENGTH, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, aid, tlv, write};
use crate::registry::{ApplicationId, ApplicationKind};
use crate::runtime::Runtime;

/// P1: the last block.
const LAST: u8 = 0x80;
/// P1: how the data are encrypted.
const ENCRYPTION: u8 = 0x60;
const NO_ENCRYPTION: u8 = 0x00;
const ENCRYPTED: u8 = 0x60;
/// P1: how the data are structured.
const STRUCTURE: u8 = 0x18;
const NO_STRUCTURE: u8 = 0x00;
const DGI: u8 = 0x08;
const BER_TLV: u8 = 0x10;
/// The data grouping identifier whose value are data objects.
const DGI_OBJECTS: u16 = 0x0070;
/// The most data of all blocks together.
const MAX_DATA: usize = 8192;

/// The STORE DATA blocks that have come so far.
#[derive(Clone, Debug)]
pub(super) struct PendingData {
    structure: u8,
    next_block: u8,
    /// Collected for a security domain, those with encrypted values and those without apart; an application gets each
    /// block at once.
    parts: Vec<Part>,
}

/// Consecutive blocks of one kind.
#[derive(Clone, Debug)]
struct Part {
    encryption: u8,
    data: Zeroizing<Vec<u8>>,
}

/// Data objects, by their tags.
type Objects = Vec<(u16, Zeroizing<Vec<u8>>)>;

impl CardManager {
    pub(super) fn store_data(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let structure = command.p1 & STRUCTURE;
        if command.p1 & STRUCTURE == STRUCTURE || command.p1 & 0x06 != 0 {
            return Err(WRONG_PARAMETERS);
        }
        let pending = self.pending.stored.take();
        let next = pending.as_ref().map_or(0, |pending| pending.next_block);
        if command.p2 != next {
            return Err(WRONG_PARAMETERS);
        }
        let mut pending = pending.unwrap_or(PendingData {
            structure,
            next_block: 0,
            parts: Vec::new(),
        });
        pending.next_block = next.wrapping_add(1);
        let last = command.p1 & LAST != 0;
        let target = self.pending.personalized.unwrap_or(domain);
        let kind = runtime.registry.application(target).map(|found| found.kind);
        if let Some(ApplicationKind::Applet { .. }) = kind {
            if last {
                self.pending.personalized = None;
            } else {
                self.pending.stored = Some(pending);
            }
            let plain = command.to_bytes().map_err(|_| WRONG_LENGTH)?;
            let response = runtime
                .process_data(&mut self.domains, target, &plain)
                .map_err(Stop::Status)?;
            return Ok((response, OK));
        }
        // What an application encrypts in its own way means nothing to a security domain.
        let encryption = command.p1 & ENCRYPTION;
        if pending.structure != structure || !matches!(encryption, NO_ENCRYPTION | ENCRYPTED) {
            return Err(WRONG_PARAMETERS);
        }
        match pending.parts.last_mut() {
            Some(part) if part.encryption == encryption => {
                part.data.extend_from_slice(&command.data);
            }
            _ => pending.parts.push(Part {
                encryption,
                data: Zeroizing::new(command.data.clone()),
            }),
        }
        if pending
            .parts
            .iter()
            .map(|part| part.data.len())
            .sum::<usize>()
            > MAX_DATA
        {
            return Err(NO_MEMORY);
        }
        if !last {
            self.pending.stored = Some(pending);
            return Ok((Vec::new(), OK));
        }
        self.pending.personalized = None;
        let mut objects = Vec::new();
        for part in &pending.parts {
            objects.extend(self.objects(domain, structure, part)?);
        }
        self.store_objects(runtime, target, &objects)?;
        Ok((Vec::new(), OK))
    }

    /// Takes the encryption under the data encryption key off a value, and the padding that may be in it.
    fn decrypt(&mut self, domain: ApplicationId, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Stop> {
        let mut plain = Zeroizing::new(
            self.domains
                .session(domain)
                .decrypt_data(data)
                .map_err(CardError::status_word)
                .map_err(Stop::Status)?,
        );
        let end = plain.iter().rposition(|byte| *byte != 0);
        if let Some(end) = end
            && plain.get(end) == Some(&0x80)
        {
            plain.truncate(end);
        }
        Ok(plain)
    }

    /// The data objects of some blocks. Encrypted are the values of their structures; where there is no structure, the
    /// whole (table 11-89).
    fn objects(
        &mut self,
        domain: ApplicationId,
        structure: u8,
        part: &Part,
    ) -> Result<Objects, Stop> {
        let mut plain = |value: &[u8]| match part.encryption {
            ENCRYPTED => self.decrypt(domain, value),
            _ => Ok(Zeroizing::new(value.to_vec())),
        };
        let own = |(tag, value): (u16, &[u8])| (tag, Zeroizing::new(value.to_vec()));
        let mut objects = Vec::new();
        match structure {
            NO_STRUCTURE => objects.extend(tlv::all(&plain(&part.data)?)?.into_iter().map(own)),
            BER_TLV => {
                for (tag, value) in tlv::all(&part.data)? {
                    objects.push((tag, plain(value)?));
                }
            }
            DGI => {
                for (number, value) in tlv::all_groups(&part.data)? {
                    let value = plain(value)?;
                    if number == DGI_OBJECTS {
                        objects.extend(tlv::all(&value)?.into_iter().map(own));
                    } else {
                        objects.push((number, value));
                    }
                }
            }
            _ => return Err(WRONG_PARAMETERS),
        }
        Ok(objects)
    }

    /// Stores the data objects of a domain, all or none.
    fn store_objects(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        objects: &[(u16, Zeroizing<Vec<u8>>)],
    ) -> Result<(), Stop> {
        let objects: Vec<(u16, &[u8])> = objects
            .iter()
            .map(|(tag, value)| (*tag, value.as_slice()))
            .collect();
        if objects.is_empty() {
            return Err(WRONG_DATA);
        }
        let mut stored = self.data.clone();
        let mut name = None;
        let mut agreement = self.domains.own_agreement_data(domain);
        let mut rest = objects.as_slice();
        while let Some(&(tag, value)) = rest.first() {
            let taken = match tag {
                // What belongs to a key (Amendment F, chapter on STORE DATA).
                REFERENCE => agreement.store(rest)?,
                // The domain's own AID (GPCS 2.3.1 §11.11.2.3).
                0x4F => {
                    name = Some(aid(value)?);
                    1
                }
                _ => {
                    stored.store(domain, tag, value)?;
                    1
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        if let Some(name) = name {
            let registry = &runtime.registry;
            let taken = registry.find_load_file(name.as_bytes()).is_some()
                || registry
                    .find_application(name.as_bytes())
                    .is_some_and(|id| id != domain);
            if taken {
                return Err(CONDITIONS);
            }
        }
        write(runtime)?;
        self.data = stored;
        self.domains.set_agreement_data(domain, agreement);
        if let Some(name) = name
            && let Some(application) = runtime.registry.application_mut(domain)
        {
            application.aid = name;
            if domain == ApplicationId::ISSUER_SECURITY_DOMAIN {
                self.issuer = name;
            }
        }
        Ok(())
    }
}
