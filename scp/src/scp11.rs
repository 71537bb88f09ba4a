//! Secure Channel Protocol '11' (GPC Amendment F 1.3 and 1.4): sessions opened by elliptic curves and certificates.
//!
//! | variant | who proves what | forward secrecy |
//! | --- | --- | --- |
//! | SCP11a | both ends, by certificates | yes |
//! | SCP11b | the card alone | yes |
//! | SCP11c | both ends; the card has no part of its own in the keys, so that a script can be made without it | no |
//!
//! The host (the off-card entity, OCE) sends its certificates with PERFORM SECURITY OPERATION, then MUTUAL AUTHENTICATE
//! (a, c) or INTERNAL AUTHENTICATE (b) with an ephemeral key; the card answers with its own, and with a receipt, which
//! proves that it knows the session's keys. From there on commands and responses are protected as with SCP03.
//!
//! ```
//! use scp::scp11::{CurveReference, HostOpening, KeyReference, PrivateKey, Request, Variant};
//! use scp::scp03::SecurityLevel;
//! use se_crypto::Drbg;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut random = Drbg::from_seed(1);
//! # let card = PrivateKey::generate(CurveReference::P256, &mut random)?;
//! // The card's public key is out of its certificate, which was verified.
//! let request = Request::new(Variant::B, KeyReference::new(0x13, 0x01), SecurityLevel::FULL)?;
//! let opening = HostOpening::new(request, card.public(), None, &mut random)?;
//! let internal_authenticate = opening.command()?;
//! assert_eq!(&internal_authenticate[..4], [0x80, 0x88, 0x01, 0x13]);
//! // … the card answers, and `opening.answer(&response)` gives the session.
//! # Ok(())
//! # }
//! ```
//!
//! The card end is [`crate::CardSession`].

mod card;
mod certificate;
mod chain;
mod curve;
mod derivation;
mod error;
mod host;
mod key;
mod request;
mod variant;

pub(crate) use card::agree;
pub use card::{Authority, CardEntity};
pub use certificate::{
    Certificate, CertificateError, CertificateForm, CertificateRequest, Date, KeyUsage,
    certificates,
};
pub(crate) use chain::ReceivedChain;
pub use chain::{ChainError, MAX_CERTIFICATE, check_dates, commands, verify_chain};
pub use curve::CurveReference;
pub use error::AgreementError;
pub use host::{HostOpening, PreparedSession};
pub use key::{PrivateKey, PublicKey};
pub use request::{Identity, Request, SharedIdentity};
pub use variant::{KeyReference, Variant};

/// The instruction byte of PERFORM SECURITY OPERATION \[verify certificate\] (Amendment F, chapter on APDU commands).
pub const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
/// The instruction byte of MUTUAL AUTHENTICATE, that of EXTERNAL AUTHENTICATE.
pub const MUTUAL_AUTHENTICATE: u8 = 0x82;
/// The instruction byte of INTERNAL AUTHENTICATE.
pub const INTERNAL_AUTHENTICATE: u8 = 0x88;
/// The tag of a security domain's certificate store in GET DATA and STORE DATA.
pub const CERTIFICATE_STORE: u16 = 0xBF21;
/// The tag of the list of authorities whose certificates a security domain takes from hosts (CA-KLOC).
pub const HOST_AUTHORITIES: u16 = 0xFF33;
/// The tag of the list of authorities that have certified the security domain's own keys (CA-KLCC).
pub const CARD_AUTHORITIES: u16 = 0xFF34;
