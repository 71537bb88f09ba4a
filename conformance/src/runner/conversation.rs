//! One vector on one target.

use super::{Exchange, Failure, Outcome};
use crate::suite::{Action, Check, Step, Suite, Vector};
use crate::target::{Target, TargetError};
use apdu_spec::explain::SPECIFICATIONS;
use apdu_spec::tlv::{Reader, Tag};
use apdu_spec::{Command, Response, StatusWord, jpki};
use scp::scp03::{Challenge, HostOpening, HostSession, SecurityLevel};
use se_crypto::RsaPublicKey;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The same in every run, so that every run gives the same bytes.
const HOST_CHALLENGE: [u8; 8] = *b"TENKOKU!";

pub(super) struct Conversation<'a> {
    suite: &'a Suite,
    target: &'a mut dyn Target,
    session: Option<HostSession>,
    saved: BTreeMap<String, Vec<u8>>,
    exchanges: Vec<Exchange>,
}

/// Why a conversation ends early.
enum Stop {
    Failed(Failure),
    Broken(String),
}

impl From<TargetError> for Stop {
    fn from(error: TargetError) -> Self {
        Self::Broken(error.to_string())
    }
}

fn broken(cause: impl ToString) -> Stop {
    Stop::Broken(cause.to_string())
}

impl<'a> Conversation<'a> {
    pub(super) fn new(suite: &'a Suite, target: &'a mut dyn Target) -> Self {
        Self {
            suite,
            target,
            session: None,
            saved: BTreeMap::new(),
            exchanges: Vec::new(),
        }
    }

