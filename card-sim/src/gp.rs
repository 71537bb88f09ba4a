//! The card manager (GPCS 2.3.1): which application a command goes to, and the commands of security
//! domains. The runtime does what the card manager allows.
//!
//! One command, one decision: everything is checked before the first persistent write, and a command that
//! is refused or cut short leaves the card as it was.

mod agreement;
mod authority;
mod config;
mod delete;
mod domains;
mod elliptic;
mod get_data;
mod get_status;
mod install;
mod keys;
mod load;
mod per_channel;
mod protocol;
mod put_key;
mod registry_update;
mod selection;
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
use crate::class_byte;
use crate::registry::{
    Application, ApplicationId, ApplicationKind, CardState, Privileges, life_cycle,
};
use crate::runtime::Runtime;
use crate::secure_channel::SecurityServices;
use domains::satisfies;
use get_data::CardData;
use get_status::Listing;
use load::PendingLoad;
use per_channel::PerChannel;
use put_key::PendingKeys;
use stop::{CONDITIONS, NO_CLASS, NO_INSTRUCTION, SECURITY, Stop, WRONG_LENGTH, WRONG_PARAMETERS};
use store_data::PendingData;

/// The card manager: the security domains and what their commands keep between each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardManager {
    issuer: Aid,
    domains: SecurityDomains,
    data: CardData,
    /// What commands leave for the next one on their channel.
    #[serde(skip)]
    pending: PerChannel<Pending>,
}

/// What commands leave for the next one.
#[derive(Clone, Debug, Default)]
struct Pending {
    /// The load that LOAD commands go on with.
    load: Option<PendingLoad>,
    /// The listing that GET STATUS \[next\] goes on with.
    listing: Option<Listing>,
    /// A combined load, install and make selectable whose last block has come.
    combined: Option<PendingLoad>,
    /// The PUT KEY that the next one goes on with.
    keys: Option<PendingKeys>,
    /// The INSTALL or DELETE that the next one goes on with.
    chain: Option<Command>,
    /// The STORE DATA blocks so far.
    stored: Option<PendingData>,
    /// What of a response is still to be fetched with GET RESPONSE, its status word at the end.
    waiting: Vec<u8>,
    /// The application that STORE DATA is for, after INSTALL \[for personalization\].
    personalized: Option<ApplicationId>,
}

impl Pending {
    /// Forgets all but what a command with this instruction goes on with.
    fn forget(&mut self, ins: Option<u8>) {
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
            self.keys = None;
        }
        if !matches!(ins, Some(INSTALL | DELETE)) {
            self.chain = None;
        }
        if ins != Some(STORE_DATA) {
            self.stored = None;
            self.personalized = None;
        }
    }
}

/// Response data and status word of a command that was not refused.
type Answer = (Vec<u8>, u16);

/// Success.
const OK: u16 = 0x9000;

/// The select command's instruction byte.
const SELECT: u8 = 0xA4;
const GET_RESPONSE: u8 = 0xC0;
const DELETE: u8 = 0xE4;
const STORE_DATA: u8 = 0xE2;
const INSTALL: u8 = 0xE6;
const LOAD: u8 = 0xE8;
const GET_STATUS: u8 = 0xF2;
const SET_STATUS: u8 = 0xF0;
const GET_DATA: u8 = 0xCA;
const PUT_KEY: u8 = 0xD8;
/// P1 of INSTALL and DELETE: more commands of the same follow.
const MORE: u8 = 0x80;
/// The most data of an INSTALL or a DELETE in several commands.
const MAX_CHAINED: usize = 2048;

