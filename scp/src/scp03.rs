//! Secure Channel Protocol '03' (GPC Amendment D 1.1.2).
//!
//! The host end:
//!
//! ```
//! use scp::scp03::{Challenge, HostOpening, SecurityLevel, StaticKeys};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let hex = |text: &str| -> Vec<u8> { hex::decode(text).unwrap() };
//! # let key = |first: u8| -> Vec<u8> { (first..first + 16).collect() };
//! # let keys = StaticKeys::new(&key(0x00), &key(0x10), &key(0x20))?;
//! # let challenge = Challenge::new(&hex("b13e5f938fc108c4"))?;
//! let opening = HostOpening::new(keys, 0x30, challenge);
//! let initialize_update = opening.command();
//! # let response = hex("000000000000000000003003703eb51047495b249f66c484c1d2ef19480000029000");
//! // … the card answers …
//! let (mut session, external_authenticate) = opening.answer(&response, SecurityLevel::C_MAC_R_MAC)?;
//! // … the card answers 9000 …
//! let command = session.wrap(&[0x80, 0xF2, 0x80, 0x02, 0x02, 0x4F, 0x00, 0x00])?;
//! # Ok(())
//! # }
//! ```
//!
//! The card end is [`crate::CardSession`].

mod card;
mod derivation;
mod error;
mod host;
mod keys;
mod level;
mod messaging;
mod session;

pub(crate) use card::{CardMessaging, initialize};
pub(crate) use derivation::SessionKeys;
pub use error::{CardError, HostError, KeyError};
pub use host::{HostOpening, InitializeUpdateResponse};
pub use keys::{Challenge, DEFAULT_TEST_KEY, StaticKeys, key_check_value};
pub use level::{Parameters, SecurityLevel};
pub(crate) use messaging::Messaging;
pub(crate) use session::DataKey;
pub use session::HostSession;

/// The instruction byte of INITIALIZE UPDATE (Amendment D §7.1.1).
pub const INITIALIZE_UPDATE: u8 = 0x50;
/// The instruction byte of EXTERNAL AUTHENTICATE (Amendment D §7.1.2).
pub const EXTERNAL_AUTHENTICATE: u8 = 0x82;
/// The instruction byte of BEGIN R-MAC SESSION (Amendment D §7.1.3).
pub const BEGIN_R_MAC_SESSION: u8 = 0x7A;
/// The instruction byte of END R-MAC SESSION (Amendment D §7.1.4).
pub const END_R_MAC_SESSION: u8 = 0x78;
