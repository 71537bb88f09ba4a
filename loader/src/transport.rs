//! Ways to a card.

mod closure;
mod interruptible;
mod line;
mod offline;
mod pcsc;
mod phoenix;
mod pn532;
mod rehearsal;
mod tcp;
mod traced;

pub use closure::InProcess;
pub use interruptible::Interruptible;
pub use line::{Frame, Line, SerialLine};
pub use offline::{Offline, OfflineCard};
pub use pcsc::{PcscTransport, Sharing, readers};
pub use phoenix::{Phoenix, PhoenixOptions};
pub use pn532::{Pn532, Pn532Options};
pub use rehearsal::Rehearsal;
pub use tcp::TcpTransport;
pub use traced::{Exchange, Trace, Traced};

/// What a transport is connected to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConnectionInfo {
    /// The reader's name, or what stands for it.
    pub name: String,
    /// The answer to reset; empty where there is none.
    pub atr: Vec<u8>,
    /// The transmission protocol, as a person names it: `T=1`.
    pub protocol: String,
}

/// A connection to one card.
pub trait Transport {
    /// What it is connected to.
    fn info(&self) -> ConnectionInfo;

    /// Sends a command APDU and gives the whole response, status word included.
    ///
    /// # Errors
    /// [`TransportError`]; whether the card has carried the command out is then not known.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// How many bytes go to the card in one block, where that makes a difference: a command that needs another block for
    /// a few bytes costs more than one that ends with its block. `None` where the way to the card hides that.
    fn block_size(&self) -> Option<usize> {
        None
    }

    /// Resets the card.
    ///
    /// # Errors
    /// [`TransportError`].
    fn reset(&mut self) -> Result<(), TransportError>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn block_size(&self) -> Option<usize> {
        (**self).block_size()
    }

    fn info(&self) -> ConnectionInfo {
        (**self).info()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        (**self).reset()
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn block_size(&self) -> Option<usize> {
        (**self).block_size()
    }

    fn info(&self) -> ConnectionInfo {
        (**self).info()
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        (**self).reset()
    }
}

/// Why a card cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The PC/SC service does not run.
    #[error("the smart card service does not run; on Linux install and start pcscd")]
    NoService,
    /// There is no reader at all.
    #[error("no smart card reader found; connect one")]
    NoReaders,
    /// No reader's name contains the words that were given.
    #[error("no reader is called like {wanted:?}; there are: {}", .found.join(", "))]
    UnknownReader {
        /// What was asked for.
        wanted: String,
        /// The names of the readers that there are.
        found: Vec<String>,
    },
    /// The reader is empty.
    #[error("no card in reader {0:?}; insert one")]
    NoCard(String),
    /// Another program uses the card.
    #[error("another program uses the card in {0:?}; end it, or connect shared")]
    InUse(String),
    /// The card was taken out, or has lost power.
    #[error("the card was removed")]
    Removed,
    /// Another program, or the reader, has reset the card: sessions and selection are gone.
    #[error("the card was reset by another program; start again")]
    Reset,
    /// The card speaks none of the protocols that the reader can.
    #[error("the card and the reader have no protocol in common")]
    Protocol,
    /// A response without status word.
    #[error("the card answered {0} bytes; a response has at least 2")]
    Short(usize),
    /// The user stopped it, between two commands.
    #[error("stopped by the user before the next command")]
    Interrupted,
    /// A serial port cannot be opened or used.
    #[error("{port}: {cause}")]
    Port {
        /// The port.
        port: String,
        /// What the system says.
        cause: String,
    },
    /// The address names another machine.
    #[error(
        "{0} is not on this machine: whoever reads that line sees every PIN; connect to loopback, or say that a remote card is meant"
    )]
    NotLoopback(String),
    /// The reader takes no commands with extended lengths.
    #[error(
        "the reader takes commands with at most {most} bytes, this one has {length}; use shorter ones, or another reader"
    )]
    TooLongForReader {
        /// What the reader says it takes.
        most: usize,
        /// How long the command is.
        length: usize,
    },
    /// No card answered a reset.
    #[error("no card answers at {0}; insert one, and check the adapter and its clock")]
    NoAnswer(String),
    /// What came after a reset is no answer to reset.
    #[error(transparent)]
    Atr(card_link::atr::AtrError),
    /// The card keeps silent in the middle of a command.
    #[error("the card does not answer any more; reset it")]
    Mute,
    /// What went out came back otherwise.
    #[error(
        "the line is disturbed: what was sent does not arrive as it should; check the contacts"
    )]
    Disturbed,
    /// No PN532 answers.
    #[error(
        "no PN532 answers at {0}; check that it is set to HSU (both switches off), and its wires: TXD to RXD"
    )]
    NoChip(String),
    /// A contactless card that cannot be spoken to.
    #[error("the card in the field: {0}")]
    Activation(String),
    /// ISO 14443-4 failed.
    #[error(transparent)]
    Iso14443(card_link::iso14443::Iso14443Error),
    /// T=0 failed.
    #[error("T=0: {0}")]
    T0(card_link::t0::T0Error),
    /// T=1 failed.
    #[error("T=1: {0}")]
    T1(card_link::t1::T1Error),
    /// Anything else, as the lower layer told it.
    #[error("{0}")]
    Other(String),
}
