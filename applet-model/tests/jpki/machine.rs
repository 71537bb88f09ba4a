//! The applet and the oracle side by side, driven by arbitrary actions.

use crate::oracle::{Action, Candidate, Life, OK, Operation, Oracle, PinChoice, Which};
use crate::terminal::{Answer, Terminal, certificate_of, short};
use apdu_spec::jpki::{CERTIFICATE_PRESENT, file, ins};
use apdu_spec::{Command, StatusWord};
use platform::host::PowerLoss;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use scp::scp03::SecurityLevel;
use std::marker::PhantomData;

/// An action, and after how many persistent writes power fails, if it does.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    pub action: Action,
    pub tear: Option<usize>,
}

/// The card that a run starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Fresh,
    Personalised,
}

/// Draws transitions; what is drawn does not depend on what happened.
pub struct Script;

impl ReferenceStateMachine for Script {
    type State = Start;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Start> {
        prop_oneof![1 => Just(Start::Fresh), 2 => Just(Start::Personalised)].boxed()
    }

    fn transitions(_: &Start) -> BoxedStrategy<Transition> {
        let tear = prop_oneof![8 => Just(None), 1 => (0_usize..5).prop_map(Some)];
        (action(), tear)
            .prop_map(|(action, tear)| Transition { action, tear })
            .boxed()
    }

    fn apply(state: Start, _: &Transition) -> Start {
        state
    }
}

/// Everything that can be done to a card with one of its slots.
pub fn actions(which: Which) -> Vec<Action> {
    let choices = [PinChoice::First, PinChoice::Second, PinChoice::Impossible];
    let candidates = [Candidate::Right, Candidate::Wrong, Candidate::TooLong];
    let operations = [
        Operation::Unblock,
        Operation::Generate,
        Operation::WriteCertificate,
        Operation::Activate,
        Operation::Deactivate,
        Operation::Terminate,
        Operation::Erase,
    ];
    let put = choices.map(Operation::PutPin);
    let replace = choices.map(Operation::ReplacePin);
    let operations = operations.into_iter().chain(put).chain(replace);
    let mut actions = vec![
        Action::Select,
        Action::Reset,
        Action::Open { sufficient: true },
        Action::Open { sufficient: false },
        Action::Tamper,
        Action::Sign(which),
        Action::ReadCertificate(which),
    ];
    actions.extend(candidates.map(|candidate| Action::Verify(which, candidate)));
    actions.extend(choices.map(|choice| Action::Change(which, choice)));
    actions.extend(operations.map(|operation| Action::Manage(which, operation)));
    actions
}

fn action() -> impl Strategy<Value = Action> {
    let which = || prop_oneof![Just(Which::Signature), Just(Which::Authentication)];
    let choice = || prop_oneof![3 => Just(PinChoice::First), 2 => Just(PinChoice::Second), 1 => Just(PinChoice::Impossible)];
    let candidate = prop_oneof![6 => Just(Candidate::Right), 5 => Just(Candidate::Wrong), 1 => Just(Candidate::TooLong)];
    let operation = prop_oneof![
        2 => choice().prop_map(Operation::PutPin),
        2 => Just(Operation::Unblock),
        1 => choice().prop_map(Operation::ReplacePin),
        3 => Just(Operation::Generate),
        3 => Just(Operation::WriteCertificate),
        4 => Just(Operation::Activate),
        2 => Just(Operation::Deactivate),
        1 => Just(Operation::Terminate),
        1 => Just(Operation::Erase),
    ];
    prop_oneof![
        1 => Just(Action::Select),
        1 => Just(Action::Reset),
        4 => Just(Action::Open { sufficient: true }),
        1 => Just(Action::Open { sufficient: false }),
        1 => Just(Action::Tamper),
        8 => (which(), candidate).prop_map(|(which, candidate)| Action::Verify(which, candidate)),
        2 => (which(), choice()).prop_map(|(which, choice)| Action::Change(which, choice)),
        5 => which().prop_map(Action::Sign),
        3 => which().prop_map(Action::ReadCertificate),
        14 => (which(), operation).prop_map(|(which, operation)| Action::Manage(which, operation)),
    ]
}

/// What can be seen of a slot without changing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What a query of the retry counter tells.
    pub tries: u8,
    /// What an attempt to sign answers.
    pub sign: StatusWord,
    /// What reading the certificate answers.
    pub read: StatusWord,
    /// What EF 0008 tells.
    pub certificate: bool,
}

/// One action, as it was seen.
pub struct Step<'a> {
    pub action: Action,
    /// The answer; power loss where the action was torn.
    pub answer: &'a Result<Answer, PowerLoss>,
    /// The states in which the card may have been before, by all that was seen.
    pub states: &'a [Oracle],
    pub before: [View; 2],
    pub after: [View; 2],
}

impl Step<'_> {
    pub fn status(&self) -> Option<StatusWord> {
        self.answer.as_ref().ok().map(|(_, status)| *status)
    }

    pub fn succeeded(&self) -> bool {
        self.status() == Some(OK)
    }
}

