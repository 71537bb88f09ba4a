//! Logical channels and selection (GPCS 2.3.1 §6.3, §6.4, §11.7, §11.9; JCRE 3.0.5 §4): which application a
//! command goes to.

use scp::Command;

use super::stop::{
    CONDITIONS, FUNCTION, NO_CHANNEL, NO_NAME, NO_SECURE_MESSAGING, NOT_FOUND, Stop, UNCHANGED,
    WRONG_LE, WRONG_LENGTH, WRONG_PARAMETERS,
};
use super::{Answer, CardManager, GET_RESPONSE, OK, SELECT, answer, get_data};
use crate::class_byte;
use crate::quirk::Quirk;
use crate::registry::{Application, ApplicationId, ApplicationKind, CardState};
use crate::runtime::Runtime;

const MANAGE_CHANNEL: u8 = 0x70;
/// P1 of MANAGE CHANNEL.
const OPEN: u8 = 0x00;
const CLOSE: u8 = 0x80;
/// The number of the basic channel; in MANAGE CHANNEL "of the card's choice", or "this one".
const BASIC: u8 = 0;

impl CardManager {
    /// After a card reset: sessions are gone, all channels but the basic one are closed, and on that the application
    /// that is implicitly selectable there is selected, else the issuer security domain.
    pub fn reset(&mut self, runtime: &mut Runtime) {
        self.pending = super::PerChannel::default();
        self.domains.reset();
        let default =
            implicit(runtime, BASIC).filter(|_| runtime.registry.card_state != CardState::Locked);
        let issuer = ApplicationId::ISSUER_SECURITY_DOMAIN;
        // No SELECT command came, so `process` is not called (JCRE 3.0.5 §4.1).
        if self.activate(runtime, default.unwrap_or(issuer)).is_err() && default.is_some() {
            // Where the default one refuses, nothing is selected.
            self.domains.select(None);
        }
    }

    /// Answers a command: data and status word. Empty where power was cut.
    pub fn process(&mut self, runtime: &mut Runtime, command: &[u8]) -> Vec<u8> {
        self.domains.forget_back_off();
        let Ok(parsed) = Command::parse(command) else {
            return answer(Err(WRONG_LENGTH));
        };
        let channel = class_byte::channel(parsed.cla);
        let is_open = runtime.channels().is_open(channel);
        let selects = is_select_by_name(&parsed);
        if channel >= runtime.channels().count() || !(is_open || selects) {
            return answer(Err(NO_CHANNEL));
        }
        if !is_open {
            return self.open_by_select(runtime, channel, &parsed, command);
        }
        self.enter_channel(runtime, channel);
        if is_manage_channel(&parsed) {
            return answer(self.manage_channel(runtime, channel, &parsed));
        }
        if selects && let Some(response) = self.select(runtime, &parsed, command) {
            return response;
        }
        let selected = runtime
            .selected()
            .and_then(|id| Some((id, runtime.registry.application(id)?.kind)));
        match selected {
            Some((id, ApplicationKind::SecurityDomain)) => {
                let waiting = std::mem::take(&mut self.pending.waiting);
                let is_more =
                    parsed.ins == GET_RESPONSE && class_byte::is_interindustry(parsed.cla);
                let response = if is_more && !waiting.is_empty() {
                    waiting
                } else {
                    self.process_domain(runtime, id, &parsed, command)
                };
                self.first_part(response, &parsed)
            }
            _ if runtime.registry.card_state == CardState::Terminated => answer(Err(CONDITIONS)),
            _ => runtime.process(&mut self.domains, command),
        }
    }

    fn enter_channel(&mut self, runtime: &mut Runtime, channel: u8) {
        runtime.enter_channel(channel);
        self.domains.enter_channel(channel);
        self.pending.enter(channel);
    }

    /// Makes an application the selected one of the channel; the secure channel session of the one before ends.
    fn activate(&mut self, runtime: &mut Runtime, id: ApplicationId) -> Result<(), Stop> {
        if runtime.may_activate(id) {
            self.pending.forget(None);
            let aid = runtime.registry.application(id).map(|found| found.aid);
            self.domains.select(aid);
        }
        let result = runtime.activate(&mut self.domains, id);
        if runtime.is_torn() {
            return Err(Stop::PowerCut);
        }
        result.map_err(Stop::Status)
    }

    /// SELECT by name on a channel that is not open opens it (JCRE 3.0.5 §4.5.2).
    fn open_by_select(
        &mut self,
        runtime: &mut Runtime,
        channel: u8,
        parsed: &Command,
        raw: &[u8],
    ) -> Vec<u8> {
        runtime.open_channel(channel);
        self.enter_channel(runtime, channel);
        let response = self.select(runtime, parsed, raw);
        if runtime.selected().is_none() {
            self.close_channel(runtime);
        }
        response.unwrap_or_else(|| answer(Err(NOT_FOUND)))
    }

    fn close_channel(&mut self, runtime: &mut Runtime) {
        self.pending.forget(None);
        self.domains.select(None);
        runtime.close_channel(&mut self.domains);
    }

