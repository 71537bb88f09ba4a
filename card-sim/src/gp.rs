//! The card manager (GPCS 2.3.1): which application a command goes to, and the commands of security
//! domains. The runtime does what the card manager allows.
//!
//! One command, one decision: everything is checked before the first persistent write, and a command that
//! is refused or cut short leaves the card as it was.

mod authority;
mod config;
mod delete;
mod domains;
mod get_data;
mod get_status;
mod install;
mod keys;
mod load;
mod protocol;
mod put_key;
mod registry_update;
mod set_status;
mod signature;
mod stop;
mod store_data;
mod tlv;

pub use config::{AuthenticationLimit, IssuerConfig};
pub use domains::SecurityDomains;

pub use scp::Protocol;

use scp::scp03::SecurityLevel;
use scp::{CardSession, Command};
use std::time::Duration;

use se_crypto::Drbg;
use serde::{Deserialize, Serialize};

use crate::aid::Aid;
use crate::registry::{
    Application, ApplicationId, ApplicationKind, CardState, Privileges, life_cycle,
};
use crate::runtime::Runtime;
use crate::secure_channel::SecurityServices;
use domains::satisfies;
use get_data::CardData;
use get_status::Listing;
use load::PendingLoad;
use put_key::PendingKeys;
use stop::{
    CONDITIONS, NO_CLASS, NO_INSTRUCTION, NOT_FOUND, SECURITY, Stop, WRONG_LENGTH, WRONG_PARAMETERS,
};
use store_data::PendingData;

/// The card manager: the security domains and what their commands keep between each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardManager {
    issuer: Aid,
    domains: SecurityDomains,
    data: CardData,
    /// The load that LOAD commands go on with.
    #[serde(skip)]
    load: Option<PendingLoad>,
    /// The listing that GET STATUS \[next\] goes on with.
    #[serde(skip)]
    listing: Option<Listing>,
    /// A combined load, install and make selectable whose last block has come.
    #[serde(skip)]
    combined: Option<PendingLoad>,
    /// The PUT KEY that the next one goes on with.
    #[serde(skip)]
    pending_keys: Option<PendingKeys>,
    /// The STORE DATA blocks so far.
    #[serde(skip)]
    stored: Option<PendingData>,
    /// The application that STORE DATA is for, after INSTALL \[for personalization\].
    #[serde(skip)]
    personalized: Option<ApplicationId>,
}

/// Response data and status word of a command that was not refused.
type Answer = (Vec<u8>, u16);

/// Success.
const OK: u16 = 0x9000;

/// The select command's instruction byte.
const SELECT: u8 = 0xA4;
const DELETE: u8 = 0xE4;
const STORE_DATA: u8 = 0xE2;
const INSTALL: u8 = 0xE6;
const LOAD: u8 = 0xE8;
const GET_STATUS: u8 = 0xF2;
const SET_STATUS: u8 = 0xF0;
const GET_DATA: u8 = 0xCA;
const PUT_KEY: u8 = 0xD8;

impl CardManager {
    /// The card manager of a new card. `seed` decides its serial number and random challenges.
    #[must_use]
    pub fn new(seed: u64, issuer: &IssuerConfig) -> Self {
        let random = Drbg::from_seed(seed);
        Self {
            issuer: issuer.aid,
            domains: SecurityDomains::new(random.stream("card challenges"), issuer),
            data: CardData::new(&mut random.stream("serial number")),
            load: None,
            listing: None,
            combined: None,
            pending_keys: None,
            stored: None,
            personalized: None,
        }
    }

    /// The registry entry of the issuer security domain.
    #[must_use]
    pub fn issuer_security_domain(&self) -> Application {
        Application {
            aid: self.issuer,
            module: self.issuer,
            life_cycle: life_cycle::SELECTABLE,
            privileges: Privileges::OF_ISSUER,
            security_domain: ApplicationId::ISSUER_SECURITY_DOMAIN,
            kind: ApplicationKind::SecurityDomain,
        }
    }

    /// The historical bytes that an applet has set for the ATR; empty where none has.
    #[must_use]
    pub fn historical_bytes(&self) -> &[u8] {
        self.domains.historical_bytes()
    }

    /// How many EXTERNAL AUTHENTICATE commands came with a wrong host cryptogram since the card was made. Those in a
    /// row for one key version are what [`AuthenticationLimit`] limits.
    #[must_use]
    pub fn failed_authentications(&self) -> u32 {
        self.domains.failed_authentications()
    }

    /// How long a real card would have taken to answer the last command for the failed authentication in it
    /// ([`AuthenticationLimit::back_off`]).
    #[must_use]
    pub fn back_off(&self) -> Duration {
        self.domains.back_off()
    }

    /// The services of the security domains, to run applets outside of a command.
    pub fn services(&mut self) -> &mut dyn SecurityServices {
        &mut self.domains
    }

