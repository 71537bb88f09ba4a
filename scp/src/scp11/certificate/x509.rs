//! X.509 certificates of elliptic curve keys.

use se_crypto::Hash;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use super::{Certificate, CertificateError, CertificateForm, Date, KeyUsage};
use crate::scp11::{CurveReference, PublicKey};

/// `id-ecPublicKey` (RFC 5480 §2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `ecdsa-with-SHA256`, `-SHA384`, `-SHA512` (RFC 5758 §3.2).
const SIGNATURES: [(ObjectIdentifier, Hash); 3] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        Hash::Sha256,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
        Hash::Sha384,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
        Hash::Sha512,
    ),
];

pub(super) fn parse(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    let refuse = CertificateError;
    let certificate = x509_cert::Certificate::from_der(bytes)
        .map_err(|_| refuse("it is no X.509 certificate"))?;
    let content = certificate.tbs_certificate();
    let info = content.subject_public_key_info();
    if info.algorithm.oid != EC_PUBLIC_KEY {
        return Err(refuse("its key is not on an elliptic curve"));
    }
    let curve = info
        .algorithm
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok())
        .and_then(|identifier| CurveReference::of_identifier(&identifier.to_string()))
        .ok_or(refuse("its curve is not known here"))?;
    let key = PublicKey::new(curve, info.subject_public_key.raw_bytes())
        .map_err(|_| refuse("its public key is no point of its curve"))?;
    let algorithm = certificate.signature_algorithm().oid;
    let (_, hash) = SIGNATURES
        .into_iter()
        .find(|(identifier, _)| *identifier == algorithm)
        .ok_or(refuse(
            "it is not signed by ECDSA with SHA-256, SHA-384 or SHA-512",
        ))?;
    let malformed = |_| refuse("an extension is malformed");
    let usage = content
        .get_extension::<x509_cert::ext::pkix::KeyUsage>()
        .map_err(malformed)?
        .ok_or(refuse("it has no key usage"))?
        .1;
    let usage = if usage.key_cert_sign() {
        KeyUsage::Verification
    } else if usage.key_agreement() {
        KeyUsage::Agreement
    } else {
        return Err(refuse(
            "its key is neither for certificates nor for key agreement",
        ));
    };
    let authority = content
        .get_extension::<AuthorityKeyIdentifier>()
        .map_err(malformed)?
        .and_then(|(_, identifier)| identifier.key_identifier);
    let subject = content
        .get_extension::<SubjectKeyIdentifier>()
        .map_err(malformed)?;
    let date = |time: x509_cert::time::Time| {
        let day = time.to_date_time();
        Date::new(day.year(), day.month(), day.day())
    };
    let validity = content.validity();
    Ok(Certificate {
        form: CertificateForm::X509,
        bytes: bytes.to_vec(),
        serial_number: content.serial_number().as_bytes().to_vec(),
        authority: authority.map_or_else(Vec::new, |key| key.as_bytes().to_vec()),
        subject: subject.map_or_else(Vec::new, |(_, key)| key.0.as_bytes().to_vec()),
        usage,
        begins: date(validity.not_before),
        expires: date(validity.not_after),
        key,
        signed: content
            .to_der()
            .map_err(|_| refuse("it cannot be written as it was read"))?,
        hash: Some(hash),
        signature: certificate.signature().raw_bytes().to_vec(),
    })
}