    /// MANAGE CHANNEL (GPCS 2.3.1 §11.7, JCRE 3.0.5 §4.5.1).
    fn manage_channel(
        &mut self,
        runtime: &mut Runtime,
        origin: u8,
        command: &Command,
    ) -> Result<Answer, Stop> {
        if runtime.channels().count() == 1 {
            return Err(NO_CHANNEL);
        }
        if class_byte::is_secure_messaging(command.cla) {
            return Err(NO_SECURE_MESSAGING);
        }
        if !command.data.is_empty() {
            return Err(WRONG_LENGTH);
        }
        match command.p1 {
            OPEN => self.open(runtime, origin, command),
            CLOSE => {
                let channel = match command.p2 {
                    BASIC => origin,
                    channel => channel,
                };
                if channel == BASIC {
                    return Err(FUNCTION);
                }
                if channel >= runtime.channels().count() {
                    return Err(WRONG_PARAMETERS);
                }
                if !runtime.channels().is_open(channel) {
                    return Err(UNCHANGED);
                }
                self.enter_channel(runtime, channel);
                self.close_channel(runtime);
                self.enter_channel(runtime, origin);
                if runtime.is_torn() {
                    return Err(Stop::PowerCut);
                }
                Ok((Vec::new(), OK))
            }
            _ => Err(WRONG_PARAMETERS),
        }
    }

    /// Opens a channel. From the basic channel the application is selected that is implicitly selectable on it, or else
    /// on the basic channel (GPCS 2.3.1 §6.4.2.2); from another one the application that is selected there.
    fn open(
        &mut self,
        runtime: &mut Runtime,
        origin: u8,
        command: &Command,
    ) -> Result<Answer, Stop> {
        // GPCS 2.3.1 §11.7.3.2
        if matches!(
            runtime.registry.card_state,
            CardState::Locked | CardState::Terminated
        ) {
            return Err(FUNCTION);
        }
        let channel = match command.p2 {
            BASIC if command.expected.is_none() => return Err(WRONG_LE),
            BASIC => runtime.channels().first_closed().ok_or(FUNCTION)?,
            wanted => {
                let channels = runtime.channels();
                if wanted >= channels.count() || channels.is_open(wanted) {
                    return Err(WRONG_PARAMETERS);
                }
                wanted
            }
        };
        let application = if origin == BASIC {
            let issuer = ApplicationId::ISSUER_SECURITY_DOMAIN;
            Some(
                implicit(runtime, channel)
                    .or_else(|| implicit(runtime, BASIC))
                    .unwrap_or(issuer),
            )
        } else {
            runtime.selected()
        };
        runtime.open_channel(channel);
        self.enter_channel(runtime, channel);
        let activated = application.map_or(Ok(()), |id| self.activate(runtime, id));
        if activated.is_err() {
            self.close_channel(runtime);
        }
        self.enter_channel(runtime, origin);
        activated?;
        let data = if command.p2 == BASIC {
            vec![channel]
        } else {
            Vec::new()
        };
        Ok((data, OK))
    }

    /// SELECT by name (GPCS 2.3.1 §6.4.2, §11.9). `None` where the selected applet is to answer it, because the
    /// card has no such application (JCRE 3.0.5 §4.5.2).
    fn select(&mut self, runtime: &mut Runtime, parsed: &Command, raw: &[u8]) -> Option<Vec<u8>> {
        if runtime.registry.card_state == CardState::Terminated {
            return Some(answer(Err(CONDITIONS)));
        }
        if parsed.data.is_empty() && runtime.has_quirk(Quirk::NoDefaultSelect) {
            return Some(answer(Err(NO_NAME)));
        }
        let Some((id, application)) = self.find_selectable(runtime, parsed) else {
            let applet = runtime
                .selected()
                .and_then(|id| runtime.registry.application(id))
                .is_some_and(|a| matches!(a.kind, ApplicationKind::Applet { .. }));
            return (!applet).then(|| answer(Err(NOT_FOUND)));
        };
        let Application { aid, kind, .. } = application;
        if let Err(stop) = self.activate(runtime, id) {
            return Some(answer(Err(stop)));
        }
        if kind != ApplicationKind::SecurityDomain {
            return Some(runtime.process_select(&mut self.domains, raw));
        }
        let locked = runtime.registry.card_state == CardState::Locked;
        let status = if locked { 0x6283 } else { OK };
        let information = if runtime.has_quirk(Quirk::BareSelectAnswer) {
            aid.as_bytes().to_vec()
        } else if runtime.has_quirk(Quirk::UnnamedSelectAnswer) {
            get_data::control_information(&[])
        } else {
            get_data::control_information(aid.as_bytes())
        };
        Some(answer(Ok((information, status))))
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
}

/// The application that is implicitly selectable on a channel of the interface in use; a locked one leaves its place to
/// the issuer security domain.
fn implicit(runtime: &Runtime, channel: u8) -> Option<ApplicationId> {
    let contactless = runtime.session().transmission.is_contactless();
    let registry = &runtime.registry;
    let id = registry.implicitly_selectable(contactless, channel)?;
    let application = registry.application(id)?;
    application.is_selectable().then_some(id)
}

/// Whether this is SELECT by name: first or only, or next occurrence.
fn is_select_by_name(command: &Command) -> bool {
    class_byte::is_valid(command.cla)
        && class_byte::on_basic_channel(command.cla) == 0x00
        && command.ins == SELECT
        && command.p1 == 0x04
        && matches!(command.p2 & 0xF3, 0x00 | 0x02)
        && command.data.len() <= 16
}

/// Whether this is MANAGE CHANNEL; with secure messaging too, which it refuses.
fn is_manage_channel(command: &Command) -> bool {
    class_byte::is_valid(command.cla)
        && class_byte::is_interindustry(command.cla)
        && !class_byte::is_chaining(command.cla)
        && command.ins == MANAGE_CHANNEL
}
