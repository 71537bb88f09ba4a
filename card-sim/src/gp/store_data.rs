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
    form: u8,
    next_block: u8,
    /// Collected for a security domain; an application gets each block at once.
    data: Zeroizing<Vec<u8>>,
}

impl CardManager {
    pub(super) fn store_data(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        let form = command.p1 & !LAST;
        if command.p1 & STRUCTURE == STRUCTURE || command.p1 & 0x06 != 0 {
            return Err(WRONG_PARAMETERS);
        }
        let pending = self.pending.stored.take();
        let next = pending.as_ref().map_or(0, |pending| pending.next_block);
        if command.p2 != next {
            return Err(WRONG_PARAMETERS);
        }
        let mut pending = pending.unwrap_or(PendingData {
            form,
            next_block: 0,
            data: Zeroizing::default(),
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
        if pending.form != form {
            return Err(WRONG_PARAMETERS);
        }
        let data = self.decrypt(domain, form, &command.data)?;
        pending.data.extend_from_slice(&data);
        if pending.data.len() > MAX_DATA {
            return Err(NO_MEMORY);
        }
        if !last {
            self.pending.stored = Some(pending);
            return Ok((Vec::new(), OK));
        }
        self.pending.personalized = None;
        self.store_objects(runtime, target, form & STRUCTURE, &pending.data)?;
        Ok((Vec::new(), OK))
    }

    /// Takes the encryption under the data encryption key off a block, and the padding that may be in it.
    fn decrypt(
        &mut self,
        domain: ApplicationId,
        form: u8,
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Stop> {
        match form & ENCRYPTION {
            NO_ENCRYPTION => Ok(Zeroizing::new(data.to_vec())),
            ENCRYPTED => {
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
            // What an application encrypts in its own way means nothing to a security domain.
            _ => Err(WRONG_PARAMETERS),
        }
    }

    /// Stores the data objects of a domain, all or none.
    fn store_objects(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        structure: u8,
        data: &[u8],
    ) -> Result<(), Stop> {
        let mut objects: Vec<(u16, &[u8])> = Vec::new();
        match structure {
            NO_STRUCTURE | BER_TLV => objects.extend(tlv::all(data)?),
            DGI => {
                for (number, value) in tlv::all_groups(data)? {
                    if number == DGI_OBJECTS {
                        objects.extend(tlv::all(value)?);
                    } else {
                        objects.push((number, value));
                    }
                }
            }
            _ => return Err(WRONG_PARAMETERS),
        }
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
