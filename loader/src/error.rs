use std::fmt;

use apdu_spec::{Command, StatusWord};
use scp::scp03::HostError;

use crate::causes;
use crate::transport::TransportError;

/// Why something could not be done on a card.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The card cannot be reached.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The card refused a command.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No session could be opened.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The secure channel broke.
    #[error("secure channel: {0}")]
    Channel(#[from] HostError),
    /// A response that does not have the form of the standard.
    #[error("the answer to {command} makes no sense: expected {expected}, got {found}")]
    Response {
        /// The command's name.
        command: &'static str,
        /// What the standard says, in words.
        expected: &'static str,
        /// What came, in hexadecimal or words.
        found: String,
    },
    /// Something that no command can carry.
    #[error("{0}")]
    Unsendable(String),
    /// Key material that is none.
    #[error(transparent)]
    Key(#[from] scp::scp03::KeyError),
}

/// Why no secure channel was opened. **It is not tried again by itself**: cards count failures, and some lock
/// for ever.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// Stopped before the card could count a failure.
    #[error("no session with {keys}: {cause}. It is not tried again by itself")]
    Stopped {
        /// Which keys, as a person knows them; never their values.
        keys: String,
        /// What was wrong.
        cause: HostError,
    },
    /// The card opens another protocol than was asked for, and nothing was proved to it.
    #[error("the card opens {found}, and {asked} was asked for. It is not tried again by itself")]
    Protocol {
        /// What was asked for.
        asked: crate::key_set::SharedKeyProtocol,
        /// What the card opens.
        found: crate::session::Opened,
    },
    /// Key agreement (SCP11) stopped.
    #[error("no session with {keys}: {cause}. It is not tried again by itself")]
    Agreement {
        /// Which keys, as a person knows them; never their values.
        keys: String,
        /// What was wrong.
        cause: Box<crate::agreement::AgreementFailure>,
    },
    /// The card refused the host's certificates.
    #[error(
        "the card refused the host's certificates ({keys}) with status {status}: {}. Their authority may be another, or \
         their serial number may not be on the card's list. It is not tried again by itself",
        .status.explain()
    )]
    Certificate {
        /// Which keys, as a person knows them; never their values.
        keys: String,
        /// The status word.
        status: StatusWord,
    },
    /// The card refused EXTERNAL AUTHENTICATE, and may have counted a failure.
    #[error(
        "the card refused {keys} with status {status}: {}. Check the keys before you try again. It is not tried again by \
         itself",
        tries(*.status)
    )]
    Refused {
        /// Which keys, as a person knows them; never their values.
        keys: String,
        /// The status word.
        status: StatusWord,
    },
}

/// What a card that refused an authentication tells of those that are left.
fn tries(status: StatusWord) -> String {
    match status.as_tries_left() {
        Some(0) => "no try is left, and these keys open nothing any more".to_owned(),
        Some(1) => "one try is left, after which these keys open nothing any more".to_owned(),
        // 15 stands for more as well.
        Some(15) => "15 tries or more are left".to_owned(),
        Some(left) => {
            format!("{left} tries are left, after which these keys open nothing any more")
        }
        None => format!(
            "{}. It may have counted a failure, and after some of them locks for ever",
            status.explain()
        ),
    }
}

/// A command that the card refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The command's name.
    pub command: String,
    /// The clause of the standard that the command follows, where it is a known one.
    pub clause: Option<&'static str>,
    /// The status word.
    pub status: StatusWord,
    /// What the status word may mean as an answer to this command, likeliest first.
    pub causes: Vec<String>,
    /// What to do, where that is known.
    pub advice: Option<String>,
}

impl Refusal {
    /// The refusal of a command in plain form.
    #[must_use]
    pub fn new(command: &[u8], status: StatusWord) -> Self {
        let parsed = Command::parse(command).ok();
        let found = parsed.and_then(|command| apdu_spec::gp::SPECIFICATION.find(&command));
        let likely = if found.is_some() {
            causes::likely(command, status.0)
        } else {
            &[]
        };
        let told = found
            .into_iter()
            .flat_map(|spec| spec.explain(status))
            .map(|requirement| requirement.condition);
        let mut causes: Vec<String> = likely.iter().copied().map(str::to_owned).collect();
        // What cards are seen to do says more than the table, where both are there.
        if causes.is_empty() {
            causes.extend(told.map(str::to_owned));
        }
        if causes.is_empty() {
            causes.push(status.explain().to_owned());
        }
        let name = match (found, command) {
            (Some(spec), &[_, _, p1, ..]) => match spec.p1 {
                // One value of P1 is nothing to tell.
                [_] | [] => spec.name.to_owned(),
                several => several
                    .iter()
                    .find(|value| value.matches(p1) && value.meaning.starts_with("for "))
                    .map_or_else(
                        || spec.name.to_owned(),
                        |value| format!("{} [{}]", spec.name, value.meaning),
                    ),
            },
            (Some(spec), _) => spec.name.to_owned(),
            (None, [cla, ins, ..]) => format!("command {cla:02X} {ins:02X}"),
            _ => "command".to_owned(),
        };
        Self {
            command: name,
            clause: found
                .map(|spec| spec.standard)
                .filter(|clause| !clause.is_empty()),
            status,
            causes,
            advice: None,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn advise(mut self, advice: &str) -> Self {
        self.advice = Some(advice.to_owned());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes = self.causes.join(", or ");
        write!(
            f,
            "the card refused {} with status {}: {causes}",
            self.command, self.status
        )?;
        if let Some(clause) = self.clause {
            write!(f, " ({clause})")?;
        }
        if let Some(advice) = &self.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}
