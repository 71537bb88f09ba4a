//! SET STATUS (GPCS 2.3.1 §11.10).

use scp::Command;

use super::authority::has;
use super::install::controlled;
use super::stop::{CONDITIONS, NO_REFERENCE, Stop, WRONG_DATA, WRONG_PARAMETERS};
use super::{Answer, CardManager, OK, write};
use crate::registry::{ApplicationId, ApplicationKind, CardState, Privileges, life_cycle};
use crate::runtime::Runtime;

/// P1: the issuer security domain, which stands for the card.
const CARD: u8 = 0x80;
/// P1: an application or supplementary security domain.
const APPLICATION: u8 = 0x40;
/// P1: a security domain and its applications.
const DOMAIN_WITH_APPLICATIONS: u8 = 0x60;

impl CardManager {
    #[allow(
        clippy::unused_self,
        reason = "one signature for all commands of the card manager"
    )]
    pub(super) fn set_status(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        match command.p1 {
            CARD => set_card_state(runtime, domain, command.p2)?,
            APPLICATION => {
                let id = find(runtime, domain, &command.data)?;
                set_applications(runtime, &[id], command.p2)?;
            }
            DOMAIN_WITH_APPLICATIONS => {
                let id = find(runtime, domain, &command.data)?;
                if runtime
                    .registry
                    .application(id)
                    .is_none_or(|found| found.kind != ApplicationKind::SecurityDomain)
                {
                    return Err(NO_REFERENCE);
                }
                let ids: Vec<_> = runtime
                    .registry
                    .applications()
                    .filter(|(other, a)| *other == id || a.security_domain == id)
                    .map(|(other, _)| other)
                    .filter(|other| *other != ApplicationId::ISSUER_SECURITY_DOMAIN)
                    .collect();
                set_applications(runtime, &ids, command.p2)?;
            }
            _ => return Err(WRONG_PARAMETERS),
        }
        Ok((Vec::new(), OK))
    }
}

/// The application or domain with this AID: one below the domain that asks, or with its global lock any.
fn find(runtime: &Runtime, domain: ApplicationId, aid: &[u8]) -> Result<ApplicationId, Stop> {
    if aid.is_empty() {
        return Err(WRONG_DATA);
    }
    if has(runtime, domain, Privileges::GLOBAL_LOCK) {
        return runtime.registry.find_application(aid).ok_or(NO_REFERENCE);
    }
    controlled(runtime, domain, aid)
}

/// The transitions of the card's life cycle (GPCS 2.3.1 figure 5-1), each with who may ask for it: the first two the
/// issuer's domain, locking and unlocking whoever has card lock, the end whoever has card terminate.
fn set_card_state(runtime: &mut Runtime, domain: ApplicationId, state: u8) -> Result<(), Stop> {
    use CardState::{Initialized, Locked, OpReady, Secured, Terminated};
    let to = CardState::from_byte(state).ok_or(WRONG_DATA)?;
    let from = runtime.registry.card_state;
    let may = match (from, to) {
        (_, Terminated) => has(runtime, domain, Privileges::CARD_TERMINATE),
        (_, Locked) | (Locked, _) => has(runtime, domain, Privileges::CARD_LOCK),
        _ => domain == ApplicationId::ISSUER_SECURITY_DOMAIN,
    };
    if !may {
        return Err(CONDITIONS);
    }
    let allowed = matches!(
        (from, to),
        (OpReady, Initialized | Secured | Terminated)
            | (Initialized, Secured | Terminated)
            | (Secured, Locked | Terminated)
            | (Locked, Secured | Terminated)
    );
    if !allowed {
        return Err(CONDITIONS);
    }
    write(runtime)?;
    runtime.registry.card_state = to;
    Ok(())
}

/// Locks, unlocks or advances applications, all or none.
fn set_applications(runtime: &mut Runtime, ids: &[ApplicationId], state: u8) -> Result<(), Stop> {
    let mut changes = Vec::new();
    for id in ids {
        let application = runtime.registry.application(*id).ok_or(NO_REFERENCE)?;
        if *id == ApplicationId::ISSUER_SECURITY_DOMAIN {
            return Err(CONDITIONS);
        }
        let now = application.life_cycle;
        let next = if state & life_cycle::LOCKED != 0 {
            now | life_cycle::LOCKED
        } else if now & life_cycle::LOCKED != 0 {
            // Unlocking goes back to the state before, whatever the other bits say.
            now & !life_cycle::LOCKED
        } else if application.kind == ApplicationKind::SecurityDomain
            && state == life_cycle::PERSONALIZED
            && now == life_cycle::SELECTABLE
        {
            life_cycle::PERSONALIZED
        } else {
            // States above SELECTABLE are the application's own to set.
            return Err(CONDITIONS);
        };
        changes.push((*id, next));
    }
    write(runtime)?;
    for (id, next) in changes {
        if let Some(application) = runtime.registry.application_mut(id) {
            application.life_cycle = next;
        }
    }
    Ok(())
}
