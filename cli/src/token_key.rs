//! Reads the private keys that tokens are signed with.

use crate::failure::Failure;
use crate::files;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{AnyRef, Decode, Sequence};
use loader::TokenKey;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use se_crypto::{P256Key, RsaKey};
use std::path::Path;
use zeroize::Zeroizing;

/// rsaEncryption (PKCS #1), id-ecPublicKey and P-256 (RFC 5480).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// An EC private key (RFC 5915), as PKCS #8 holds it.
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    secret: &'a OctetStringRef,
    #[asn1(context_specific = "0", optional = "true")]
    parameters: Option<AnyRef<'a>>,
    #[asn1(context_specific = "1", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// Reads a PKCS #8 key, PEM or DER, without a passphrase: RSA, or EC on P-256.
///
/// # Errors
/// [`Failure::Input`], which shows nothing of the key.
pub(crate) fn read(file: &Path) -> Result<TokenKey, Failure> {
    let invalid = |what: &str| Failure::input(file.display(), what);
    let bytes = Zeroizing::new(files::read(file)?);
    let der = if bytes.starts_with(b"-----BEGIN ") {
        let (label, der) =
            der::pem::decode_vec(&bytes).map_err(|_| invalid("a damaged PEM file"))?;
        if label != "PRIVATE KEY" {
            return Err(Failure::input(
                file.display(),
                format!(
                    "expected a PEM file of a PRIVATE KEY, this is one of a {label}; `openssl pkcs8 -topk8 -nocrypt` \
                     makes one"
                ),
            ));
        }
        Zeroizing::new(der)
    } else {
        bytes
    };
    let info = PrivateKeyInfoRef::from_der(&der).map_err(|_| invalid("no PKCS #8 private key"))?;
    match info.algorithm.oid {
        RSA => {
            let key = RsaPrivateKey::try_from(info).map_err(|_| invalid("a damaged RSA key"))?;
            let d = Zeroizing::new(key.d().to_be_bytes().to_vec());
            let (n, e) = (key.n().to_be_bytes(), key.e().to_be_bytes());
            RsaKey::from_exponents(&n, &e, &d)
                .map(TokenKey::Rsa)
                .map_err(|error| Failure::input(file.display(), error))
        }
        EC if info.algorithm.parameters_oid() == Ok(P256) => {
            let key = EcPrivateKey::from_der(info.private_key.as_bytes())
                .map_err(|_| invalid("a damaged EC key"))?;
            P256Key::from_secret(key.secret.as_bytes())
                .map(TokenKey::P256)
                .map_err(|error| Failure::input(file.display(), error))
        }
        _ => Err(invalid("keys for tokens are RSA, or EC on P-256")),
    }
}
