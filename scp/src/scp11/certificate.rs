mod globalplatform;
mod x509;

pub use globalplatform::CertificateRequest;

use se_crypto::CryptoError;

use crate::scp11::PublicKey;
use crate::tlv;

/// How a certificate is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateForm {
    /// Tag 7F21 of GlobalPlatform (Amendment F, chapter on certificates).
    GlobalPlatform,
    /// X.509 (RFC 5280).
    X509,
}

/// What the key of a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUsage {
    /// It verifies other certificates.
    Verification,
    /// It agrees on keys.
    Agreement,
}

/// A day, as certificates of GlobalPlatform code it: the decimal digits of year, month and day in pairs (20 28 12 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date([u8; 4]);

impl Date {
    /// The day with these digits; `None` where there is none such.
    #[must_use]
    pub fn of_digits(digits: [u8; 4]) -> Option<Self> {
        let [_, _, month, day] = digits;
        let decimal = digits.iter().all(|pair| pair >> 4 < 10 && pair & 0x0F < 10);
        (decimal && (0x01..=0x12).contains(&month) && (0x01..=0x31).contains(&day))
            .then_some(Self(digits))
    }

    /// A day of the civil calendar, up to the year 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let pair = |number: u16| u8::try_from(((number / 10) << 4) | (number % 10)).ok();
        Self::of_digits([
            pair(year / 100)?,
            pair(year % 100)?,
            pair(month.into())?,
            pair(day.into())?,
        ])
    }

    /// Its digits in pairs.
    #[must_use]
    pub fn digits(self) -> [u8; 4] {
        self.0
    }
}

/// As ISO 8601 has it: `2028-12-31`.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [century, year, month, day] = self.0;
        write!(f, "{century:02x}{year:02x}-{month:02x}-{day:02x}")
    }
}

/// A certificate of an elliptic curve key, as SCP11 uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    form: CertificateForm,
    bytes: Vec<u8>,
    serial_number: Vec<u8>,
    authority: Vec<u8>,
    subject: Vec<u8>,
    usage: KeyUsage,
    begins: Option<Date>,
    expires: Option<Date>,
    key: PublicKey,
    /// What is signed, and with which hash where the certificate tells.
    signed: Vec<u8>,
    hash: Option<se_crypto::Hash>,
    signature: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate of either form: one that begins with tag 7F21 is GlobalPlatform's, one with 30 X.509.
    ///
    /// # Errors
    /// What is missing or wrong in it, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        match bytes {
            [0x7F, 0x21, ..] => globalplatform::parse(bytes),
            [0x30, ..] => x509::parse(bytes),
            _ => Err(CertificateError(
                "it begins neither with 7F21 (GlobalPlatform) nor with 30 (X.509)",
            )),
        }
    }

    /// How it is written.
    #[must_use]
    pub fn form(&self) -> CertificateForm {
        self.form
    }

    /// The whole certificate.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its serial number.
    #[must_use]
    pub fn serial_number(&self) -> &[u8] {
        &self.serial_number
    }

    /// Who issued it: the authority's identifier (tag 42), or key identifier. Empty where it does not tell.
    #[must_use]
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// For whom: the subject's identifier (tag 5F20), or key identifier. Empty where it does not tell.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// What its key is for.
    #[must_use]
    pub fn usage(&self) -> KeyUsage {
        self.usage
    }

    /// The first day of its validity; `None` where it does not tell, or not as a date.
    #[must_use]
    pub fn begins(&self) -> Option<Date> {
        self.begins
    }

    /// The last day of its validity; `None` where it does not tell, or not as a date.
    #[must_use]
    pub fn expires(&self) -> Option<Date> {
        self.expires
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`CryptoError::Signature`] where it is not the authority's.
    pub fn verify(&self, authority: &PublicKey) -> Result<(), CryptoError> {
        let hash = self.hash.unwrap_or(authority.curve().hash());
        authority.verify(&hash.digest(&[&self.signed]), &self.signature)
    }
}

/// Bytes that are no certificate, or one that SCP11 has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate for SCP11: {0}")]
pub struct CertificateError(pub(crate) &'static str);

/// All certificates of a file or a certificate store (tag BF21), one behind the other.
///
/// # Errors
/// [`CertificateError`] for the first that is none.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, CertificateError> {
    const FORM: CertificateError = CertificateError("it is no sequence of data objects");
    let objects = tlv::all(bytes).ok_or(FORM)?;
    if let [(0xBF21, store)] = *objects.as_slice() {
        return certificates(store);
    }
    let mut rest = bytes;
    let mut found = Vec::new();
    for (_, value) in objects {
        // Lengths need not be the shortest, so that the certificate is cut out rather than written anew.
        let start = (value.as_ptr() as usize).saturating_sub(rest.as_ptr() as usize);
        let (certificate, after) = rest.split_at_checked(start + value.len()).ok_or(FORM)?;
        found.push(Certificate::parse(certificate)?);
        rest = after;
    }
    Ok(found)
}
