//! Reads public keys: of a card's tokens, load file signatures and receipts.

use crate::failure::Failure;
use crate::files;
use der::Decode;
use der::referenced::OwnedToRef;
use loader::PublicKey;
use rsa::RsaPublicKey;
use rsa::pkcs8::ObjectIdentifier;
use rsa::traits::PublicKeyParts;
use spki::SubjectPublicKeyInfoOwned;
use std::path::Path;
use x509_cert::Certificate;

/// rsaEncryption (PKCS #1) and id-ecPublicKey (RFC 5480).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Reads a public key, RSA or EC, as SubjectPublicKeyInfo or in a certificate, PEM or DER.
///
/// # Errors
/// [`Failure::Input`].
pub(crate) fn read(file: &Path) -> Result<PublicKey, Failure> {
    let invalid = |what: &str| Failure::input(file.display(), what);
    let bytes = files::read(file)?;
    let information = if bytes.starts_with(b"-----BEGIN ") {
        let (label, der) =
            der::pem::decode_vec(&bytes).map_err(|_| invalid("a damaged PEM file"))?;
        match label {
            "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&der).ok(),
            "CERTIFICATE" => of_certificate(&der),
            other => {
                return Err(Failure::input(
                    file.display(),
                    format!(
                        "expected a PEM file of a PUBLIC KEY or a CERTIFICATE, this is one of a {other}; `openssl pkey \
                         -in FILE -pubout` makes one of a private key"
                    ),
                ));
            }
        }
    } else {
        SubjectPublicKeyInfoOwned::from_der(&bytes)
            .ok()
            .or_else(|| of_certificate(&bytes))
    };
    let information = information.ok_or_else(|| invalid("no public key and no certificate"))?;
    let bits = information
        .subject_public_key
        .as_bytes()
        .ok_or_else(|| invalid("a damaged public key"))?;
    match information.algorithm.oid {
        RSA => {
            let key = RsaPublicKey::try_from(information.owned_to_ref())
                .map_err(|_| invalid("a damaged RSA key"))?;
            se_crypto::RsaPublicKey::new(&key.n().to_be_bytes(), &key.e().to_be_bytes())
                .map(PublicKey::Rsa)
                .map_err(|error| Failure::input(file.display(), error))
        }
        EC => {
            let curve = information
                .algorithm
                .parameters
                .as_ref()
                .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok())
                .ok_or_else(|| invalid("an EC key whose curve has no name"))?;
            PublicKey::ec(&curve.to_string(), bits).ok_or_else(|| {
                invalid(
                    "an EC key that cards do not know: its curve is one of NIST (256, 384, 521) or of Brainpool r1 (256, \
                     384, 512), its point uncompressed",
                )
            })
        }
        _ => Err(invalid("keys of cards are RSA or EC")),
    }
}

fn of_certificate(der: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    let certificate = Certificate::from_der(der).ok()?;
    Some(
        certificate
            .tbs_certificate()
            .subject_public_key_info()
            .clone(),
    )
}
