use se_crypto::CryptoError;

use crate::scp03::SecurityLevel;
use crate::scp11::{CurveReference, Variant};

/// Why key agreement stopped at the host end. No variant carries key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreementError {
    /// A level that SCP11 does not have.
    #[error(
        "SCP11 protects commands and responses: security level 11 (MACs) or 33 (MACs and encryption), not {0}"
    )]
    Level(SecurityLevel),
    /// A key of the card for another variant.
    #[error("key identifier {identifier:02X} is not that of SCP{variant}, which is {:02X}", .variant.key_identifier())]
    Identifier {
        /// The variant.
        variant: Variant,
        /// The identifier given.
        identifier: u8,
    },
    /// A length of session keys that AES does not have.
    #[error("session keys of {0} bytes; AES has 16, 24 and 32")]
    KeyLength(u8),
    /// The host has no key although it must prove itself, or has one although it cannot use it.
    #[error("SCP{variant} {}", host_key(*.variant))]
    HostKey {
        /// The variant.
        variant: Variant,
    },
    /// Only sessions of SCP11c can be made without the card.
    #[error(
        "a session of SCP{0} cannot be made without the card, which draws a key of its own; SCP11c's can"
    )]
    Prepare(Variant),
    /// The host's key is on another curve than the card's.
    #[error("the host's key is on {host}, the card's on {card}; both must be on one curve")]
    Curves {
        /// The curve of the host's key.
        host: CurveReference,
        /// That of the card's.
        card: CurveReference,
    },
    /// An identity that is longer than its length byte tells.
    #[error("an identifier of {0} bytes; it has 1 to 255")]
    Identity(usize),
    /// The card's answer has not the form of the standard.
    #[error(
        "the card's answer to the authentication has no ephemeral key (5F49) and receipt (86) of the right lengths"
    )]
    Answer,
    /// The card's receipt is wrong: it does not hold the private key of its certificate.
    #[error(
        "the card's receipt is wrong: it does not know the private key that belongs to its certificate, or has another \
         opinion of the identities; nothing was sent through the session"
    )]
    Receipt,
    /// With SCP11c the card must answer with the very key that is in its certificate.
    #[error("the card's static key is not the one of its certificate")]
    StaticKey,
    /// The card refused, with this status word.
    #[error("the card refused with status {0:04X}")]
    Refused(u16),
    /// A primitive refused its input: mostly a point that is on no curve.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

fn host_key(variant: Variant) -> &'static str {
    if variant.authenticates_host() {
        "needs the host's private key and certificate"
    } else {
        "uses no key of the host"
    }
}
