//! INSTALL \[for extradition\] and \[for registry update\] (GPCS 2.3.1 §11.5.2.3.4, §11.5.2.3.5): to which security
//! domain something belongs, and which privileges an application has.

use scp::Command;

use super::authority::{has, is_above, is_above_load_file};
use super::install::{
    check_privileges, check_unique, controlled, implicit_selections, parse_privileges,
    security_domain,
};
use super::stop::{CONDITIONS, NO_REFERENCE, Stop, WRONG_DATA};
use super::{CardManager, tlv, write};
use crate::aid::Aid;
use crate::registry::{ApplicationId, ApplicationKind, LoadFileId, Privileges, life_cycle};
use crate::runtime::Runtime;

/// What changes its domain.
enum Subject {
    Application(ApplicationId),
    LoadFile(LoadFileId),
}

impl CardManager {
    /// Gives an application or a load file to another security domain.
    pub(super) fn extradite(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Vec<u8>, Stop> {
        let (fields, authority) = self.take_fields(runtime, domain, command)?;
        let [target, _, name, ..] = fields;
        let target = new_domain(runtime, target)?;
        let registry = &runtime.registry;
        let (subject, old) = if let Some(id) = registry.find_application(name) {
            controlled(runtime, domain, name)?;
            check_move(runtime, id, target)?;
            let old = registry.application(id).map(|found| found.security_domain);
            (Subject::Application(id), old)
        } else {
            let id = registry.find_load_file(name).ok_or(NO_REFERENCE)?;
            if !is_above_load_file(registry, domain, id) {
                return Err(CONDITIONS);
            }
            let old = registry.load_file(id).map(|found| found.security_domain);
            (Subject::LoadFile(id), old)
        };
        let aid_of = |id| registry.application(id).map(|found| found.aid);
        let (old, new) = (old.and_then(aid_of), aid_of(target));
        write(runtime)?;
        let place = match subject {
            Subject::Application(id) => runtime
                .registry
                .application_mut(id)
                .map(|found| &mut found.security_domain),
            Subject::LoadFile(id) => runtime
                .registry
                .load_file_mut(id)
                .map(|found| &mut found.security_domain),
        };
        if let Some(place) = place {
            *place = target;
        }
        let bytes = |aid: &Option<Aid>| aid.as_ref().map_or(Vec::new(), |a| a.as_bytes().to_vec());
        let (old, new) = (bytes(&old), bytes(&new));
        self.receipt(runtime, authority, &[&old, name, &new])
    }

    /// Changes the privileges of an application, its domain, or both.
    pub(super) fn update_registry(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Vec<u8>, Stop> {
        let (fields, authority) = self.take_fields(runtime, domain, command)?;
        let [target, _, name, privileges, parameters] = fields;
        let id = if has(runtime, domain, Privileges::GLOBAL_REGISTRY) {
            runtime
                .registry
                .find_application(name)
                .ok_or(NO_REFERENCE)?
        } else {
            controlled(runtime, domain, name)?
        };
        let application = *runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        let privileges = match privileges {
            [] => application.privileges,
            given => parse_privileges(given)?,
        };
        let is_domain = application.kind == ApplicationKind::SecurityDomain;
        check_privileges(privileges, is_domain)?;
        check_unique(&runtime.registry, privileges, Some(id))?;
        let implicit = implicit_selections(runtime, Some(id), &tlv::all(parameters)?)?;
        let new = match target {
            [] => application.security_domain,
            given => {
                let new = new_domain(runtime, given)?;
                check_move(runtime, id, new)?;
                new
            }
        };
        let aid_of = |id| {
            let found = runtime.registry.application(id);
            found.map_or(Vec::new(), |found| found.aid.as_bytes().to_vec())
        };
        let (old_aid, new_aid) = (aid_of(application.security_domain), aid_of(new));
        // They are named for extradition only (§C.5.4).
        let (old_aid, new_aid) = if target.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (old_aid, new_aid)
        };
        write(runtime)?;
        if let Some(found) = runtime.registry.application_mut(id) {
            found.privileges = privileges;
            found.security_domain = new;
        }
        for parameter in implicit {
            runtime.registry.add_implicit_selection(id, parameter);
        }
        let [_, _, _, given, parameters] = fields;
        let names = [&old_aid, name, &new_aid, given, parameters];
        self.receipt(runtime, authority, &names)
    }
}

/// The domain that is to take something: it must be there and able to.
fn new_domain(runtime: &Runtime, aid: &[u8]) -> Result<ApplicationId, Stop> {
    if aid.is_empty() {
        return Err(WRONG_DATA);
    }
    let id = security_domain(runtime, aid)?;
    let state = runtime.registry.application(id).map(|d| d.life_cycle);
    match state {
        Some(state) if state & life_cycle::LOCKED == 0 && state != life_cycle::INSTALLED => Ok(id),
        _ => Err(CONDITIONS),
    }
}

/// The issuer's domain stays where it is, and the hierarchy stays without circles.
fn check_move(runtime: &Runtime, id: ApplicationId, target: ApplicationId) -> Result<(), Stop> {
    if id == ApplicationId::ISSUER_SECURITY_DOMAIN || is_above(&runtime.registry, id, target) {
        return Err(CONDITIONS);
    }
    Ok(())
}
