//! How a command of the card manager ends early.

use scp::scp03::CardError;

/// Why a command ends without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// With this status word.
    Status(u16),
    /// Power was cut: there is no answer.
    PowerCut,
}

/// Wrong length.
pub(super) const WRONG_LENGTH: Stop = Stop::Status(0x6700);
/// Wrong Le: one byte is there (ISO 7816-4 §5.1.3).
pub(super) const WRONG_LE: Stop = Stop::Status(0x6C01);
/// A warning: the state did not change.
pub(super) const UNCHANGED: Stop = Stop::Status(0x6200);
/// Logical channel not supported, or not open.
pub(super) const NO_CHANNEL: Stop = Stop::Status(0x6881);
/// Secure messaging not supported.
pub(super) const NO_SECURE_MESSAGING: Stop = Stop::Status(0x6882);
/// Function not supported.
pub(super) const FUNCTION: Stop = Stop::Status(0x6A81);
/// Security status not satisfied.
pub(super) const SECURITY: Stop = Stop::Status(0x6982);
/// Authentication method blocked.
pub(super) const BLOCKED: Stop = Stop::Status(0x6983);
/// Conditions of use not satisfied.
pub(super) const CONDITIONS: Stop = Stop::Status(0x6985);
/// Incorrect values in the command data.
pub(super) const WRONG_DATA: Stop = Stop::Status(0x6A80);
/// Application not found.
pub(super) const NOT_FOUND: Stop = Stop::Status(0x6A82);
/// Not enough memory.
pub(super) const NO_MEMORY: Stop = Stop::Status(0x6A84);
/// Incorrect P1 or P2.
pub(super) const WRONG_PARAMETERS: Stop = Stop::Status(0x6A86);
/// Lc inconsistent with P1-P2: no name in a SELECT by name.
pub(super) const NO_NAME: Stop = Stop::Status(0x6A87);
/// Referenced data not found.
pub(super) const NO_REFERENCE: Stop = Stop::Status(0x6A88);
/// Algorithm not supported (GPCS 2.3.1 §11.8.3.2).
pub(super) const NO_ALGORITHM: Stop = Stop::Status(0x9484);
/// Invalid key check value (GPCS 2.3.1 §11.8.3.2).
pub(super) const WRONG_CHECK_VALUE: Stop = Stop::Status(0x9485);
/// Instruction not supported.
pub(super) const NO_INSTRUCTION: Stop = Stop::Status(0x6D00);
/// Class not supported.
pub(super) const NO_CLASS: Stop = Stop::Status(0x6E00);

impl From<CardError> for Stop {
    fn from(error: CardError) -> Self {
        Self::Status(error.status_word())
    }
}
