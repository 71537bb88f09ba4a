use std::fmt;

use se_crypto::{Hash, NamedCurve};

/// A curve as keys on cards name it: the key parameter reference (GPCS 2.3.1 §B.4.3, Amendment E).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveReference {
    /// NIST P-256.
    P256 = 0x00,
    /// NIST P-384.
    P384 = 0x01,
    /// NIST P-521.
    P521 = 0x02,
    /// brainpoolP256r1.
    BrainpoolP256r1 = 0x03,
    /// brainpoolP384r1.
    BrainpoolP384r1 = 0x05,
    /// brainpoolP512r1.
    BrainpoolP512r1 = 0x07,
}

impl CurveReference {
    /// All that are known here.
    pub const ALL: [Self; 6] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// The curve of a key parameter reference, the value of tag F0.
    #[must_use]
    pub fn of(reference: &[u8]) -> Option<Self> {
        let &[reference] = reference else { return None };
        Self::ALL
            .into_iter()
            .find(|curve| *curve as u8 == reference)
    }

    /// The curve of an object identifier, in dots.
    #[must_use]
    pub fn of_identifier(identifier: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|curve| curve.identifier() == identifier)
    }

    /// Its object identifier, in dots (RFC 5480, RFC 5639).
    #[must_use]
    pub fn identifier(self) -> &'static str {
        match self {
            Self::P256 => "1.2.840.10045.3.1.7",
            Self::P384 => "1.3.132.0.34",
            Self::P521 => "1.3.132.0.35",
            Self::BrainpoolP256r1 => "1.3.36.3.3.2.8.1.1.7",
            Self::BrainpoolP384r1 => "1.3.36.3.3.2.8.1.1.11",
            Self::BrainpoolP512r1 => "1.3.36.3.3.2.8.1.1.13",
        }
    }

    /// Its domain parameters.
    #[must_use]
    pub fn parameters(self) -> &'static NamedCurve {
        match self {
            Self::P256 => &NamedCurve::P256,
            Self::P384 => &NamedCurve::P384,
            Self::P521 => &NamedCurve::P521,
            Self::BrainpoolP256r1 => &NamedCurve::BRAINPOOL_P256R1,
            Self::BrainpoolP384r1 => &NamedCurve::BRAINPOOL_P384R1,
            Self::BrainpoolP512r1 => &NamedCurve::BRAINPOOL_P512R1,
        }
    }

    /// The bytes of a coordinate, and of a private key.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 32,
            Self::P384 | Self::BrainpoolP384r1 => 48,
            Self::BrainpoolP512r1 => 64,
            Self::P521 => 66,
        }
    }

    /// The bytes of a public key: `04`, x, y.
    #[must_use]
    pub fn point_length(self) -> usize {
        1 + 2 * self.length()
    }

    /// The hash of ECDSA signatures by keys on this curve (GPCS 2.3.1 §B.4.3).
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => Hash::Sha256,
            Self::P384 | Self::BrainpoolP384r1 => Hash::Sha384,
            Self::P521 | Self::BrainpoolP512r1 => Hash::Sha512,
        }
    }
}

/// `P-256`, `brainpoolP256r1`
impl fmt::Display for CurveReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
        })
    }
}
