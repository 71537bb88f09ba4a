//! INSTALL (GPCS 2.3.1 §11.5).

use scp::Command;

use super::load::PendingLoad;
use super::stop::{CONDITIONS, NO_MEMORY, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, aid, tlv, write};
use crate::registry::{Application, ApplicationId, ApplicationKind, Privileges, life_cycle};
use crate::runtime::{InstallRequest, Runtime};

/// P1: for load.
const FOR_LOAD: u8 = 0x02;
/// P1: for install.
const FOR_INSTALL: u8 = 0x04;
/// P1: for make selectable.
const FOR_MAKE_SELECTABLE: u8 = 0x08;
/// P1: for extradition.
const FOR_EXTRADITION: u8 = 0x10;
/// P1: for personalization.
pub(super) const FOR_PERSONALIZATION: u8 = 0x20;
/// P1: for install and make selectable.
const FOR_INSTALL_AND_MAKE_SELECTABLE: u8 = FOR_INSTALL | FOR_MAKE_SELECTABLE;

/// The package and the module that supplementary security domains are made from (GPCS 2.3.1 §H.2). They are part
/// of the card manager, and not listed among what was loaded.
const SECURITY_DOMAIN_PACKAGE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50];
const SECURITY_DOMAIN_MODULE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41];

/// What every successful INSTALL and DELETE answers: no receipt.
pub(super) const NO_RECEIPT: &[u8] = &[0x00];

impl CardManager {
    pub(super) fn install(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        if command.p2 != 0 {
            return Err(WRONG_PARAMETERS);
        }
        let data = command.data.as_slice();
        match command.p1 {
            FOR_LOAD => self.install_for_load(runtime, domain, data),
            FOR_INSTALL => self.install_for_install(runtime, domain, data, false),
            FOR_INSTALL_AND_MAKE_SELECTABLE => {
                self.install_for_install(runtime, domain, data, true)
            }
            FOR_MAKE_SELECTABLE => make_selectable(runtime, data),
            FOR_EXTRADITION => extradite(runtime, data),
            FOR_PERSONALIZATION => self.install_for_personalization(runtime, data),
            _ => Err(WRONG_PARAMETERS),
        }
    }

    fn install_for_load(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        mut data: &[u8],
    ) -> Result<Answer, Stop> {
        let load_file = aid(tlv::take_field(&mut data)?)?;
        let target = tlv::take_field(&mut data)?;
        let hash = tlv::take_field(&mut data)?;
        let parameters = tlv::take_field(&mut data)?;
        let token = tlv::take_field(&mut data)?;
        if !data.is_empty() || !token.is_empty() {
            return Err(WRONG_DATA);
        }
        let domain = if target.is_empty() {
            domain
        } else {
            security_domain(runtime, target)?
        };
        let taken = runtime
            .registry
            .find_load_file(load_file.as_bytes())
            .is_some()
            || runtime
                .registry
                .find_application(load_file.as_bytes())
                .is_some();
        if taken {
            return Err(CONDITIONS);
        }
        self.load = Some(PendingLoad::new(
            runtime, load_file, domain, hash, parameters,
        )?);
        Ok((NO_RECEIPT.to_vec(), OK))
    }

    fn install_for_install(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        mut data: &[u8],
        selectable: bool,
    ) -> Result<Answer, Stop> {
        let load_file = tlv::take_field(&mut data)?;
        let module = aid(tlv::take_field(&mut data)?)?;
        let instance = tlv::take_field(&mut data)?;
        let privileges = parse_privileges(tlv::take_field(&mut data)?)?;
        let parameters = tlv::all(tlv::take_field(&mut data)?)?;
        let token = tlv::take_field(&mut data)?;
        if !data.is_empty() || !token.is_empty() {
            return Err(WRONG_DATA);
        }
        let instance = if instance.is_empty() {
            module
        } else {
            aid(instance)?
        };
        if module.as_bytes() == SECURITY_DOMAIN_MODULE {
            if !load_file.is_empty() && load_file != SECURITY_DOMAIN_PACKAGE {
                return Err(NO_REFERENCE);
            }
            let life_cycle = if selectable {
                life_cycle::SELECTABLE
            } else {
                life_cycle::INSTALLED
            };
            return install_domain(
                runtime,
                Application {
                    aid: instance,
                    module,
                    life_cycle,
                    privileges,
                    security_domain: domain,
                    kind: ApplicationKind::SecurityDomain,
                },
            );
        }
        let (owner, _) = runtime
            .registry
            .find_module(module.as_bytes())
            .ok_or(NO_REFERENCE)?;
        let owner_aid = runtime.registry.load_file(owner).map(|file| file.aid);
        if !load_file.is_empty() && owner_aid.is_none_or(|aid| aid.as_bytes() != load_file) {
            return Err(NO_REFERENCE);
        }
        // An applet cannot be a security domain here.
        if privileges.has(Privileges::SECURITY_DOMAIN) {
            return Err(WRONG_DATA);
        }
        check_instance(runtime, instance.as_bytes(), privileges)?;
        let request = InstallRequest {
            module,
            instance,
            privileges,
            parameters: tlv::find(&parameters, 0xC9).unwrap_or(&[]),
            security_domain: domain,
            selectable,
        };
        runtime
            .install(&mut self.domains, &request)
            .map_err(|error| Stop::Status(error.status_word()))?;
        Ok((NO_RECEIPT.to_vec(), OK))
    }

