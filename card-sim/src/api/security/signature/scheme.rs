//! What a signature object does: the algorithms, each a code of its own or three codes together.

use crate::api::security::block_padding::BlockPadding;
use crate::api::security::hash_of;
use se_crypto::Hash;

/// What a signature object does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// RSA over the bare digest in block type 1 (RFC 2409 §5.1).
    RsaBare(Hash),
    /// ISO 9796-2 scheme 1; with the methods of `SignatureMessageRecovery`, or with those of
    /// `Signature`, whose caller has the whole message.
    Iso9796(Hash, Recovery),
    /// RSASSA-PSS with a salt as long as the digest.
    RsaPss(Hash),
    /// ECDSA; in DER form, or r and s one after the other.
    Ecdsa(Hash, EcdsaForm),
    /// HMAC.
    Hmac(Hash),
    /// CMAC with AES.
    AesCmac,
    /// CBC-MAC with AES.
    AesMac(BlockPadding),
    /// CBC-MAC with DES or triple DES.
    DesMac(DesMacLength, DesMacKind, BlockPadding),
}

/// Whether the recoverable part of a message is given to the applet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    Given,
    Compared,
}

/// How r and s are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EcdsaForm {
    Der,
    Plain,
}

/// Bytes of a DES MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DesMacLength {
    Four,
    Eight,
}

/// What a DES MAC does with keys of two or three parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DesMacKind {
    /// Every block is encrypted with triple DES.
    Triple,
    /// Only the last one is (ISO 9797-1 algorithm 3).
    Retail,
}

impl Scheme {
    /// What the codes of digest, cipher and padding mean together, if the card has it.
    pub(super) fn of_parts(digest: u8, cipher: u8, padding: u8) -> Option<Self> {
        let hash = hash_of(digest);
        // MACs have no digest (`MessageDigest.ALG_NULL`).
        let is_bare = digest == 0;
        // Where nothing is padded, `PAD_NULL` and `PAD_NOPAD` are the same.
        let pads_not = padding <= 1;
        Some(match (cipher, padding) {
            (1 | 2, _) if is_bare => {
                let length = if cipher == 1 {
                    DesMacLength::Four
                } else {
                    DesMacLength::Eight
                };
                match padding {
                    4 => Self::DesMac(length, DesMacKind::Retail, BlockPadding::Zeros),
                    5 => Self::DesMac(length, DesMacKind::Retail, BlockPadding::Bit),
                    _ => {
                        let padding = BlockPadding::of_code(padding)?;
                        Self::DesMac(length, DesMacKind::Triple, padding)
                    }
                }
            }
            (3, 7) => Self::Rsa(hash?),
            (3, 8) => Self::RsaPss(hash?),
            (3, 12) => Self::RsaBare(hash?),
            // The implicit trailer does not tell the hash: only those with a code of their own.
            (3, 10) if matches!(digest, 1 | 3) => Self::Iso9796(hash?, Recovery::Compared),
            (3, 11) if matches!(digest, 1 | 3) => Self::Iso9796(hash?, Recovery::Given),
            (5, _) if pads_not => Self::Ecdsa(hash?, EcdsaForm::Der),
            (9, _) if pads_not => Self::Ecdsa(hash?, EcdsaForm::Plain),
            (6, _) if is_bare => Self::AesMac(BlockPadding::of_code(padding)?),
            (7, _) if pads_not => Self::Hmac(hash?),
            (10, _) if is_bare && pads_not => Self::AesCmac,
            _ => return None,
        })
    }

    /// The hash of a scheme that signs a digest.
    pub(super) const fn digest(self) -> Option<Hash> {
        match self {
            Self::Rsa(hash) | Self::RsaBare(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash, _) => {
                Some(hash)
            }
            _ => None,
        }
    }
}

/// (`ALG_*` code, digest, `SIG_CIPHER_*`, `PAD_*`)
pub(super) const ALGORITHMS: &[(u8, u8, u8, u8)] = &[
    (1, 0, 1, 1),
    (2, 0, 2, 1),
    (3, 0, 1, 2),
    (4, 0, 2, 2),
    (5, 0, 1, 3),
    (6, 0, 2, 3),
    (7, 0, 1, 6),
    (8, 0, 2, 6),
    (9, 1, 3, 10),
    (10, 1, 3, 7),
    (11, 2, 3, 7),
    (12, 3, 3, 10),
    (13, 3, 3, 7),
    (15, 1, 3, 12),
    (16, 2, 3, 12),
    (17, 1, 5, 0),
    // One code for each length of the key; the key decides.
    (18, 0, 6, 1),
    (35, 0, 6, 1),
    (36, 0, 6, 1),
    (19, 0, 1, 5),
    (20, 0, 2, 5),
    (21, 1, 3, 8),
    (22, 2, 3, 8),
    (23, 3, 3, 8),
    (24, 1, 7, 0),
    (25, 4, 7, 0),
    (26, 5, 7, 0),
    (27, 6, 7, 0),
    (28, 2, 7, 0),
    (29, 3, 7, 0),
    (30, 1, 3, 11),
    (31, 3, 3, 11),
    (33, 4, 5, 0),
    (34, 5, 5, 0),
    (37, 7, 5, 0),
    (38, 6, 5, 0),
    (39, 7, 3, 7),
    (40, 4, 3, 7),
    (41, 5, 3, 7),
    (42, 6, 3, 7),
    (43, 7, 3, 8),
    (44, 4, 3, 8),
    (45, 5, 3, 8),
    (46, 6, 3, 8),
    (47, 0, 1, 4),
    (48, 0, 2, 4),
    (49, 0, 10, 0),
];

/// Whether the card has a `Signature.ALG_*` code.
#[must_use]
pub fn has(code: u8) -> bool {
    ALGORITHMS.iter().any(|algorithm| algorithm.0 == code)
}

/// Whether the card has a `Signature.SIG_CIPHER_*` code with any digest and padding.
#[must_use]
pub fn has_cipher(cipher: u8) -> bool {
    (0..=12).any(|digest| (0..=22).any(|pad| Scheme::of_parts(digest, cipher, pad).is_some()))
}

/// Whether any signature takes a `Cipher.PAD_*` code.
#[must_use]
pub fn has_padding(padding: u8) -> bool {
    (0..=12).any(|digest| (0..=14).any(|c| Scheme::of_parts(digest, c, padding).is_some()))
}
