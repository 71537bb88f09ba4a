//! GlobalPlatform secure channels, host and card end, without input or output.
//!
//! The caller moves the bytes: every step takes a command or a response as it is on the wire and gives
//! the next one. So the same code runs over PC/SC, over a socket, in a simulator and in a test.
//!
//! * [`scp03`] is the protocol of GPC Amendment D 1.1.2 with AES-128, AES-192 and AES-256 keys.
//! * [`scp02`] is the older one of GPCS 2.3.1 appendix E, with triple DES.
//! * [`scp11`] is that of GPC Amendment F, with elliptic curves and certificates.
//!
//! The host ends are in these modules; the card end, [`CardSession`], is one for all.

mod card;
mod class;
mod command;
mod key_operations;
mod protocol;
pub mod scp02;
pub mod scp03;
pub mod scp11;
mod tlv;

pub use card::{CardKeySet, CardKeys, CardParameters, CardSession};
pub use command::{Command, CommandError};
pub use key_operations::{BlockCipher, KeyName, KeyOperations};
pub use protocol::{Protocol, ProtocolError};