    fn install_for_personalization(
        &mut self,
        runtime: &Runtime,
        mut data: &[u8],
    ) -> Result<Answer, Stop> {
        tlv::take_field(&mut data)?;
        tlv::take_field(&mut data)?;
        let instance = tlv::take_field(&mut data)?;
        let id = runtime
            .registry
            .find_application(instance)
            .ok_or(NO_REFERENCE)?;
        self.personalized = Some(id);
        Ok((NO_RECEIPT.to_vec(), OK))
    }
}

/// Whether an instance with this AID and these privileges may come.
fn check_instance(runtime: &Runtime, instance: &[u8], privileges: Privileges) -> Result<(), Stop> {
    let registry = &runtime.registry;
    if registry.find_application(instance).is_some() || registry.find_load_file(instance).is_some()
    {
        return Err(CONDITIONS);
    }
    // The card reset privilege is for one application (besides the issuer's fall-back).
    let taken = registry
        .applications()
        .skip(1)
        .any(|(_, application)| application.privileges.has(Privileges::CARD_RESET));
    if taken && privileges.has(Privileges::CARD_RESET) {
        return Err(CONDITIONS);
    }
    Ok(())
}

/// Makes a supplementary security domain. Until it has keys of its own it uses those of the issuer's.
fn install_domain(runtime: &mut Runtime, domain: Application) -> Result<Answer, Stop> {
    if !domain.privileges.has(Privileges::SECURITY_DOMAIN) {
        return Err(WRONG_DATA);
    }
    check_instance(runtime, domain.aid.as_bytes(), domain.privileges)?;
    if runtime.registry.free_application().is_none() {
        return Err(NO_MEMORY);
    }
    write(runtime)?;
    runtime.registry.add_application(domain);
    Ok((NO_RECEIPT.to_vec(), OK))
}

/// INSTALL \[for extradition\]: gives an application or a load file to another security domain.
fn extradite(runtime: &mut Runtime, mut data: &[u8]) -> Result<Answer, Stop> {
    let target = tlv::take_field(&mut data)?;
    tlv::take_field(&mut data)?;
    let subject = tlv::take_field(&mut data)?;
    for _ in 0..3 {
        tlv::take_field(&mut data)?;
    }
    if !data.is_empty() {
        return Err(WRONG_DATA);
    }
    let target = security_domain(runtime, target)?;
    if let Some(id) = runtime.registry.find_application(subject) {
        if id == ApplicationId::ISSUER_SECURITY_DOMAIN || id == target {
            return Err(CONDITIONS);
        }
        write(runtime)?;
        if let Some(application) = runtime.registry.application_mut(id) {
            application.security_domain = target;
        }
    } else {
        let id = runtime
            .registry
            .find_load_file(subject)
            .ok_or(NO_REFERENCE)?;
        write(runtime)?;
        if let Some(file) = runtime.registry.load_file_mut(id) {
            file.security_domain = target;
        }
    }
    Ok((NO_RECEIPT.to_vec(), OK))
}

fn make_selectable(runtime: &mut Runtime, mut data: &[u8]) -> Result<Answer, Stop> {
    tlv::take_field(&mut data)?;
    tlv::take_field(&mut data)?;
    let instance = tlv::take_field(&mut data)?;
    let privileges = tlv::take_field(&mut data)?;
    tlv::take_field(&mut data)?;
    tlv::take_field(&mut data)?;
    if !data.is_empty() {
        return Err(WRONG_DATA);
    }
    let privileges = if privileges.is_empty() {
        Privileges::default()
    } else {
        parse_privileges(privileges)?
    };
    let id = runtime
        .registry
        .find_application(instance)
        .ok_or(NO_REFERENCE)?;
    let application = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
    if application.life_cycle != life_cycle::INSTALLED {
        return Err(CONDITIONS);
    }
    write(runtime)?;
    if let Some(application) = runtime.registry.application_mut(id) {
        application.life_cycle = life_cycle::SELECTABLE;
        if privileges.has(Privileges::CARD_RESET) {
            application.privileges = application.privileges.with(Privileges::CARD_RESET);
        }
    }
    Ok((NO_RECEIPT.to_vec(), OK))
}

/// Privileges of one byte or of three (GPCS 2.3.1 §11.1.2).
fn parse_privileges(bytes: &[u8]) -> Result<Privileges, Stop> {
    match *bytes {
        [first] => Ok(Privileges([first, 0, 0])),
        [first, second, third] => Ok(Privileges([first, second, third])),
        _ => Err(WRONG_DATA),
    }
}

/// The security domain with this AID.
pub(super) fn security_domain(runtime: &Runtime, aid: &[u8]) -> Result<ApplicationId, Stop> {
    runtime
        .registry
        .find_application(aid)
        .filter(|id| {
            runtime
                .registry
                .application(*id)
                .is_some_and(|found| found.kind == ApplicationKind::SecurityDomain)
        })
        .ok_or(NO_REFERENCE)
}