/// A named property: what must hold of every step.
pub trait Property: 'static {
    fn check(step: &Step<'_>);
}

/// The applet with the oracle's idea of it.
pub struct System {
    terminal: Terminal,
    states: Vec<Oracle>,
    views: [View; 2],
}

pub struct Machine<P>(PhantomData<P>);

impl<P: Property> StateMachineTest for Machine<P> {
    type SystemUnderTest = System;
    type Reference = Script;

    fn init_test(start: &Start) -> System {
        System::new(*start)
    }

    fn apply(mut system: System, _: &Start, transition: Transition) -> System {
        system.step(transition, P::check);
        system
    }
}

impl System {
    pub fn new(start: Start) -> Self {
        let (mut terminal, mut oracle) = (Terminal::new(), Oracle::new());
        if start == Start::Personalised {
            terminal = Terminal::personalised();
            oracle.apply(Action::Open { sufficient: true });
            for which in [Which::Signature, Which::Authentication] {
                for operation in [
                    Operation::PutPin(PinChoice::First),
                    Operation::Generate,
                    Operation::WriteCertificate,
                    Operation::Activate,
                ] {
                    assert_eq!(oracle.apply(Action::Manage(which, operation)), OK);
                }
            }
        }
        let views = views(&mut terminal);
        Self {
            terminal,
            states: vec![oracle],
            views,
        }
    }

    /// The states in which the card may be, by all that was seen.
    pub fn states(&self) -> &[Oracle] {
        &self.states
    }

    /// Does one transition, compares the card with the oracle, and has the step checked; whether power lasted.
    pub fn step(&mut self, transition: Transition, check: impl Fn(&Step<'_>)) -> bool {
        let Transition { action, tear } = transition;
        let before = self.views;
        let answer = perform(&mut self.terminal, &self.states, action, tear);
        let states = std::mem::take(&mut self.states);
        self.states = match &answer {
            Ok((_, status)) => states
                .iter()
                .filter_map(|state| {
                    let mut state = *state;
                    (state.apply(action) == *status).then_some(state)
                })
                .collect(),
            Err(PowerLoss) => {
                self.terminal.select();
                states.iter().flat_map(|state| state.torn(action)).collect()
            }
        };
        self.views = views(&mut self.terminal);
        let seen = self.views;
        self.states.retain(|state| agrees(state, &seen));
        assert!(
            !self.states.is_empty(),
            "{action:?} answered {:?}, then {seen:?}; the oracle was at {states:?}",
            answer.as_ref().map(|(_, status)| *status),
        );
        check(&Step {
            action,
            answer: &answer,
            states: &states,
            before,
            after: seen,
        });
        answer.is_ok()
    }

    /// Does a transition that was checked before, from the states that were possible then.
    pub fn repeat(&mut self, transition: Transition, states: &[Oracle]) {
        let Transition { action, tear } = transition;
        if perform(&mut self.terminal, states, action, tear).is_err() {
            self.terminal.select();
        }
    }

    /// Goes on from a card on which transitions were repeated.
    pub fn resume(&mut self, states: &[Oracle]) {
        self.states = states.to_vec();
        self.views = views(&mut self.terminal);
    }
}

fn agrees(state: &Oracle, views: &[View; 2]) -> bool {
    [Which::Signature, Which::Authentication]
        .into_iter()
        .zip(views)
        .all(|(which, view)| {
            let mut state = *state;
            view.tries == state.slot(which).tries
                && view.sign == state.apply(Action::Sign(which))
                && view.read == state.apply(Action::ReadCertificate(which))
                && view.certificate == state.slot(which).certificate
        })
}

fn views(terminal: &mut Terminal) -> [View; 2] {
    [Which::Signature, Which::Authentication].map(|which| {
        let query = Command::new(0, ins::VERIFY, 0, short(pin_file(which)));
        let tries = terminal.send(&query).1.as_tries_left().unwrap();
        let sign = terminal.sign(key_file(which), b"?").1;
        let read = terminal.send(&read_command(which)).1;
        let list = Command::new(0, ins::READ_BINARY, short(file::CERTIFICATES), which as u8);
        let (list, _) = terminal.send(&list.with_le(1));
        View {
            tries,
            sign,
            read,
            certificate: list == [CERTIFICATE_PRESENT],
        }
    })
}

/// A state that all states agree on where a command depends on it: which PIN is the right one.
fn pin_in_force(states: &[Oracle], which: Which) -> PinChoice {
    states
        .iter()
        .find_map(|state| state.slot(which).pin)
        .unwrap_or(PinChoice::First)
}

fn perform(
    terminal: &mut Terminal,
    states: &[Oracle],
    action: Action,
    tear: Option<usize>,
) -> Result<Answer, PowerLoss> {
    // Power that fails between commands is a reset.
    let writes = tear.unwrap_or(usize::MAX);
    match action {
        Action::Select => {
            terminal.select();
            Ok((Vec::new(), OK))
        }
        Action::Reset => {
            terminal.reset();
            terminal.select();
            Ok((Vec::new(), OK))
        }
        Action::Open { sufficient } => {
            let level = if sufficient {
                SecurityLevel::C_DECRYPTION
            } else {
                SecurityLevel::C_MAC
            };
            Ok((Vec::new(), terminal.open_channel_at(level)))
        }
        Action::Tamper => Ok(terminal.tampered()),
        Action::Verify(which, candidate) => {
            let right = pin(which, pin_in_force(states, which));
            let value: &[u8] = match candidate {
                Candidate::Right => right,
                Candidate::Wrong => b"WRONG9",
                Candidate::TooLong => &[0x31; 17],
            };
            let command = Command::new(0, ins::VERIFY, 0, short(pin_file(which))).with_data(value);
            terminal.send_torn(&command, writes)
        }
        Action::Change(which, choice) => {
            let command = Command::new(0, ins::CHANGE_REFERENCE_DATA, 1, short(pin_file(which)));
            terminal.send_torn(&command.with_data(pin(which, choice)), writes)
        }
        Action::Sign(which) => Ok(terminal.sign(key_file(which), b"data")),
        Action::ReadCertificate(which) => Ok(terminal.send(&read_command(which))),
        Action::Manage(which, operation) => manage(terminal, which, operation, writes),
    }
}

fn manage(
    terminal: &mut Terminal,
    which: Which,
    operation: Operation,
    writes: usize,
) -> Result<Answer, PowerLoss> {
    let key = key_file(which).to_be_bytes();
    let certificate = certificate_file(which).to_be_bytes();
    let part = &certificate_of(certificate_file(which))[..128];
    let command = |ins, p1, p2| Command::new(0x80, ins, p1, p2);
    let command = match operation {
        Operation::PutPin(choice) => {
            command(ins::PUT_DATA, 1, short(pin_file(which))).with_data(pin(which, choice))
        }
        Operation::Unblock => command(ins::RESET_RETRY_COUNTER, 3, short(pin_file(which))),
        Operation::ReplacePin(choice) => {
            command(ins::RESET_RETRY_COUNTER, 2, short(pin_file(which)))
                .with_data(pin(which, choice))
        }
        Operation::Generate => command(
            ins::GENERATE_ASYMMETRIC_KEY_PAIR,
            0x80,
            short(key_file(which)),
        ),
        Operation::WriteCertificate => {
            let select = command(ins::SELECT, 2, 0x0C).with_data(&certificate);
            let selected = terminal.managed(&select);
            if selected.1 != OK {
                return Ok(selected);
            }
            command(ins::UPDATE_BINARY, 0, 0).with_data(part)
        }
        Operation::Activate => command(ins::ACTIVATE_FILE, 0, 0).with_data(&key),
        Operation::Deactivate => command(ins::DEACTIVATE_FILE, 0, 0).with_data(&key),
        Operation::Terminate => command(ins::TERMINATE_EF, 0, 0).with_data(&key),
        Operation::Erase => command(ins::DELETE_FILE, 0, 0).with_data(&key),
    };
    terminal.managed_torn(&command, writes)
}

fn read_command(which: Which) -> Command<'static> {
    Command::new(0, ins::READ_BINARY, short(certificate_file(which)), 0).with_le(256)
}

