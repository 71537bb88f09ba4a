//! DELETE (GPCS 2.3.1 §11.2): applications, load files, keys.

use scp::Command;

use super::authority::{NO_RECEIPT, has, is_above, is_above_load_file};
use super::stop::{CONDITIONS, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, tlv, write};
use crate::registry::{ApplicationId, ApplicationKind, Privileges};
use crate::runtime::Runtime;

/// P2: the object and what was made from it.
const WITH_RELATED: u8 = 0x80;
/// The AID of what is to go.
const NAME: u16 = 0x4F;
/// Key identifier and key version number.
const KEY_ID: u16 = 0xD0;
const KEY_VERSION: u16 = 0xD2;
/// Control reference template for a token, and the token.
const TOKEN_REFERENCE: u16 = 0xB6;
const TOKEN: u16 = 0x9E;

/// Whether a DELETE is about keys rather than content.
pub(super) fn is_about_keys(data: &[u8]) -> bool {
    tlv::all(data).is_ok_and(|objects| tlv::find(&objects, NAME).is_none())
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
        let byte = |tag| match tlv::find(&objects, tag) {
            None => Ok(None),
            Some(&[byte]) => Ok(Some(byte)),
            Some(_) => Err(WRONG_DATA),
        };
        let (id, version) = (byte(KEY_ID)?, byte(KEY_VERSION)?);
        match tlv::find(&objects, NAME) {
            Some(name) if id.is_none() && version.is_none() => {
                self.delete_content(runtime, domain, command, name, &objects)
            }
            None if id.is_some() || version.is_some() => {
                self.delete_keys(runtime, domain, version, id)?;
                // Keys have no receipt either; a byte of 00 says so (GPCS 2.3.1 §11.2.3.1).
                Ok((NO_RECEIPT.to_vec(), OK))
            }
            _ => Err(WRONG_DATA),
        }
    }

    fn delete_content(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
        name: &[u8],
        objects: &[(u16, &[u8])],
    ) -> Result<Answer, Stop> {
        // The token comes last, and is over all that is before it.
        let (signed, token) = match objects {
            [(NAME, _)] | [(NAME, _), (TOKEN_REFERENCE, _)] => (command.data.as_slice(), &[][..]),
            [(NAME, _), (TOKEN, token)] | [(NAME, _), (TOKEN_REFERENCE, _), (TOKEN, token)] => {
                let length = tlv::object(TOKEN, token).len();
                let at = command.data.len().checked_sub(length).ok_or(WRONG_DATA)?;
                (command.data.get(..at).ok_or(WRONG_DATA)?, *token)
            }
            _ => return Err(WRONG_DATA),
        };
        let authority = self.authorize(runtime, domain, command, signed, token)?;
        let global = has(runtime, domain, Privileges::GLOBAL_DELETE);
        if let Some(id) = runtime.registry.find_application(name) {
            if !global && !is_above(&runtime.registry, domain, id) {
                return Err(CONDITIONS);
            }
            self.delete_application(runtime, id)?;
        } else {
            let id = runtime.registry.find_load_file(name).ok_or(NO_REFERENCE)?;
            if !global && !is_above_load_file(&runtime.registry, domain, id) {
                return Err(CONDITIONS);
            }
            runtime
                .delete_load_file(&mut self.domains, id, command.p2 == WITH_RELATED)
                .map_err(|error| Stop::Status(error.status_word()))?;
        }
        let receipt = self.receipt(runtime, authority, &[name])?;
        Ok((receipt, OK))
    }

    fn delete_application(&mut self, runtime: &mut Runtime, id: ApplicationId) -> Result<(), Stop> {
        let application = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        if id == ApplicationId::ISSUER_SECURITY_DOMAIN || runtime.channels().is_active(id) {
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
            self.data.forget(id);
        }
        Ok(())
    }

    /// Deletes keys, but of the issuer's domain never those of its last secure channel.
    fn delete_keys(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        version: Option<u8>,
        id: Option<u8>,
    ) -> Result<(), Stop> {
        let one_base_key = self.domains.has_one_base_key(domain);
        let ring = self.domains.own_ring(domain);
        if !ring.has(version, id) {
            return Err(NO_REFERENCE);
        }
        let mut rest = ring.clone();
        rest.remove(version, id);
        if domain == ApplicationId::ISSUER_SECURITY_DOMAIN && rest.sets(one_base_key).is_empty() {
            return Err(CONDITIONS);
        }
        write(runtime)?;
        *ring = rest;
        self.domains.forget_agreement_data(domain);
        Ok(())
    }
}
