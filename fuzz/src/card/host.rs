//! A host that speaks for the fuzzer: it opens secure channels as a right one does, and what it says in them need not
//! be right.

use super::commands;
use crate::Choices;
use card_sim::Card;
use scp::scp03::{Challenge, SecurityLevel, StaticKeys};
use scp::{Protocol, scp02, scp03};

/// Levels to ask for, with and without response MAC.
const LEVELS: [u8; 6] = [0x01, 0x03, 0x11, 0x13, 0x33, 0x00];

/// An open session.
enum Session {
    Scp02(Box<scp02::HostSession>),
    Scp03(Box<scp03::HostSession>),
}

impl Session {
    fn wrap(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Scp02(session) => session.wrap(command).ok(),
            Self::Scp03(session) => session.wrap(command).ok(),
        }
    }

    fn unwrap(&mut self, response: &[u8]) {
        // Whether it is right depends on what was sent.
        match self {
            Self::Scp02(session) => drop(session.unwrap(response)),
            Self::Scp03(session) => drop(session.unwrap(response)),
        }
    }
}

/// The host with its session, if there is one.
pub(super) struct Host {
    protocol: Protocol,
    session: Option<Session>,
    wrapped: bool,
}

impl Host {
    pub(super) const fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            session: None,
            wrapped: false,
        }
    }

    /// The next command, in the session or outside of it.
    pub(super) fn command(&mut self, choices: &mut Choices<'_>, card: &Card) -> Vec<u8> {
        self.wrapped = false;
        if self.session.is_none() || choices.below(8) == 0 {
            return commands::command(choices, card);
        }
        let plain = commands::secured(choices, card);
        let wrapped = self
            .session
            .as_mut()
            .and_then(|session| session.wrap(&plain));
        let Some(mut wrapped) = wrapped else {
            return plain;
        };
        self.wrapped = true;
        if choices.below(32) == 0 {
            commands::damage(choices, &mut wrapped);
        }
        wrapped
    }

    /// Whether there is a session, as far as the host knows.
    pub(super) const fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// The card was reset.
    pub(super) fn forget(&mut self) {
        self.session = None;
    }

    /// Takes the response to the last command.
    pub(super) fn learn(&mut self, response: &[u8]) {
        // What the card says where the session is over.
        if matches!(response, [0x69, 0x82 | 0x85 | 0x88] | [0x6E, 0x00]) {
            self.session = None;
        }
        if let (true, Some(session)) = (self.wrapped, &mut self.session) {
            session.unwrap(response);
        }
    }

    /// Opens a session with whatever is selected.
    pub(super) fn open(
        &mut self,
        choices: &mut Choices<'_>,
        mut transmit: impl FnMut(&[u8]) -> Vec<u8>,
    ) {
        if choices.below(4) != 0 {
            transmit(&[0x00, 0xA4, 0x04, 0x00, 0x00]);
        }
        let key_version = *choices.pick(&[0, 0, 0, 0x30, 1]);
        self.open_with(*choices.pick(&LEVELS), key_version, transmit);
    }

    /// Opens a session with the first key set of whatever is selected.
    pub(super) fn open_at(&mut self, level: u8, transmit: impl FnMut(&[u8]) -> Vec<u8>) {
        self.open_with(level, 0, transmit);
    }

    /// The command as the session protects it; as it is where there is none, or where it cannot be.
    pub(super) fn wrap(&mut self, command: &[u8]) -> Vec<u8> {
        let session = self.session.as_mut();
        session
            .and_then(|session| session.wrap(command))
            .unwrap_or_else(|| command.to_vec())
    }

    fn open_with(
        &mut self,
        level: u8,
        key_version: u8,
        mut transmit: impl FnMut(&[u8]) -> Vec<u8>,
    ) {
        let level = SecurityLevel(level);
        self.session = match self.protocol {
            Protocol::Scp02(parameters) => {
                let opening = scp02::HostOpening::new(
                    scp02::StaticKeys::test_keys(),
                    key_version,
                    [7; 8],
                    parameters,
                );
                let response = whole(transmit(&opening.command()), &mut transmit);
                opening
                    .answer(&response, level)
                    .ok()
                    .map(|(session, command)| (Session::Scp02(Box::new(session)), command))
            }
            Protocol::Scp03(parameters) => {
                let challenge = Challenge::new(&[7; 16][..parameters.length()]).expect("8 or 16");
                let opening =
                    scp03::HostOpening::new(StaticKeys::test_keys(), key_version, challenge);
                let response = whole(transmit(&opening.command()), &mut transmit);
                opening
                    .answer(&response, level)
                    .ok()
                    .map(|(session, command)| (Session::Scp03(Box::new(session)), command))
            }
        }
        .filter(|(_, command)| transmit(command).ends_with(&[0x90, 0x00]))
        .map(|(session, _)| session);
    }
}

/// Fetches what a T=0 card holds back.
fn whole(response: Vec<u8>, transmit: &mut impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    match response.as_slice() {
        [0x61, length] => transmit(&[0x00, 0xC0, 0x00, 0x00, *length]),
        _ => response,
    }
}
