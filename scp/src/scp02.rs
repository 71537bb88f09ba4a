//! Secure Channel Protocol '02' (GPCS 2.3.1 appendix E): explicit and implicit initiation, C-MAC, C-DECRYPTION and
//! R-MAC, with triple DES under two keys. For cards that have nothing better.
//!
//! The shapes are those of [`crate::scp03`]: [`HostOpening`] and [`HostSession`] for the host; errors and security
//! levels are the same types. The card end is [`crate::CardSession`].

mod card;
mod derivation;
mod host;
mod keys;
pub(crate) mod messaging;
mod parameters;

pub(crate) use card::{initialize, open_implicitly};
pub use host::{HostOpening, HostSession, InitializeUpdateResponse};
pub use keys::{StaticKeys, key_check_value};
pub(crate) use messaging::{MAC, Messaging};
pub use parameters::Parameters;
