//! What can go wrong in a command, and the exit code that tells it.

use loader::{Error, FlashError, Pkcs11Error, TransportError};
use miette::Diagnostic;
use thiserror::Error as ThisError;

/// The exit codes and their meaning. Help text, man page and README.md are drawn from here.
pub const EXIT_CODES: [(u8, &str); 8] = [
    (0, "done, as it should be"),
    (1, "what was checked is not as it should be"),
    (2, "the command line is wrong"),
    (
        3,
        "an input cannot be read, is not valid, or cannot be compiled",
    ),
    (
        4,
        "the card, the reader or the way to it; or the card refused a command",
    ),
    (
        5,
        "the keys are not the card's, or the secure channel broke",
    ),
    (
        6,
        "the user said no, or stopped it, before anything was written",
    ),
    (
        7,
        "the user stopped it while the card was written; what is on it now is said",
    ),
];

/// [`EXIT_CODES`] as a help text shows them.
#[must_use]
pub fn exit_codes() -> String {
    let lines = EXIT_CODES.map(|(code, meaning)| format!("\n  {code}  {meaning}"));
    format!("Exit codes:{}", lines.concat())
}

/// Why a command did not do what it was asked.
#[derive(Debug, ThisError, Diagnostic)]
pub enum Failure {
    /// What was checked is not as it should be; the report is written already.
    #[error("{0}")]
    Refuted(String),
    /// Arguments that do not go together.
    #[error("{0}")]
    Usage(String),
    /// An input that cannot be read, or is none.
    #[error("{subject}: {cause}")]
    Input {
        /// Which input.
        subject: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Source that cannot be compiled, rendered with its lines.
    #[error("the applet cannot be compiled")]
    Source(String),
    /// An output that cannot be written.
    #[error("cannot write {subject}: {cause}")]
    Output {
        /// Which output.
        subject: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The card, or the way to it.
    #[error(transparent)]
    Card(#[from] Error),
    /// A token that refused its PIN.
    #[error(transparent)]
    Token(Pkcs11Error),
    /// A flash that ended early.
    #[error(transparent)]
    Flash(#[from] Box<FlashError>),
    /// A simulated card that cannot be made or kept.
    #[error("simulated card: {0}")]
    Simulator(String),
    /// The user said no.
    #[error("stopped; nothing was written to the card")]
    Declined,
}

impl Failure {
    /// An input that is not as it should be.
    pub fn input(subject: impl ToString, cause: impl ToString) -> Self {
        Self::Input {
            subject: subject.to_string(),
            cause: cause.to_string(),
        }
    }

    /// The exit code; see [`EXIT_CODES`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refuted(_) => 1,
            Self::Usage(_) => 2,
            Self::Input { .. } | Self::Source(_) | Self::Output { .. } => 3,
            Self::Card(error) => card_code(error),
            // Before the first command nothing was written.
            Self::Flash(error) if error.step > 0 && is_interruption(&error.cause) => 7,
            Self::Flash(error) => card_code(&error.cause),
            Self::Simulator(_) => 4,
            Self::Token(_) => 5,
            Self::Declined => 6,
        }
    }

    /// Whether the card refused the first command of a flash, so that everything on it is as before.
    pub(crate) fn wrote_nothing(&self) -> bool {
        matches!(self, Self::Flash(error) if error.step == 0 && matches!(error.cause, Error::Refused(_)))
    }

    /// Writes it to standard error for a person.
    pub fn tell(&self) {
        match self {
            Self::Source(rendered) => sayln!("{}\nerror: {self}", rendered.trim_end()),
            other => sayln!("error: {other}"),
        }
    }
}

fn is_interruption(error: &Error) -> bool {
    matches!(error, Error::Transport(TransportError::Interrupted))
}

fn card_code(error: &Error) -> u8 {
    match error {
        Error::Transport(TransportError::Interrupted) => 6,
        Error::Authentication(_) | Error::Channel(_) => 5,
        // No keys of that version.
        Error::Refused(refusal) if refusal.command == "INITIALIZE UPDATE" => 5,
        Error::Key(_) | Error::Unsendable(_) => 3,
        Error::Transport(_) | Error::Refused(_) | Error::Response { .. } => 4,
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::Card(error.into())
    }
}