const fn pin(which: Which, choice: PinChoice) -> &'static [u8] {
    match (which, choice) {
        (Which::Signature, PinChoice::First) => b"ABC123",
        (Which::Signature, PinChoice::Second) => b"0123456789ABCDEF",
        (Which::Signature, PinChoice::Impossible) => b"abc123",
        (Which::Authentication, PinChoice::First) => b"1234",
        (Which::Authentication, PinChoice::Second) => b"0000",
        (Which::Authentication, PinChoice::Impossible) => b"12345",
    }
}

const fn pin_file(which: Which) -> u16 {
    match which {
        Which::Signature => file::SIGNATURE_PIN,
        Which::Authentication => file::AUTHENTICATION_PIN,
    }
}

const fn key_file(which: Which) -> u16 {
    match which {
        Which::Signature => file::SIGNATURE_KEY,
        Which::Authentication => file::AUTHENTICATION_KEY,
    }
}

const fn certificate_file(which: Which) -> u16 {
    match which {
        Which::Signature => file::SIGNATURE_CERTIFICATE,
        Which::Authentication => file::AUTHENTICATION_CERTIFICATE,
    }
}

/// The edges of the life cycle: from where an operation leads to where.
pub const EDGES: &[(Life, Operation, Life)] = &[
    (Life::Empty, Operation::Generate, Life::Keyed),
    (Life::Keyed, Operation::Activate, Life::Active),
    (Life::Active, Operation::Deactivate, Life::Suspended),
    (Life::Suspended, Operation::Activate, Life::Active),
    (Life::Active, Operation::Terminate, Life::Revoked),
    (Life::Suspended, Operation::Terminate, Life::Revoked),
];
