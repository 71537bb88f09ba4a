//! Secure Channel Protocol '02' (GPCS 2.3.1 appendix E), explicit initiation, with C-MAC and C-DECRYPTION.
//!
//! Triple DES with two keys: for cards that have nothing better. Responses are not protected: R-MAC is not
//! implemented, and refused where it is asked for.
//!
//! The shapes are those of [`crate::scp03`]: [`HostOpening`] and [`HostSession`] for the host, [`CardSession`] for
//! the card; errors and security levels are the same types.

mod card;
mod derivation;
mod host;
mod keys;
mod messaging;
mod parameters;

pub use card::{CardKeySet, CardParameters, CardSession};
pub use host::{HostOpening, HostSession, InitializeUpdateResponse};
pub use keys::{StaticKeys, key_check_value};
pub use parameters::Parameters;