impl CardManager {
    /// The card manager of a new card. `seed` decides its serial number and random challenges.
    #[must_use]
    pub fn new(seed: u64, issuer: &IssuerConfig) -> Self {
        let random = Drbg::from_seed(seed);
        let data = CardData::new(&mut random.stream("serial number"));
        let challenges = random.stream("card challenges");
        Self {
            issuer: issuer.aid,
            domains: SecurityDomains::new(challenges, issuer, data.serial_number()),
            data,
            pending: PerChannel::default(),
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

    /// A command to a security domain.
    fn process_domain(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        parsed: &Command,
        raw: &[u8],
    ) -> Vec<u8> {
        if self.domains.handles_agreement(domain, raw) {
            return answer(self.agree(runtime, domain, raw));
        }
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

    /// As much of a response as the command asks for; the rest waits for GET RESPONSE (ISO 7816-4 §5.1.3).
    fn first_part(&mut self, mut response: Vec<u8>, command: &Command) -> Vec<u8> {
        const SHORT: usize = 256;
        let most = command
            .expected
            .and_then(|expected| usize::try_from(expected).ok())
            .unwrap_or(SHORT);
        // Who asks for less than there is gets all of it, as long as one short response holds it.
        let most = most.max(SHORT);
        if response.len() > most + 2 {
            self.pending.waiting = response.split_off(most);
            let rest = self.pending.waiting.len() - 2;
            response.extend([0x61, u8::try_from(rest).unwrap_or(0)]);
        }
        response
    }

    fn authenticate(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        raw: &[u8],
    ) -> Result<Answer, Stop> {
        self.pending.forget(None);
        if runtime.registry.card_state == CardState::Terminated {
            return Err(CONDITIONS);
        }
        // The sequence counter, or the count of failures, is written before the answer leaves.
        if !runtime.persistent_write() {
            return Err(Stop::PowerCut);
        }
        Ok((self.domains.authenticate(domain, raw)?, OK))
    }

    /// A command of SCP11.
    fn agree(
        &mut self,
        runtime: &Runtime,
        domain: ApplicationId,
        raw: &[u8],
    ) -> Result<Answer, Stop> {
        self.pending.forget(None);
        if runtime.registry.card_state == CardState::Terminated {
            return Err(CONDITIONS);
        }
        let identity = self.data.identity(domain);
        Ok((self.domains.agree(domain, identity, raw)?, OK))
    }

    /// A command in plain form.
    fn dispatch(
        &mut self,
        runtime: &mut Runtime,
        domain: ApplicationId,
        command: &Command,
    ) -> Result<Answer, Stop> {
        self.pending.forget(Some(command.ins));
        // ISO 7816-4 and GlobalPlatform classes; others are not of a card manager (GPCS 2.3.1 §11.1.4).
        if class_byte::on_basic_channel(command.cla) & 0x7C != 0 {
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
        if command.ins == DELETE {
            // What is under way on other channels may name what goes.
            self.pending.forget_others();
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
        let whole;
        let command = match command.ins {
            INSTALL | DELETE => match self.assemble(command)? {
                Some(assembled) => {
                    whole = assembled;
                    &whole
                }
                None => return Ok((Vec::new(), OK)),
            },
            _ => command,
        };
        match command.ins {
            INSTALL => self.install(runtime, domain, command),
            LOAD => self.load(runtime, command),
            DELETE => self.delete(runtime, domain, command),
            PUT_KEY => self.put_key(runtime, domain, command),
            _ => self.store_data(runtime, domain, command),
        }
    }

    /// Puts an INSTALL or a DELETE together that came in several commands: all but the last have the highest bit of
    /// P1 set (GPCS 2.3.1 tables 11-21, 11-41). `None` where more is to come.
    fn assemble(&mut self, command: &Command) -> Result<Option<Command>, Stop> {
        let more = command.p1 & MORE != 0;
        let mut whole = Command {
            p1: command.p1 & !MORE,
            ..command.clone()
        };
        if let Some(mut begun) = self.pending.chain.take() {
            if [begun.ins, begun.p1, begun.p2] != [whole.ins, whole.p1, whole.p2] {
                return Err(stop::WRONG_PARAMETERS);
            }
            begun.data.append(&mut whole.data);
            whole.data = begun.data;
        }
        if whole.data.len() > MAX_CHAINED {
            return Err(stop::WRONG_DATA);
        }
        if more {
            self.pending.chain = Some(whole);
            return Ok(None);
        }
        Ok(Some(whole))
    }

    fn require(&self, domain: ApplicationId, level: SecurityLevel) -> Result<(), Stop> {
        if satisfies(self.domains.security_level(domain), level) {
            Ok(())
        } else {
            Err(SECURITY)
        }
    }
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
