//! The certificates of GlobalPlatform, tag 7F21 (Amendment F, chapter on certificates).

use se_crypto::CryptoError;

use super::{Certificate, CertificateError, CertificateForm, Date, KeyUsage};
use crate::scp11::{CurveReference, PrivateKey, PublicKey};
use crate::tlv;

const CERTIFICATE: u32 = 0x7F21;
const SERIAL_NUMBER: u32 = 0x93;
const AUTHORITY: u32 = 0x42;
const SUBJECT: u32 = 0x5F20;
const USAGE: u32 = 0x95;
const BEGINS: u32 = 0x5F25;
const EXPIRES: u32 = 0x5F24;
const KEY: u32 = 0x7F49;
const POINT: u32 = 0xB0;
const CURVE: u32 = 0xF0;
const SIGNATURE: u32 = 0x5F37;

/// Key usage (GPCS 2.3.1 table 11-17): verification of digital signatures, key agreement.
const FOR_VERIFICATION: [u8; 2] = [0x82, 0x00];
const FOR_AGREEMENT: [u8; 2] = [0x00, 0x80];

pub(super) fn parse(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    let refuse = CertificateError;
    let outer = tlv::all(bytes).ok_or(refuse("it is no data object"))?;
    let [(CERTIFICATE, content)] = *outer.as_slice() else {
        return Err(refuse("something follows the certificate"));
    };
    let fields = tlv::all(content).ok_or(refuse("its fields are no data objects"))?;
    let field = |tag, missing| tlv::find(&fields, tag).ok_or(refuse(missing));
    let Some(&(SIGNATURE, signature)) = fields.last() else {
        return Err(refuse("the signature (5F37) does not come last"));
    };
    let signature_object = tlv::object(SIGNATURE, signature).len();
    let signed = content
        .len()
        .checked_sub(signature_object)
        .and_then(|end| content.get(..end))
        .ok_or(refuse("the signature's length is not coded as usual"))?;
    let usage = field(USAGE, "it has no key usage (95)")?;
    let usage = match usage {
        [0x82] | [0x82, 0x00] => KeyUsage::Verification,
        [0x00, 0x80] => KeyUsage::Agreement,
        _ => {
            return Err(refuse(
                "its key usage (95) is neither 8200 (signatures) nor 0080 (key agreement)",
            ));
        }
    };
    let key = tlv::all(field(KEY, "it has no public key (7F49)")?)
        .ok_or(refuse("its public key (7F49) is malformed"))?;
    let curve = match tlv::find(&key, CURVE) {
        None => CurveReference::P256,
        Some(reference) => {
            CurveReference::of(reference).ok_or(refuse("its curve (F0) is not known here"))?
        }
    };
    let point = tlv::find(&key, POINT).ok_or(refuse("its public key has no point (B0)"))?;
    let key = PublicKey::new(curve, point)
        .map_err(|_| refuse("its public key is no point of its curve"))?;
    let date = |tag| {
        let digits = tlv::find(&fields, tag)?.try_into().ok()?;
        Date::of_digits(digits)
    };
    Ok(Certificate {
        form: CertificateForm::GlobalPlatform,
        bytes: bytes.to_vec(),
        serial_number: field(SERIAL_NUMBER, "it has no serial number (93)")?.to_vec(),
        authority: field(AUTHORITY, "it names no authority (42)")?.to_vec(),
        subject: field(SUBJECT, "it names no subject (5F20)")?.to_vec(),
        usage,
        begins: date(BEGINS),
        expires: date(EXPIRES),
        key,
        signed: signed.to_vec(),
        hash: None,
        signature: signature.to_vec(),
    })
}

/// What a new certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Its serial number, 1 to 16 bytes.
    pub serial_number: Vec<u8>,
    /// The identifier of the authority, 1 to 16 bytes.
    pub authority: Vec<u8>,
    /// The identifier of the subject, 1 to 16 bytes.
    pub subject: Vec<u8>,
    /// What the key is for.
    pub usage: KeyUsage,
    /// The last day of its validity.
    pub expires: Date,
    /// The key.
    pub key: PublicKey,
}

impl CertificateRequest {
    /// The certificate, signed by an authority.
    ///
    /// # Errors
    /// None for the curves of this crate.
    pub fn sign(&self, authority: &PrivateKey) -> Result<Certificate, CryptoError> {
        let usage = match self.usage {
            KeyUsage::Verification => FOR_VERIFICATION,
            KeyUsage::Agreement => FOR_AGREEMENT,
        };
        let key = [
            tlv::object(POINT, self.key.point()),
            tlv::object(CURVE, &[self.key.curve() as u8]),
        ]
        .concat();
        let signed = [
            tlv::object(SERIAL_NUMBER, &self.serial_number),
            tlv::object(AUTHORITY, &self.authority),
            tlv::object(SUBJECT, &self.subject),
            tlv::object(USAGE, &usage),
            tlv::object(EXPIRES, &self.expires.digits()),
            tlv::object(KEY, &key),
        ]
        .concat();
        let signature = authority.sign(&signed)?;
        let content = [signed.clone(), tlv::object(SIGNATURE, &signature)].concat();
        Ok(Certificate {
            form: CertificateForm::GlobalPlatform,
            bytes: tlv::object(CERTIFICATE, &content),
            serial_number: self.serial_number.clone(),
            authority: self.authority.clone(),
            subject: self.subject.clone(),
            usage: self.usage,
            begins: None,
            expires: Some(self.expires),
            key: self.key.clone(),
            signed,
            hash: None,
            signature,
        })
    }
}
