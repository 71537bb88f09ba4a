//! INSTALL (GPCS 2.3.1 §11.5).

use scp::{Command, Protocol};

use super::authority::{Authority, NO_RECEIPT, is_above, token_data};
use super::load::{PendingLoad, check_quotas};
use super::stop::{CONDITIONS, NO_MEMORY, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, aid, tlv, write};
use crate::aid::Aid;
use crate::quirk::Quirk;
use crate::registry::{
    Application, ApplicationId, ApplicationKind, Privileges, Registry, life_cycle,
};
use crate::runtime::{InstallRequest, Runtime};

/// P1: for load.
const FOR_LOAD: u8 = 0x02;
/// P1: for install.
const FOR_INSTALL: u8 = 0x04;
/// P1: for make selectable.
const FOR_MAKE_SELECTABLE: u8 = 0x08;
/// P1: for install and make selectable.
const FOR_INSTALL_AND_MAKE_SELECTABLE: u8 = FOR_INSTALL | FOR_MAKE_SELECTABLE;
/// P1: for load, install and make selectable; P2 tells the first command from the last.
const COMBINED: u8 = FOR_LOAD | FOR_INSTALL_AND_MAKE_SELECTABLE;
const BEGIN: u8 = 0x01;
const END: u8 = 0x03;
/// P1: for extradition.
const FOR_EXTRADITION: u8 = 0x10;
/// P1: for personalization.
pub(super) const FOR_PERSONALIZATION: u8 = 0x20;
/// P1: for registry update.
const FOR_REGISTRY_UPDATE: u8 = 0x40;

/// The package and the module that supplementary security domains are made from (GPCS 2.3.1 §H.2). They are part
/// of the card manager, and not listed among what was loaded.
const SECURITY_DOMAIN_PACKAGE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50];
const SECURITY_DOMAIN_MODULE: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41];

/// The fields of an INSTALL, each behind its length, and the token that follows them.
pub(super) struct Fields<'a, const N: usize> {
    pub(super) fields: [&'a [u8]; N],
    /// The data up to the token: what a token is over.
    pub(super) signed: &'a [u8],
    pub(super) token: &'a [u8],
}

impl<'a, const N: usize> Fields<'a, N> {
    /// Lengths are BER (GPCS 2.3.1 §11.1.5); older hosts write one plain byte even above 7F.
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Stop> {
        Self::parse_with(data, tlv::take_long_field)
            .or_else(|_| Self::parse_with(data, tlv::take_field))
    }

    fn parse_with(
        data: &'a [u8],
        take: impl Fn(&mut &'a [u8]) -> Result<&'a [u8], Stop>,
    ) -> Result<Self, Stop> {
        let mut rest = data;
        let mut fields = [&[][..]; N];
        for field in &mut fields {
            *field = take(&mut rest)?;
        }
        let signed = data.get(..data.len() - rest.len()).ok_or(WRONG_DATA)?;
        let token = take(&mut rest)?;
        if !rest.is_empty() {
            return Err(WRONG_DATA);
        }
        Ok(Self {
            fields,
            signed,
            token,
        })
    }
}

/// What INSTALL \[for install\] asks for.
struct Wanted {
    module: Aid,
    instance: Aid,
    privileges: Privileges,
    parameters: Vec<u8>,
    /// The global services that it offers.
    services: Vec<u16>,
    /// Where it is to be selected implicitly.
    implicit: Vec<u8>,
    /// The channel that a security domain is to speak, where its parameters name one.
    protocol: Option<Protocol>,
}

impl Wanted {
    /// Checks what does not depend on the load file.
    fn parse(
        runtime: &Runtime,
        issuer: Protocol,
        [module, instance, privileges, parameters]: [&[u8]; 4],
    ) -> Result<Self, Stop> {
        let module = aid(module)?;
        let instance = if instance.is_empty() {
            module
        } else {
            aid(instance)?
        };
        let privileges = parse_privileges(privileges)?;
        let is_domain = module.as_bytes() == SECURITY_DOMAIN_MODULE;
        check_privileges(privileges, is_domain)?;
        check_unique(&runtime.registry, privileges, None)?;
        if runtime.registry.is_taken(instance.as_bytes()) {
            return Err(CONDITIONS);
        }
        let objects = tlv::all(parameters)?;
        check_quotas(runtime, &objects)?;
        let services = global_services(&objects)?;
        let implicit = implicit_selections(runtime, None, &objects)?;
        let parameters = tlv::find(&objects, 0xC9).unwrap_or(&[]);
        let protocol = if is_domain {
            domain_protocol(runtime, issuer, parameters)?
        } else {
            None
        };
        Ok(Self {
            module,
            instance,
            privileges,
            parameters: parameters.to_vec(),
            services,
            implicit,
            protocol,
        })
    }
}

impl CardManager {
    pub(super) fn install(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        // Whatever does not end a combined process lets it go.
        let combined = self.pending.combined.take();
        let response = match (command.p1, command.p2) {
            (FOR_LOAD, 0) => self.install_for_load(runtime, domain, command, false)?,
            (COMBINED, BEGIN) => self.install_for_load(runtime, domain, command, true)?,
            (COMBINED, END) => {
                let load = combined.ok_or(CONDITIONS)?;
                self.end_combined(runtime, domain, command, &load)?
            }
            (FOR_INSTALL | FOR_INSTALL_AND_MAKE_SELECTABLE, 0) => {
                self.install_for_install(runtime, domain, command)?
            }
            (FOR_MAKE_SELECTABLE, 0) => self.make_selectable(runtime, domain, command)?,
            (FOR_EXTRADITION, 0) => self.extradite(runtime, domain, command)?,
            (FOR_REGISTRY_UPDATE, 0) => self.update_registry(runtime, domain, command)?,
            (FOR_PERSONALIZATION, 0) => {
                self.install_for_personalization(runtime, domain, &command.data)?
            }
            _ => return Err(WRONG_PARAMETERS),
        };
        Ok((response, OK))
    }

