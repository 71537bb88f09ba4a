//! The cryptographic primitives of Tenkoku, in one place: the host platform, the simulated card and
//! the secure channels draw on them, so that model and simulator give the same bytes from the same
//! seed.
//!
//! Everything is RustCrypto's; what this crate adds is one shape for it all: typed errors that tell
//! the lengths, secrets that are zeroized when dropped and redacted in `Debug`, and a random
//! generator, [`Drbg`], whose streams do not depend on the order in which they are drawn.
//!
//! It serves a simulator and a test bench: RSA is not blinded, and no claim about side channels is
//! made.

mod aead;
mod aes_key;
mod block;
mod curve;
mod des_key;
mod drbg;
mod ec_key;
mod error;
mod hash;
mod named_curve;
mod p256_key;
mod pss;
mod rsa_key;
mod rsa_padding;

pub use aead::{Aead, AeadMode};
pub use aes_key::AesKey;
pub use curve::Curve;
pub use des_key::DesKey;
pub use drbg::Drbg;
pub use ec_key::{EcKey, EcPublicKey};
pub use error::CryptoError;
pub use hash::{Hash, Hasher, hmac, sha1, sha256};
pub use named_curve::{DomainParameters, NamedCurve};
pub use p256_key::{P256Key, verify_p256};
pub use pss::{mgf1_mask, pss_encode, pss_verify};
pub use rsa_key::{RsaCrt, RsaKey, RsaPublicKey};
pub use subtle;
pub use zeroize;

/// Whether two byte strings are equal, in a time that tells nothing about where they differ.
/// Strings of different length are unequal.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}
