//! A second opinion: signatures and certificates checked with `ring`, which knows nothing of this project.

use super::PublicKey;
use der::{Decode, Encode};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use x509_cert::Certificate;

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Not a certificate.
    #[error("the certificate is not well-formed: {0}")]
    Certificate(#[from] der::Error),
    /// The certificate is for another key.
    #[error("the certificate is for another key than the card's")]
    Key,
    /// The issuer's name is not that of the authority.
    #[error("the certificate names {found} as its issuer, not {expected}")]
    Issuer {
        /// The authority.
        expected: String,
        /// What it names.
        found: String,
    },
    /// The signature is not one of this key.
    #[error("{0}: the signature is not valid")]
    Signature(&'static str),
}

/// What was learnt from a certificate that is in order.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The subject's distinguished name.
    pub subject: String,
    /// The public key, as PKCS#1 RSAPublicKey (DER).
    pub public_key: Vec<u8>,
}

/// Checks a PKCS#1 v1.5 signature with SHA-256 over a document.
///
/// # Errors
/// [`CheckError::Signature`].
pub fn check_signature(
    key: &PublicKey,
    document: &[u8],
    signature: &[u8],
) -> Result<(), CheckError> {
    let PublicKey { modulus, exponent } = key;
    RsaPublicKeyComponents {
        n: modulus,
        e: exponent,
    }
    .verify(&RSA_PKCS1_2048_8192_SHA256, document, signature)
    .map_err(|_| CheckError::Signature("the document"))
}

/// Checks that a certificate is signed by the authority whose certificate is given, which in turn is signed by
/// itself, and that it is for `key`.
///
/// # Errors
/// [`CheckError`].
pub fn check_certificate(
    certificate: &[u8],
    authority: &[u8],
    key: &PublicKey,
) -> Result<Checked, CheckError> {
    let leaf = Certificate::from_der(certificate)?;
    let root = Certificate::from_der(authority)?;
    let (issuer, name) = (
        leaf.tbs_certificate().issuer(),
        root.tbs_certificate().subject(),
    );
    if issuer != name {
        return Err(CheckError::Issuer {
            expected: name.to_string(),
            found: issuer.to_string(),
        });
    }
    let authority_key = public_key(&root);
    signed(&root, authority_key, "the authority's certificate")?;
    signed(&leaf, authority_key, "the certificate")?;
    let public_key = public_key(&leaf);
    if components(public_key)? != (key.modulus.clone(), key.exponent.clone()) {
        return Err(CheckError::Key);
    }
    Ok(Checked {
        subject: leaf.tbs_certificate().subject().to_string(),
        public_key: public_key.to_vec(),
    })
}

fn public_key(certificate: &Certificate) -> &[u8] {
    certificate
        .tbs_certificate()
        .subject_public_key_info()
        .subject_public_key
        .raw_bytes()
}

fn signed(certificate: &Certificate, key: &[u8], what: &'static str) -> Result<(), CheckError> {
    let message = certificate.tbs_certificate().to_der()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(&message, certificate.signature().raw_bytes())
        .map_err(|_| CheckError::Signature(what))
}

/// Modulus and exponent of an RSAPublicKey.
fn components(key: &[u8]) -> Result<(Vec<u8>, Vec<u8>), CheckError> {
    #[derive(der::Sequence)]
    struct RsaPublicKey {
        modulus: der::asn1::Uint,
        exponent: der::asn1::Uint,
    }
    let key = RsaPublicKey::from_der(key)?;
    Ok((
        key.modulus.as_bytes().to_vec(),
        key.exponent.as_bytes().to_vec(),
    ))
}