    /// After a card reset: sessions are gone, and the application with the card reset privilege is selected,
    /// else the issuer security domain.
    pub fn reset(&mut self, runtime: &mut Runtime) {
        self.forget_pending(None);
        let default = runtime
            .registry
            .applications()
            .skip(1)
            .find(|(_, application)| {
                application.privileges.has(Privileges::CARD_RESET) && application.is_selectable()
            })
            .map(|(id, _)| id)
            .filter(|_| runtime.registry.card_state != CardState::Locked);
        let id = default.unwrap_or(ApplicationId::ISSUER_SECURITY_DOMAIN);
        let aid = runtime.registry.application(id).map(|a| a.aid);
        self.domains.select(aid);
        let aid = aid.unwrap_or(self.issuer);
        let length = u8::try_from(aid.as_bytes().len()).unwrap_or(0);
        let command = [&[0x00, SELECT, 0x04, 0x00, length], aid.as_bytes()].concat();
        // Nobody waits for the answer.
        let _ = runtime.select(&mut self.domains, id, &command);
    }

    /// Answers a command: data and status word. Empty where power was cut.
    pub fn process(&mut self, runtime: &mut Runtime, command: &[u8]) -> Vec<u8> {
        self.domains.forget_back_off();
        let Ok(parsed) = Command::parse(command) else {
            return answer(Err(WRONG_LENGTH));
        };
        if is_select_by_name(&parsed)
            && let Some(response) = self.select(runtime, &parsed, command)
        {
            return response;
        }
        let selected = runtime
            .selected()
            .and_then(|id| Some((id, runtime.registry.application(id)?.kind)));
        match selected {
            Some((id, ApplicationKind::SecurityDomain)) => {
                self.process_domain(runtime, id, &parsed, command)
            }
            _ if runtime.registry.card_state == CardState::Terminated => answer(Err(CONDITIONS)),
            _ => runtime.process(&mut self.domains, command),
        }
    }

    /// SELECT by name (GPCS 2.3.1 §6.4.2, §11.9). `None` where the selected applet is to answer it, because the
    /// card has no such application (JCRE 3.0.5 §4.5.2).
    fn select(&mut self, runtime: &mut Runtime, parsed: &Command, raw: &[u8]) -> Option<Vec<u8>> {
        if runtime.registry.card_state == CardState::Terminated {
            return Some(answer(Err(CONDITIONS)));
        }
        let Some((id, application)) = self.find_selectable(runtime, parsed) else {
            let applet = runtime
                .selected()
                .and_then(|id| runtime.registry.application(id))
                .is_some_and(|a| matches!(a.kind, ApplicationKind::Applet { .. }));
            return (!applet).then(|| answer(Err(NOT_FOUND)));
        };
        let Application { aid, kind, .. } = application;
        self.forget_pending(None);
        self.domains.select(Some(aid));
        let response = runtime.select(&mut self.domains, id, raw);
        if kind != ApplicationKind::SecurityDomain {
            return Some(response);
        }
        let locked = runtime.registry.card_state == CardState::Locked;
        let status = if locked { 0x6283 } else { OK };
        Some(answer(Ok((get_data::control_information(&aid), status))))
    }

    /// The application that a SELECT by name means: by its whole AID, or by the beginning of it; without a name
    /// the issuer security domain.
    fn find_selectable(
        &self,
        runtime: &Runtime,
        command: &Command,
    ) -> Option<(ApplicationId, Application)> {
        let name = if command.data.is_empty() {
            self.issuer.as_bytes()
        } else {
            command.data.as_slice()
        };
        let locked = runtime.registry.card_state == CardState::Locked;
        let mut candidates: Vec<_> = runtime
            .registry
            .applications()
            .filter(|(id, application)| {
                application.aid.starts_with(name)
                    && application.is_selectable()
                    && (!locked || *id == ApplicationId::ISSUER_SECURITY_DOMAIN)
            })
            .map(|(id, application)| (id, *application))
            .collect();
        if command.p2 & 0x03 == 0x02 {
            let current = runtime.selected();
            return candidates
                .into_iter()
                .find(|(id, _)| current.is_none_or(|current| *id > current));
        }
        // A whole AID comes before one that it is the beginning of.
        candidates.sort_by_key(|(_, application)| application.aid.as_bytes() != name);
        candidates.first().copied()
    }

    /// A command to a security domain.
    fn process_domain(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        parsed: &Command,
        raw: &[u8],
    ) -> Vec<u8> {
        if CardSession::handles(parsed.ins) {
            return answer(self.authenticate(runtime, domain, raw));
        }
        if self.domains.opens_implicitly(domain, raw) && !runtime.persistent_write() {
            return answer(Err(Stop::PowerCut));
        }
        let result = self
            .domains
            .open(domain, raw)
            .map_err(Stop::from)
            .and_then(|plain| Command::parse(&plain).map_err(|_| WRONG_LENGTH))
            .and_then(|plain| self.dispatch(runtime, domain, &plain));
        let response = answer(result);
        if response.is_empty() {
            return response;
        }
        match self.domains.session(domain).wrap(&response) {
            Ok(wrapped) => wrapped,
            Err(error) => answer(Err(error.into())),
        }
    }

