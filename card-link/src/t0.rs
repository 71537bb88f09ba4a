//! T=0: half-duplex transmission of characters, led by procedure bytes (ISO 7816-3 §10), and the way of APDUs over it
//! (§12.2).

mod card;
mod exchange;
mod mapping;
mod tpdus;

pub use card::{Card, Direction, Manner, Reaction, direction_by_instruction};
pub use exchange::{Exchange, Step};
pub use mapping::{Mapping, Next, Tpdu};
pub use tpdus::{TpduStep, Tpdus};

/// Why a T=0 exchange failed. T=0 has no recovery of its own: a reset is all that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum T0Error {
    /// A byte where a procedure byte must be, and that is none (§10.3.3).
    #[error("the card sent {0:02X} where it should acknowledge or end the command; reset it")]
    Procedure(u8),
    /// SW1 is followed by more rounds than a response can have.
    #[error("the card goes on telling that there is more; the response has more than 65536 bytes")]
    TooLong,
    /// Not a command APDU.
    #[error("not a command APDU: {0}")]
    Command(apdu_spec::CommandError),
}
