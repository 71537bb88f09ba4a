//! The elementary files. Their short identifiers are the low five bits.

/// Certificate of the signature key (DER). Reading it takes the signature PIN.
pub const SIGNATURE_CERTIFICATE: u16 = 0x0001;
/// Certificate of the authority that issued the signature certificate (DER).
pub const SIGNATURE_CA_CERTIFICATE: u16 = 0x0002;
/// Token information.
pub const TOKEN_INFORMATION: u16 = 0x0006;
/// Which certificates there are: [`super::CERTIFICATES_LENGTH`] bytes.
pub const CERTIFICATES: u16 = 0x0008;
/// Certificate of the user authentication key (DER). The profile decides who may read it.
pub const AUTHENTICATION_CERTIFICATE: u16 = 0x000A;
/// Certificate of the authority that issued the user authentication certificate (DER).
pub const AUTHENTICATION_CA_CERTIFICATE: u16 = 0x000B;
/// Private key of the user authentication slot.
pub const AUTHENTICATION_KEY: u16 = 0x0017;
/// PIN of the user authentication slot.
pub const AUTHENTICATION_PIN: u16 = 0x0018;
/// Private key of the signature slot.
pub const SIGNATURE_KEY: u16 = 0x001A;
/// PIN of the signature slot.
pub const SIGNATURE_PIN: u16 = 0x001B;
