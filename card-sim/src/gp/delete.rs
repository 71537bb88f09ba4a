//! DELETE (GPCS 2.3.1 §11.2): applications, load files, key sets.

use scp::Command;

use super::install::NO_RECEIPT;
use super::stop::{CONDITIONS, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, tlv, write};
use crate::registry::{ApplicationId, ApplicationKind};
use crate::runtime::Runtime;

/// P2: the object and what was made from it.
const WITH_RELATED: u8 = 0x80;

/// Whether a DELETE is about keys rather than content.
pub(super) fn is_about_keys(data: &[u8]) -> bool {
    tlv::all(data).is_ok_and(|objects| tlv::find(&objects, 0x4F).is_none())
}

impl CardManager {
    pub(super) fn delete(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        if command.p1 != 0 || command.p2 & !WITH_RELATED != 0 {
            return Err(WRONG_PARAMETERS);
        }
        let objects = tlv::all(&command.data)?;
        match (
            tlv::find(&objects, 0x4F),
            tlv::find(&objects, 0xD2),
            tlv::find(&objects, 0xD0),
        ) {
            (Some(aid), None, None) => {
                self.delete_content(runtime, aid, command.p2 == WITH_RELATED)?;
            }
            (None, Some(&[version]), None) => self.delete_keys(runtime, domain, version)?,
            // The keys of a set come and go together.
            _ => return Err(WRONG_DATA),
        }
        Ok((NO_RECEIPT.to_vec(), OK))
    }

    fn delete_content(
        &mut self,
        runtime: &mut Runtime,
        aid: &[u8],
        with_related: bool,
    ) -> Result<(), Stop> {
        if let Some(id) = runtime.registry.find_application(aid) {
            return self.delete_application(runtime, id);
        }
        let id = runtime.registry.find_load_file(aid).ok_or(NO_REFERENCE)?;
        runtime
            .delete_load_file(&mut self.domains, id, with_related)
            .map_err(|error| Stop::Status(error.status_word()))
    }

    fn delete_application(&mut self, runtime: &mut Runtime, id: ApplicationId) -> Result<(), Stop> {
        let application = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        if id == ApplicationId::ISSUER_SECURITY_DOMAIN || runtime.selected() == Some(id) {
            return Err(CONDITIONS);
        }
        let is_domain = application.kind == ApplicationKind::SecurityDomain;
        let is_used = runtime
            .registry
            .applications()
            .any(|(other, a)| other != id && a.security_domain == id)
            || runtime
                .registry
                .load_files()
                .any(|(_, file)| file.security_domain == id);
        if is_domain {
            if is_used {
                return Err(CONDITIONS);
            }
            write(runtime)?;
        }
        runtime
            .delete_application(&mut self.domains, id)
            .map_err(|error| Stop::Status(error.status_word()))?;
        if is_domain {
            self.domains.forget(id);
        }
        Ok(())
    }

    /// Deletes a key set, but never the last one.
    fn delete_keys(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        version: u8,
    ) -> Result<(), Stop> {
        let sets = self.domains.own_key_sets(domain);
        let place = sets
            .iter()
            .position(|set| set.0.version == version)
            .ok_or(NO_REFERENCE)?;
        if sets.len() == 1 && domain == ApplicationId::ISSUER_SECURITY_DOMAIN {
            return Err(CONDITIONS);
        }
        write(runtime)?;
        sets.remove(place);
        Ok(())
    }
}
