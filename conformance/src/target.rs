//! What vectors run on.

mod model;
mod reader;
mod simulator;

pub use model::Model;
pub use reader::Reader;
pub use simulator::Simulator;

/// A card that can be made anew.
pub trait Target {
    /// What it is called in reports.
    fn name(&self) -> &str;

    /// Makes a fresh instance of the applet with these install parameters. It is not selected yet.
    ///
    /// # Errors
    /// [`TargetError`] where that fails.
    fn install(&mut self, parameters: &[u8]) -> Result<(), TargetError>;

    /// Answers a command, with response data and status word.
    ///
    /// # Errors
    /// [`TargetError`] where there is no answer.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TargetError>;

    /// Resets the card.
    ///
    /// # Errors
    /// [`TargetError`] where that fails.
    fn reset(&mut self) -> Result<(), TargetError>;

    /// Whether commands arrive with their lengths as they are, and so may be told apart by these. Over T=0 they do not.
    fn tells_lengths(&self) -> bool {
        true
    }

    /// The SCP03 keys of the applet's security domain, and their version.
    fn keys(&self) -> (scp::scp03::StaticKeys, u8) {
        (
            scp::scp03::StaticKeys::test_keys(),
            platform::host::HostConfig::KEY_VERSION,
        )
    }
}

/// A target that does not do what is asked of it, apart from what it answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{target}: {message}")]
pub struct TargetError {
    /// The target.
    pub target: String,
    /// What happened, and what to do.
    pub message: String,
}

impl TargetError {
    /// An error of a target.
    pub fn new(target: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            message: message.into(),
        }
    }
}