    fn authenticate(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        raw: &[u8],
    ) -> Result<Answer, Stop> {
        self.forget_pending(None);
        if runtime.registry.card_state == CardState::Terminated {
            return Err(CONDITIONS);
        }
        // The sequence counter, or the count of failures, is written before the answer leaves.
        if !runtime.persistent_write() {
            return Err(Stop::PowerCut);
        }
        Ok((self.domains.authenticate(domain, raw)?, OK))
    }

    /// A command in plain form.
    fn dispatch(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        self.forget_pending(Some(command.ins));
        // ISO 7816-4 and GlobalPlatform classes; others are not of a card manager (GPCS 2.3.1 §11.1.4).
        if command.cla & 0x7C != 0 {
            return Err(NO_CLASS);
        }
        if command.ins == GET_DATA {
            return self.get_data(runtime, domain, command);
        }
        if command.ins == SELECT && command.cla & 0x80 == 0 {
            return Err(WRONG_PARAMETERS);
        }
        let known = matches!(
            command.ins,
            DELETE | STORE_DATA | INSTALL | LOAD | GET_STATUS | SET_STATUS | PUT_KEY
        ) || CardSession::handles_r_mac(command.ins);
        if !known {
            return Err(NO_INSTRUCTION);
        }
        // They have the GlobalPlatform class only.
        if command.cla & 0x80 == 0 {
            return Err(NO_CLASS);
        }
        if runtime.registry.card_state == CardState::Terminated {
            return Err(CONDITIONS);
        }
        if CardSession::handles_r_mac(command.ins) {
            self.domains.r_mac_session(domain, command)?;
            return Ok((Vec::new(), OK));
        }
        if command.ins == GET_STATUS {
            self.require(domain, SecurityLevel::NONE)?;
            return self.get_status(runtime, domain, command);
        }
        // Whatever changes the card carries a MAC at least.
        self.require(domain, SecurityLevel::C_MAC)?;
        if command.ins == SET_STATUS {
            return self.set_status(runtime, domain, command);
        }
        if runtime.registry.card_state == CardState::Locked {
            return Err(CONDITIONS);
        }
        // A domain without a say over content has a say over itself.
        let over_itself = match command.ins {
            PUT_KEY | STORE_DATA => true,
            INSTALL => command.p1 == install::FOR_PERSONALIZATION,
            DELETE => delete::is_about_keys(&command.data),
            _ => false,
        };
        if !over_itself {
            authority::authority(runtime, domain)?;
        }
        match command.ins {
            INSTALL => self.install(runtime, domain, command),
            LOAD => self.load(runtime, command),
            DELETE => self.delete(runtime, domain, command),
            PUT_KEY => self.put_key(runtime, domain, command),
            _ => self.store_data(runtime, domain, command),
        }
    }

    /// Forgets what commands have left for the next one, but for what this one goes on with.
    fn forget_pending(&mut self, ins: Option<u8>) {
        if ins != Some(LOAD) {
            self.load = None;
        }
        if !matches!(ins, Some(LOAD | INSTALL)) {
            self.combined = None;
        }
        if ins != Some(GET_STATUS) {
            self.listing = None;
        }
        if ins != Some(PUT_KEY) {
            self.pending_keys = None;
        }
        if ins != Some(STORE_DATA) {
            self.stored = None;
            self.personalized = None;
        }
    }

    fn require(&self, domain: ApplicationId, level: SecurityLevel) -> Result<(), Stop> {
        if satisfies(self.domains.security_level(domain), level) {
            Ok(())
        } else {
            Err(SECURITY)
        }
    }
}

/// Whether this is SELECT by name: first or only, or next occurrence.
fn is_select_by_name(command: &Command) -> bool {
    command.cla == 0x00
        && command.ins == SELECT
        && command.p1 == 0x04
        && matches!(command.p2 & 0xF3, 0x00 | 0x02)
        && command.data.len() <= 16
}

/// The response on the wire.
fn answer(result: Result<Answer, Stop>) -> Vec<u8> {
    match result {
        Ok((mut data, status)) => {
            data.extend(status.to_be_bytes());
            data
        }
        Err(Stop::Status(status)) => status.to_be_bytes().to_vec(),
        Err(Stop::PowerCut) => Vec::new(),
    }
}

/// Counts a persistent write, after which the change is made.
fn write(runtime: &mut Runtime) -> Result<(), Stop> {
    if runtime.persistent_write() {
        Ok(())
    } else {
        Err(Stop::PowerCut)
    }
}

/// An AID of a command's data.
fn aid(bytes: &[u8]) -> Result<Aid, Stop> {
    Aid::new(bytes).ok_or(stop::WRONG_DATA)
}

#[cfg(test)]
mod tests;
