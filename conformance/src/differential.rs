//! Random command sequences on two targets, compared response by response.
//!
//! The commands are drawn from the command table: most are well-formed, with parameters, files and PINs
//! that mean something; some are not. Both targets get the same bytes.

mod grammar;

use crate::runner::Exchange;
use crate::suite::{Action, Suite};
use crate::target::{Target, TargetError};
use apdu_spec::{Command, Response, StatusWord, jpki};
use grammar::Grammar;
use scp::scp03::{Challenge, HostOpening, HostSession, SecurityLevel};
use std::collections::BTreeMap;
use std::fmt;

/// After so many commands the applet is installed anew.
const EPISODE: usize = 150;

/// What a comparison went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many commands were sent to each target.
    pub commands: usize,
    /// How often each command gave each status word.
    pub answers: BTreeMap<(&'static str, StatusWord), usize>,
}

/// Where two targets part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The seed of the sequence.
    pub seed: u64,
    /// What was sent and answered alike since the applet was installed.
    pub history: Vec<Exchange>,
    /// The command that the targets answer differently.
    pub command: Vec<u8>,
    /// The first target's name and answer.
    pub left: (String, Vec<u8>),
    /// The second target's name and answer.
    pub right: (String, Vec<u8>),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            history,
            command,
            left,
            right,
        } = self;
        writeln!(
            f,
            "seed {seed}: after {} commands answered alike",
            history.len()
        )?;
        for Exchange { command, response } in history {
            writeln!(
                f,
                "> {}\n< {}",
                hex::encode_upper(command),
                hex::encode_upper(response)
            )?;
        }
        writeln!(f, "> {}", hex::encode_upper(command))?;
        for (name, answer) in [left, right] {
            writeln!(f, "< {} ({name})", hex::encode_upper(answer))?;
        }
        Ok(())
    }
}

/// Why a comparison ended early.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompareError {
    /// The targets answer differently.
    #[error("the targets differ: {0}")]
    Different(Box<Difference>),
    /// A target gives no answer.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The vectors that a run starts with cannot be read, or a session not be opened.
    #[error("cannot go on: {0}")]
    Broken(String),
}

/// What is done to both targets.
enum Input {
    Select,
    Reset,
    Open(SecurityLevel),
    Send(Vec<u8>),
    Secure(Vec<u8>),
}

/// Sends `commands` commands that `seed` draws to both targets.
///
/// # Errors
/// [`CompareError::Different`] at the first difference.
pub fn compare(
    left: &mut dyn Target,
    right: &mut dyn Target,
    seed: u64,
    commands: usize,
) -> Result<Summary, CompareError> {
    let suite = Suite::jpki().map_err(broken)?;
    let mut grammar = Grammar::from_seed(seed);
    let mut pair = Pair {
        left,
        right,
        seed,
        session: None,
        history: Vec::new(),
        summary: Summary::default(),
    };
    while pair.summary.commands < commands {
        pair.install(grammar.install_parameters())?;
        // A fresh card mostly refuses; a personalised one has more to say.
        if !grammar.one_in(4) {
            pair.personalise(&suite, "personalised")?;
        }
        for _ in 0..EPISODE {
            let input = grammar.input(pair.session.is_some());
            pair.give(&input)?;
        }
    }
    Ok(pair.summary)
}

fn broken(cause: impl ToString) -> CompareError {
    CompareError::Broken(cause.to_string())
}

struct Pair<'a> {
    left: &'a mut dyn Target,
    right: &'a mut dyn Target,
    seed: u64,
    session: Option<HostSession>,
    history: Vec<Exchange>,
    summary: Summary,
}

impl Pair<'_> {
    fn install(&mut self, parameters: &[u8]) -> Result<(), CompareError> {
        self.history.clear();
        self.left.install(parameters)?;
        self.right.install(parameters)?;
        self.give(&Input::Select)
    }

    fn personalise(&mut self, suite: &Suite, sequence: &str) -> Result<(), CompareError> {
        for step in suite.sequences.get(sequence).into_iter().flatten() {
            match &step.action {
                Action::Run(name) => self.personalise(suite, name)?,
                Action::Open(level) => self.give(&Input::Open(*level))?,
                Action::Secure(command) => self.give(&Input::Secure(command.clone()))?,
                Action::Send(command) => self.give(&Input::Send(command.clone()))?,
                Action::Select | Action::Reset | Action::OpenTampered(_) | Action::Tampered(_) => {}
            }
        }
        Ok(())
    }

    fn give(&mut self, input: &Input) -> Result<(), CompareError> {
        match input {
            Input::Select => self.select(),
            Input::Reset => {
                self.left.reset()?;
                self.right.reset()?;
                self.select()
            }
            Input::Open(level) => self.open(*level),
            Input::Send(command) => self.exchange(command).map(drop),
            Input::Secure(command) => self.secure(command),
        }
    }

    fn select(&mut self) -> Result<(), CompareError> {
        self.session = None;
        let mut bytes = [0; 32];
        let command = Command::new(0x00, jpki::ins::SELECT, 0x04, 0x0C).with_data(jpki::AID);
        self.exchange(command.encode(&mut bytes).map_err(broken)?)
            .map(drop)
    }

    fn open(&mut self, level: SecurityLevel) -> Result<(), CompareError> {
        self.session = None;
        let (keys, version) = self.left.keys();
        let challenge = Challenge::new(&[0x5C; 8]).map_err(broken)?;
        let opening = HostOpening::new(keys, version, challenge);
        let response = self.exchange(&opening.command())?;
        let (session, command) = opening.answer(&response, level).map_err(broken)?;
        if self
            .exchange(&command)?
            .ends_with(&StatusWord::SUCCESS.to_bytes())
        {
            self.session = Some(session);
        }
        Ok(())
    }

    fn secure(&mut self, command: &[u8]) -> Result<(), CompareError> {
        let Some(session) = self.session.as_mut() else {
            return self.exchange(command).map(drop);
        };
        // The table has the class byte of the wire.
        let mut plain = command.to_vec();
        if let Some(cla) = plain.first_mut() {
            *cla &= !0x04;
        }
        // A command that is malformed or too long to be wrapped goes as it is, and ends the session.
        let Ok(wrapped) = session.wrap(&plain) else {
            self.session = None;
            return self.exchange(command).map(drop);
        };
        let response = self.exchange(&wrapped)?;
        if let Some(session) = self.session.as_mut()
            && session.unwrap(&response).is_err()
        {
            self.session = None;
        }
        Ok(())
    }

    /// Sends the same bytes to both and compares.
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, CompareError> {
        let left = self.left.transmit(command)?;
        let right = self.right.transmit(command)?;
        if left != right {
            return Err(CompareError::Different(Box::new(Difference {
                seed: self.seed,
                history: std::mem::take(&mut self.history),
                command: command.to_vec(),
                left: (self.left.name().to_owned(), left),
                right: (self.right.name().to_owned(), right),
            })));
        }
        self.summary.commands += 1;
        let name = Command::parse(command)
            .ok()
            .and_then(|command| jpki::SPECIFICATION.find(&command));
        let status = Response::parse(&left).map_err(broken)?.status;
        *self
            .summary
            .answers
            .entry((name.map_or("(other)", |spec| spec.name), status))
            .or_default() += 1;
        self.history.push(Exchange {
            command: command.to_vec(),
            response: left.clone(),
        });
        Ok(left)
    }
}