    /// The five fields of most forms, whose token is right where there has to be one.
    pub(super) fn take_fields<'c>(
        &self,
        runtime: &Runtime,
        domain: ApplicationId,
        command: &'c Command,
    ) -> Result<([&'c [u8]; 5], Authority), Stop> {
        let parsed = Fields::<5>::parse(&command.data)?;
        let authority = self.authorize(runtime, domain, command, parsed.signed, parsed.token)?;
        Ok((parsed.fields, authority))
    }

    fn install_for_load(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        command: &Command,
        combined: bool,
    ) -> Result<Vec<u8>, Stop> {
        let parsed = Fields::<4>::parse(&command.data)?;
        let [load_file, target, hash, parameters] = parsed.fields;
        // The token of a combined process comes with its end.
        let authority = if combined {
            if !parsed.token.is_empty() {
                return Err(WRONG_DATA);
            }
            super::authority::authority(runtime, domain)?
        } else {
            self.authorize(runtime, domain, command, parsed.signed, parsed.token)?
        };
        let load_file = aid(load_file)?;
        let target = if target.is_empty() {
            domain
        } else {
            security_domain(runtime, target)?
        };
        if !is_above(&runtime.registry, domain, target) {
            return Err(CONDITIONS);
        }
        if runtime.registry.is_taken(load_file.as_bytes()) {
            return Err(CONDITIONS);
        }
        let mut load = PendingLoad::new(runtime, load_file, target, authority, hash, parameters)?;
        if combined {
            load.combined = Some(token_data(command, parsed.signed)?);
        }
        self.pending.load = Some(load);
        Ok(NO_RECEIPT.to_vec())
    }

    fn install_for_install(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Vec<u8>, Stop> {
        let (fields, authority) = self.take_fields(runtime, domain, command)?;
        let [load_file, module, instance, privileges, parameters] = fields;
        let issuer = self.domains.protocol(ApplicationId::ISSUER_SECURITY_DOMAIN);
        let wanted = Wanted::parse(runtime, issuer, [module, instance, privileges, parameters])?;
        let selectable = command.p1 & FOR_MAKE_SELECTABLE != 0;
        // What cannot be selected yet is selected nowhere (table 11-49, note).
        if !selectable && !wanted.implicit.is_empty() {
            return Err(WRONG_DATA);
        }
        self.make_instance(runtime, domain, load_file, &wanted, selectable)?;
        let names = [load_file, wanted.instance.as_bytes()];
        self.receipt(runtime, authority, &names)
    }

    /// The end of a combined load, install and make selectable: all of it happens now, or nothing.
    fn end_combined(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
        load: &PendingLoad,
    ) -> Result<Vec<u8>, Stop> {
        let parsed = Fields::<5>::parse(&command.data)?;
        // Both commands, one after the other (table C-10).
        let begun = load.combined.as_deref().unwrap_or(&[]);
        let signed = [begun, &token_data(command, parsed.signed)?].concat();
        let authority = self.authorize_data(runtime, domain, &signed, parsed.token)?;
        let [load_file, module, instance, privileges, parameters] = parsed.fields;
        if !load_file.is_empty() && load_file != load.load_file.as_bytes() {
            return Err(WRONG_DATA);
        }
        let issuer = self.domains.protocol(ApplicationId::ISSUER_SECURITY_DOMAIN);
        let wanted = Wanted::parse(runtime, issuer, [module, instance, privileges, parameters])?;
        let id = self.finish(runtime, load)?;
        let load_file = load.load_file.as_bytes();
        if let Err(stop) = self.make_instance(runtime, domain, load_file, &wanted, true) {
            if runtime
                .delete_load_file(&mut self.domains, id, true)
                .is_err()
            {
                tracing::error!("a load file without instances cannot be deleted");
            }
            return Err(stop);
        }
        let owner = runtime.registry.application(load.domain).map(|d| d.aid);
        let names = [
            load_file,
            wanted.instance.as_bytes(),
            owner.as_ref().map_or(&[][..], Aid::as_bytes),
        ];
        self.receipt(runtime, authority, &names)
    }

    fn make_instance(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        load_file: &[u8],
        wanted: &Wanted,
        selectable: bool,
    ) -> Result<(), Stop> {
        let Wanted {
            module,
            instance,
            privileges,
            ..
        } = *wanted;
        if module.as_bytes() == SECURITY_DOMAIN_MODULE {
            if !load_file.is_empty() && load_file != SECURITY_DOMAIN_PACKAGE {
                return Err(NO_REFERENCE);
            }
            if runtime.registry.free_application().is_none() {
                return Err(NO_MEMORY);
            }
            write(runtime)?;
            let made = runtime.registry.add_application(Application {
                aid: instance,
                module,
                life_cycle: if selectable {
                    life_cycle::SELECTABLE
                } else {
                    life_cycle::INSTALLED
                },
                privileges,
                security_domain: domain,
                kind: ApplicationKind::SecurityDomain,
            });
            if let (Some(id), Some(protocol)) = (made, wanted.protocol) {
                self.domains.set_protocol(id, protocol);
            }
            if let Some(id) = made {
                for parameter in &wanted.implicit {
                    runtime.registry.add_implicit_selection(id, *parameter);
                }
            }
            return Ok(());
        }
        let (owner, _) = runtime
            .registry
            .find_module(module.as_bytes())
            .ok_or(NO_REFERENCE)?;
        let owner_aid = runtime.registry.load_file(owner).map(|file| file.aid);
        if !load_file.is_empty() && owner_aid.is_none_or(|aid| aid.as_bytes() != load_file) {
            return Err(NO_REFERENCE);
        }
        let request = InstallRequest {
            module,
            instance,
            privileges,
            parameters: &wanted.parameters,
            security_domain: domain,
            selectable,
        };
        let id = runtime
            .install(&mut self.domains, &request)
            .map_err(|error| Stop::Status(error.status_word()))?;
        for name in &wanted.services {
            runtime.registry.add_service(id, *name);
        }
        for parameter in &wanted.implicit {
            runtime.registry.add_implicit_selection(id, *parameter);
        }
        Ok(())
    }

    fn make_selectable(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Vec<u8>, Stop> {
        let (fields, authority) = self.take_fields(runtime, domain, command)?;
        let [_, _, instance, privileges, parameters] = fields;
        let privileges = if privileges.is_empty() {
            Privileges::default()
        } else {
            parse_privileges(privileges)?
        };
        // The one privilege that may come as late as this (GPCS 2.3.1 §11.5.2.3.3).
        if privileges.without(Privileges::CARD_RESET) != Privileges::default() {
            return Err(WRONG_DATA);
        }
        let id = controlled(runtime, domain, instance)?;
        let application = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        if application.life_cycle != life_cycle::INSTALLED {
            return Err(CONDITIONS);
        }
        check_unique(&runtime.registry, privileges, Some(id))?;
        let implicit = implicit_selections(runtime, Some(id), &tlv::all(parameters)?)?;
        let load_file = runtime
            .registry
            .find_module(application.module.as_bytes())
            .and_then(|(file, _)| runtime.registry.load_file(file))
            .map(|file| file.aid);
        write(runtime)?;
        if let Some(application) = runtime.registry.application_mut(id) {
            application.life_cycle = life_cycle::SELECTABLE;
            if privileges.has(Privileges::CARD_RESET) {
                application.privileges = application.privileges.with(Privileges::CARD_RESET);
            }
        }
        for parameter in implicit {
            runtime.registry.add_implicit_selection(id, parameter);
        }
        let names = [load_file.as_ref().map_or(&[][..], Aid::as_bytes), instance];
        self.receipt(runtime, authority, &names)
    }

    fn install_for_personalization(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        data: &[u8],
    ) -> Result<Vec<u8>, Stop> {
        let parsed = Fields::<5>::parse(data)?;
        if !parsed.token.is_empty() {
            return Err(WRONG_DATA);
        }
        let [_, _, instance, ..] = parsed.fields;
        let id = controlled(runtime, domain, instance)?;
        let application = runtime.registry.application(id).ok_or(NO_REFERENCE)?;
        if application.life_cycle & life_cycle::LOCKED != 0 {
            return Err(CONDITIONS);
        }
        self.pending.personalized = Some(id);
        Ok(NO_RECEIPT.to_vec())
    }
}

/// The application with this AID, which must be below the domain.
pub(super) fn controlled(
    runtime: &Runtime,
    domain: ApplicationId,
    aid: &[u8],
) -> Result<ApplicationId, Stop> {
    let registry = &runtime.registry;
    let id = registry.find_application(aid).ok_or(NO_REFERENCE)?;
    if is_above(registry, domain, id) {
        Ok(id)
    } else {
        Err(CONDITIONS)
    }
}

/// Privileges of one byte or of three (GPCS 2.3.1 §11.1.2).
pub(super) fn parse_privileges(bytes: &[u8]) -> Result<Privileges, Stop> {
    match *bytes {
        [first] => Ok(Privileges([first, 0, 0])),
        [first, second, third] => Ok(Privileges([first, second, third])),
        _ => Err(WRONG_DATA),
    }
}

/// Whether privileges go together (GPCS 2.3.1 §6.6.2, table 6-2): most are for security domains, one manages content
/// by its own authority or by the issuer's, and mandated DAP verification is a kind of DAP verification.
pub(super) fn check_privileges(privileges: Privileges, is_domain: bool) -> Result<(), Stop> {
    let has = |number| privileges.has(number);
    let consistent = has(Privileges::SECURITY_DOMAIN) == is_domain
        && (is_domain || !Privileges::OF_DOMAINS.into_iter().any(has))
        && !(has(Privileges::AUTHORIZED_MANAGEMENT) && has(Privileges::DELEGATED_MANAGEMENT))
        && (has(Privileges::DAP_VERIFICATION) || !has(Privileges::MANDATED_DAP_VERIFICATION));
    if consistent { Ok(()) } else { Err(WRONG_DATA) }
}

/// Privileges that one application has at a time, besides the issuer's domain, which falls back to them.
pub(super) fn check_unique(
    registry: &Registry,
    privileges: Privileges,
    except: Option<ApplicationId>,
) -> Result<(), Stop> {
    let taken = |number: u8| {
        privileges.has(number)
            && registry
                .applications()
                .skip(1)
                .any(|(id, other)| Some(id) != except && other.privileges.has(number))
    };
    if Privileges::OF_ONE.into_iter().any(taken) {
        return Err(CONDITIONS);
    }
    Ok(())
}

/// The global services among the system specific parameters: family and identifier of each in an object CB
/// (GPCS 2.3.1 §11.5.2.3.7).
fn global_services(objects: &[(u16, &[u8])]) -> Result<Vec<u16>, Stop> {
    let Some(system) = tlv::find(objects, 0xEF) else {
        return Ok(Vec::new());
    };
    let system = tlv::all(system)?;
    let (names, rest) = tlv::find(&system, 0xCB).unwrap_or(&[]).as_chunks::<2>();
    if !rest.is_empty() {
        return Err(WRONG_DATA);
    }
    Ok(names.iter().map(|name| u16::from_be_bytes(*name)).collect())
}

/// The implicit selection parameters among the system specific ones: objects CF of one byte each, as many as there are
/// (GPCS 2.3.1 §11.1.7).
pub(super) fn implicit_selections(
    runtime: &Runtime,
    id: Option<ApplicationId>,
    objects: &[(u16, &[u8])],
) -> Result<Vec<u8>, Stop> {
    let system = tlv::all(tlv::find(objects, 0xEF).unwrap_or(&[]))?;
    let mut found = Vec::new();
    for (_, value) in system.iter().filter(|(tag, _)| *tag == 0xCF) {
        let &[parameter] = *value else {
            return Err(WRONG_DATA);
        };
        if !runtime.registry.may_select_implicitly(id, parameter) {
            return Err(CONDITIONS);
        }
        found.push(parameter);
    }
    Ok(found)
}

/// The secure channel that a security domain's parameters name: an object 80 or 81 with number and `i`.
pub(super) fn domain_protocol(
    runtime: &Runtime,
    issuer: Protocol,
    parameters: &[u8],
) -> Result<Option<Protocol>, Stop> {
    let objects = tlv::all(parameters)?;
    match tlv::find(&objects, 0x81).or_else(|| tlv::find(&objects, 0x80)) {
        None => Ok(None),
        Some(_) if runtime.has_quirk(Quirk::NoDomainProtocol) => Err(WRONG_DATA),
        // INITIALIZE UPDATE of SCP02 tells hosts no `i`: those that do not ask for card data write 00, which names no
        // variant, and mean what the issuer's domain speaks.
        Some(&[2, 0]) if matches!(issuer, Protocol::Scp02(_)) => Ok(Some(issuer)),
        Some(&[number, i]) => Protocol::of(number, i).map(Some).ok_or(WRONG_DATA),
        Some(_) => Err(WRONG_DATA),
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
