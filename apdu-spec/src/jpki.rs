//! Japan's public personal authentication application (JPKI-AP, 公的個人認証): names, numbers and
//! the command table.
//!
//! No official specification of the card edge is public. The reading side follows what open clients
//! (OpenSC, myna, jpki-rs and others) send and what third parties measured; the management side
//! stands on ISO 7816-8/-9 and GlobalPlatform.

pub mod file;
pub mod ins;
mod table;

pub use table::SPECIFICATION;

/// The AID of the application.
pub const AID: &[u8] = &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// The AID of the package (executable load file): the application's, with a last byte of 00.
/// The phone's own package AID is not public; this one is Tenkoku's choice under the same RID.
pub const PACKAGE_AID: &[u8] = &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x00];

/// How many wrong presentations in a row block the signature PIN.
pub const SIGNATURE_PIN_TRIES: u8 = 5;
/// The length of the shortest signature PIN in characters (`A`-`Z`, `0`-`9`).
pub const SIGNATURE_PIN_MIN_LENGTH: u8 = 6;
/// The length of the longest signature PIN in characters.
pub const SIGNATURE_PIN_MAX_LENGTH: u8 = 16;

/// How many wrong presentations in a row block the user authentication PIN.
pub const AUTHENTICATION_PIN_TRIES: u8 = 3;
/// The length of the user authentication PIN in digits.
pub const AUTHENTICATION_PIN_LENGTH: u8 = 4;

/// The longest candidate that VERIFY compares, in bytes.
pub const VERIFY_MAX_LENGTH: usize = 16;

/// The size of both RSA moduli in bits.
pub const MODULUS_BITS: u16 = 2048;
/// The size of a modulus, and so of a signature, in bytes.
pub const MODULUS_LENGTH: usize = 256;
/// The longest input of a signature in bytes: what PKCS#1 type 1 padding leaves of the modulus.
pub const SIGN_MAX_LENGTH: usize = 245;

/// The room for one certificate in bytes.
pub const CERTIFICATE_CAPACITY: usize = 2048;

/// The length of EF 0006, a serialised PKCS#11 `CK_TOKEN_INFO`, in bytes.
pub const TOKEN_INFORMATION_LENGTH: usize = 160;
/// The length of the token label at the start of EF 0006 in bytes.
pub const TOKEN_LABEL_LENGTH: usize = 32;
/// The token label of a phone's secure element, padded with spaces.
pub const TOKEN_LABEL_PHONE: &[u8] = b"JPKIAPGPSETOKEN                 ";
/// The token label of the Individual Number Card, padded with spaces.
pub const TOKEN_LABEL_CARD: &[u8] = b"JPKIAPICCTOKEN2                 ";
/// EF 0006 after the label: manufacturer, model, serial number, then big-endian `u32`: flags, sessions
/// (most 1, open 0, most read-write 1, open 0), PIN length (most 16, least 6), four times "memory
/// unknown"; hardware and firmware version, and a UTC time of nines.
pub const TOKEN_INFORMATION_REST: &[u8] =
    b"Tenkoku                         JPKI            0000000000000000\
\x00\x00\x04\x0D\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\
\x00\x00\x00\x10\x00\x00\x00\x06\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\
03019999999999999999";

/// The length of EF 0008 in bytes: one for the signature certificate, one for the user
/// authentication certificate, and one of unknown meaning, which is 00.
pub const CERTIFICATES_LENGTH: usize = 3;
/// A byte of EF 0008 whose certificate there is, as measured on the Individual Number Card; without
/// one it is 00, which is Tenkoku's choice.
pub const CERTIFICATE_PRESENT: u8 = 0x8F;

/// Install parameter: the profile of a phone's secure element, which is also that of empty
/// parameters. The token label is [`TOKEN_LABEL_PHONE`], and reading EF 000A takes the user
/// authentication PIN.
pub const PROFILE_PHONE: u8 = 0;
/// Install parameter: the profile of the Individual Number Card. The token label is
/// [`TOKEN_LABEL_CARD`], and everyone may read EF 000A.
pub const PROFILE_CARD: u8 = 1;

/// The start of the public key template, `7F49 { 81 modulus, 82 exponent }` (ISO 7816-8), up to
/// the first byte of the modulus.
pub const PUBLIC_KEY_HEADER: &[u8] = &[0x7F, 0x49, 0x82, 0x01, 0x09, 0x81, 0x82, 0x01, 0x00];
/// The tag and length in the template before the public exponent, which is 65537.
pub const EXPONENT_HEADER: &[u8] = &[0x82, 0x03];
/// The length of the whole public key template in bytes.
pub const PUBLIC_KEY_LENGTH: usize = 270;
/// The template is longer than a short response: its first part ends here, in the middle of the
/// modulus, and the second part starts at this offset.
pub const PUBLIC_KEY_SECOND_PART: usize = 137;
/// The tag of the offset data object (ISO 7816-4 §7.2.2) in the command that reads a public key.
pub const OFFSET_TAG: u8 = 0x54;

/// What the application asks of a secure channel: C-MAC and C-DECRYPTION, and an authenticated
/// terminal (the bits of `org.globalplatform.SecureChannel`).
pub const MANAGEMENT_SECURITY_LEVEL: u8 = 0x83;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_information_has_its_length() {
        assert_eq!(TOKEN_LABEL_PHONE.len(), TOKEN_LABEL_LENGTH);
        assert_eq!(TOKEN_LABEL_CARD.len(), TOKEN_LABEL_LENGTH);
        assert_eq!(
            TOKEN_LABEL_LENGTH + TOKEN_INFORMATION_REST.len(),
            TOKEN_INFORMATION_LENGTH
        );
    }

    #[test]
    fn the_public_key_template_adds_up() {
        assert_eq!(
            PUBLIC_KEY_HEADER.len() + MODULUS_LENGTH + EXPONENT_HEADER.len() + 3,
            PUBLIC_KEY_LENGTH
        );
        assert_eq!(
            PUBLIC_KEY_SECOND_PART,
            PUBLIC_KEY_HEADER.len() + MODULUS_LENGTH / 2
        );
    }

    #[test]
    fn package_and_application_share_their_provider() {
        assert_eq!(AID[..5], PACKAGE_AID[..5]);
    }
}