    pub(super) fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges
    }

    pub(super) fn hold(&mut self, vector: &Vector) -> Outcome {
        match self.attempt(vector) {
            Ok(()) => Outcome::Passed,
            Err(Stop::Failed(failure)) => Outcome::Failed(failure),
            Err(Stop::Broken(cause)) => Outcome::Broken(cause),
        }
    }

    fn attempt(&mut self, vector: &Vector) -> Result<(), Stop> {
        self.target.install(&vector.parameters)?;
        self.select()?;
        self.steps("", &vector.steps)
    }

    fn steps(&mut self, place: &str, steps: &[Step]) -> Result<(), Stop> {
        for (index, step) in steps.iter().enumerate() {
            let number = format!("{place}{}", index + 1);
            if let Action::Run(name) = &step.action {
                let suite = self.suite;
                let steps = suite
                    .sequences
                    .get(name)
                    .ok_or_else(|| broken(format!("no sequence `{name}`")))?;
                self.steps(&format!("{number} ({name}) "), steps)?;
            } else {
                self.step(&number, step)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, number: &str, step: &Step) -> Result<(), Stop> {
        let response = match &step.action {
            Action::Select => self.select()?,
            Action::Reset => {
                self.target.reset()?;
                self.select()?
            }
            Action::Open(level) => self.open(*level, false)?,
            Action::OpenTampered(level) => self.open(*level, true)?,
            Action::Send(command) => self.transmit(command)?,
            Action::Secure(command) => self.secure(command)?,
            Action::Tampered(command) => self.tampered(command)?,
            Action::Run(_) => return Err(broken("a sequence within a step")),
        };
        let response = Response::parse(&response).map_err(broken)?;
        let fail = |expected: String, found: String| {
            Stop::Failed(Failure {
                step: number.to_owned(),
                command: describe(&step.action),
                expected,
                found,
            })
        };
        if !step.status.matches(response.status) {
            let found = format!("{} ({})", response.status, response.status.explain());
            return Err(fail(step.status.to_string(), found));
        }
        if !step.data.matches(response.data) {
            return Err(fail(
                format!("data {}", step.data),
                format!("data {}", hex::encode_upper(response.data)),
            ));
        }
        for check in &step.checks {
            self.check(check, response.data)
                .map_err(|expected| fail(expected, "data for which that is not so".into()))?;
        }
        if let Some(name) = &step.save {
            self.saved
                .entry(name.clone())
                .or_default()
                .extend_from_slice(response.data);
        }
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Stop> {
        let response = self.target.transmit(command)?;
        self.exchanges.push(Exchange {
            command: command.to_vec(),
            response: response.clone(),
        });
        Ok(response)
    }

    fn select(&mut self) -> Result<Vec<u8>, Stop> {
        self.session = None;
        let mut bytes = [0; 32];
        let command = Command::new(0x00, jpki::ins::SELECT, 0x04, 0x0C).with_data(jpki::AID);
        let command = command.encode(&mut bytes).map_err(broken)?;
        self.transmit(command)
    }

    fn open(&mut self, level: SecurityLevel, tampered: bool) -> Result<Vec<u8>, Stop> {
        self.session = None;
        let (keys, version) = self.target.keys();
        let challenge = Challenge::new(&HOST_CHALLENGE).map_err(broken)?;
        let opening = HostOpening::new(keys, version, challenge);
        let response = self.transmit(&opening.command())?;
        let (session, mut external_authenticate) =
            opening.answer(&response, level).map_err(broken)?;
        if tampered {
            change_mac(&mut external_authenticate)?;
        }
        let response = self.transmit(&external_authenticate)?;
        if response.ends_with(&StatusWord::SUCCESS.to_bytes()) {
            self.session = Some(session);
        }
        Ok(response)
    }

    fn wrap(&mut self, command: &[u8]) -> Result<Vec<u8>, Stop> {
        let session = self
            .session
            .as_mut()
            .ok_or_else(|| broken("no secure channel is open; `open` one first"))?;
        session.wrap(command).map_err(broken)
    }

    fn secure(&mut self, command: &[u8]) -> Result<Vec<u8>, Stop> {
        let wrapped = self.wrap(command)?;
        let mut response = self.transmit(&wrapped)?;
        // Over T=0 the MAC of a response waits, whether or not the command has an Le.
        if let &[0x61, waiting] = response.as_slice() {
            response = self.transmit(&[0x00, 0xC0, 0x00, 0x00, waiting])?;
        }
        match self.session.as_mut() {
            Some(session) => session.unwrap(&response).map_err(broken),
            None => Ok(response),
        }
    }

    fn tampered(&mut self, command: &[u8]) -> Result<Vec<u8>, Stop> {
        let mut wrapped = self.wrap(command)?;
        self.session = None;
        change_mac(&mut wrapped)?;
        self.transmit(&wrapped)
    }

    /// Checks response data; the error says what must hold.
    fn check(&self, check: &Check, data: &[u8]) -> Result<(), String> {
        let saved = |name: &String| {
            self.saved
                .get(name)
                .ok_or_else(|| format!("data kept under `{name}`"))
        };
        match check {
            Check::Signature { key, over } => {
                let key =
                    public_key(saved(key)?).ok_or("a public key template (7F49) to check with")?;
                key.verify_padded(over, data).map_err(|_| {
                    format!(
                        "a signature over {} with the kept public key",
                        hex::encode_upper(over)
                    )
                })
            }
            Check::Differs(name) if saved(name)? == data => {
                Err(format!("other data than those of `{name}`"))
            }
            Check::Equals(name) if saved(name)? != data => Err(format!("the data of `{name}`")),
            Check::Differs(_) | Check::Equals(_) => Ok(()),
        }
    }
}

/// Changes one bit of the MAC, which ends the data: the last byte, or the one before an Le.
fn change_mac(command: &mut [u8]) -> Result<(), Stop> {
    let has_le = Command::parse(command).map_err(broken)?.le.is_some();
    let place = command.len().checked_sub(1 + usize::from(has_le));
    if let Some(byte) = place.and_then(|place| command.get_mut(place)) {
        *byte ^= 1;
    }
    Ok(())
}

fn public_key(template: &[u8]) -> Option<RsaPublicKey> {
    let template = Reader::new(template).find(Tag(0x7F49)).ok()??;
    let part = |tag| template.children().find(Tag(tag)).ok()?;
    RsaPublicKey::new(part(0x81)?.value, part(0x82)?.value).ok()
}

/// A step in words, without secret data.
fn describe(action: &Action) -> String {
    match action {
        Action::Select => "SELECT of the applet".into(),
        Action::Reset => "reset, and SELECT of the applet".into(),
        Action::Open(level) | Action::OpenTampered(level) => {
            format!("opening a secure channel at level {level}")
        }
        Action::Send(command) => name(command, 0),
        // In the tables the protected commands have the class byte of the wire.
        Action::Secure(command) | Action::Tampered(command) => {
            format!("protected {}", name(command, 0x04))
        }
        Action::Run(name) => format!("sequence {name}"),
    }
}

fn name(bytes: &[u8], class_bits: u8) -> String {
    let Ok(command) = Command::parse(bytes) else {
        return format!("{} bytes that are no command", bytes.len());
    };
    let on_wire = Command {
        cla: command.cla | class_bits,
        ..command
    };
    let spec = SPECIFICATIONS
        .iter()
        .find_map(|specification| specification.find(&on_wire));
    let Command {
        cla, ins, p1, p2, ..
    } = command;
    let mut text = format!("{cla:02X} {ins:02X} {p1:02X} {p2:02X}");
    if !command.data.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, " with {} bytes", command.data.len());
    }
    match spec {
        Some(spec) => format!("{} ({text})", spec.name),
        None => text,
    }
}
