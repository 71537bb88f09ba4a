//! The keys of SCP11 in a key file, and the files that it names.

use std::path::Path;

use scp::scp11::{
    Certificate, CurveReference, Date, KeyReference, PrivateKey, PublicKey, Variant, certificates,
};
use serde::Deserialize;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, pem};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::{AgreementKeys, HostIdentity, Trust};

/// What a key file for SCP11 looks like, for errors.
const FORM: &str = "`scp = \"11a\"` (11b, 11c), `card-ca` or `card-key`, for 11a and 11c `host-key` and \
     `host-certificates`, and if need be `kvn`, `authority = \"10/03\"`, `aes = 128`, `s16`, `host-id`, `allow-expired`";

/// The form of a key file for SCP11. It names files; there is nothing secret in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AgreementFile {
    /// The variant: `11a`, `11b`, `11c`.
    pub scp: String,
    /// The version of the card's key, 01 to 7F; 00 for the first that the card tells of.
    #[serde(default)]
    pub kvn: u32,
    /// The host's private key: PKCS #8 or RFC 5915, PEM or DER.
    pub host_key: Option<String>,
    /// The host's certificates, the one that the card's authority has signed first, its own last: PEM, or one behind the
    /// other.
    pub host_certificates: Option<String>,
    /// The card's key that verifies the first of them: identifier and version, `10/03`.
    pub authority: Option<String>,
    /// The card's authority, its certificate or public key; or `unchecked`.
    pub card_ca: Option<String>,
    /// The card's public key, or its certificate, that needs nobody's word.
    pub card_key: Option<String>,
    /// The card's certificates, where it need not be asked.
    pub card_certificates: Option<String>,
    /// Whether MACs are of 16 bytes.
    #[serde(default)]
    pub s16: bool,
    /// Bits of the session keys: 128 without it.
    pub aes: Option<u16>,
    /// Whether certificates may be out of date: for cards whose certificates nobody can renew.
    #[serde(default)]
    pub allow_expired: bool,
    /// The host's identifier, in hexadecimal, where identities go into the session keys.
    pub host_id: Option<String>,
}

impl AgreementKeys {
    /// Reads a key file's text; the files that it names are looked for in `folder`. `None` where it is no key file for
    /// SCP11.
    ///
    /// # Errors
    /// What is wrong, in words, without anything secret.
    pub fn from_toml(text: &str, folder: &Path) -> Option<Result<Self, String>> {
        #[derive(Deserialize)]
        struct Kind {
            scp: Option<String>,
        }
        let kind: Kind = toml::from_str(text).ok()?;
        kind.scp.filter(|scp| scp.starts_with("11"))?;
        Some(Self::read(text, folder))
    }

    fn read(text: &str, folder: &Path) -> Result<Self, String> {
        let file = toml::from_str(text)
            .map_err(|error| format!("{}; expected {FORM}", error.message()))?;
        Self::from_file(&file, folder)
    }

    /// Reads the files that a key file names; they are looked for in `folder`.
    ///
    /// # Errors
    /// What is wrong, in words, without anything secret.
    pub fn from_file(file: &AgreementFile, folder: &Path) -> Result<Self, String> {
        let variant: Variant = file.scp.parse()?;
        let load = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path)
                .map(Zeroizing::new)
                .map_err(|cause| format!("{}: {cause}", path.display()))
        };
        let key_version = u8::try_from(file.kvn)
            .ok()
            .filter(|version| *version <= 0x7F)
            .ok_or_else(|| format!("kvn {} is not within 0x00 to 0x7F", file.kvn))?;
        let host = match (
            variant.authenticates_host(),
            &file.host_key,
            &file.host_certificates,
        ) {
            (false, None, None) => None,
            (true, Some(key), Some(chain)) => Some(HostIdentity {
                key: read_private_key(&load(key)?).map_err(|error| format!("{key}: {error}"))?,
                chain: read_certificates(&load(chain)?)
                    .map_err(|error| format!("{chain}: {error}"))?,
                authority: file.authority.as_deref().map(str::parse).transpose()?,
            }),
            (true, ..) => {
                return Err(format!(
                    "SCP{variant} proves who the host is: `host-key` and `host-certificates` name its files"
                ));
            }
            (false, ..) => {
                return Err(format!(
                    "SCP{variant} does not prove who the host is: `host-key` and `host-certificates` have no place"
                ));
            }
        };
        let trust = match (file.card_ca.as_deref(), file.card_key.as_deref()) {
            (Some("unchecked"), None) => Trust::Unchecked,
            (Some(name), None) => Trust::Authority(named_key(name, &load(name)?)?),
            (None, Some(name)) => Trust::Key(named_key(name, &load(name)?)?),
            _ => {
                return Err(
                    "whom to believe that the card is one: `card-ca` names its authority's certificate or public key, \
                     or `card-key` its own public key"
                        .to_owned(),
                );
            }
        };
        let card_chain = file
            .card_certificates
            .as_deref()
            .map(|name| read_certificates(&load(name)?).map_err(|error| format!("{name}: {error}")))
            .transpose()?;
        let key_length = match file.aes {
            None | Some(128) => 16,
            Some(192) => 24,
            Some(256) => 32,
            Some(bits) => return Err(format!("aes = {bits}: AES has 128, 192 and 256")),
        };
        let identifier = file
            .host_id
            .as_ref()
            .map(|digits| hex::decode(digits).map_err(|_| "host-id is not hexadecimal".to_owned()))
            .transpose()?;
        Ok(Self {
            variant,
            key_version,
            host,
            trust,
            card_chain,
            key_length,
            s16: file.s16,
            identifier,
            today: if file.allow_expired { None } else { today() },
            ephemeral: None,
        })
    }
}

/// Today by this machine's clock (UTC); `None` where it has none.
fn today() -> Option<Date> {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    let now = x509_cert::der::DateTime::from_unix_duration(since).ok()?;
    Date::new(now.year(), now.month(), now.day())
}

fn named_key(name: &str, bytes: &[u8]) -> Result<PublicKey, String> {
    read_public_key(bytes).map_err(|error| format!("{name}: {error}"))
}

/// What a part of a file is called, and its bytes.
type Part = (String, Zeroizing<Vec<u8>>);

/// The parts of a PEM file, or the file itself where it is none: what each is called, and its bytes.
fn parts(bytes: &[u8]) -> Result<Vec<Part>, String> {
    const BEGIN: &str = "-----BEGIN ";
    let Some(text) = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains(BEGIN))
    else {
        return Ok(vec![(String::new(), Zeroizing::new(bytes.to_vec()))]);
    };
    text.match_indices(BEGIN)
        .map(|(at, _)| {
            let rest = text.get(at..).unwrap_or_default();
            let end = rest
                .find("-----END ")
                .and_then(|at| Some(at + rest.get(at..)?.find('\n').unwrap_or(rest.len() - at)))
                .unwrap_or(rest.len());
            let part = rest.get(..end).unwrap_or(rest);
            pem::decode_vec(part.as_bytes())
                .map(|(label, der)| (label.to_owned(), Zeroizing::new(der)))
                .map_err(|_| "a damaged PEM file".to_owned())
        })
        .collect()
}

/// The certificates of a file: PEM, or one behind the other as they are.
///
/// # Errors
/// What is wrong, in words.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut chain = Vec::new();
    for (label, der) in parts(bytes)? {
        if !matches!(label.as_str(), "" | "CERTIFICATE") {
            return Err(format!("expected certificates, found a {label}"));
        }
        chain.extend(certificates(&der).map_err(|error| error.to_string())?);
    }
    if chain.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(chain)
}

/// An elliptic curve private key: PKCS #8, or RFC 5915 with its curve; PEM or DER.
///
/// # Errors
/// What is wrong, in words, without anything of the key.
pub fn read_private_key(bytes: &[u8]) -> Result<PrivateKey, String> {
    const FORM: &str = "expected an elliptic curve private key, PKCS #8 or RFC 5915, PEM or DER";
    let all = parts(bytes)?;
    // `openssl ecparam -genkey` puts the curve before the key.
    let (_, der) = all
        .iter()
        .find(|(label, _)| label != "EC PARAMETERS")
        .ok_or(FORM)?;
    let (curve, inner) = match pkcs8::PrivateKeyInfoRef::from_der(der) {
        Ok(info) => {
            let curve = info.algorithm.parameters_oid().ok();
            (curve, info.private_key.as_bytes())
        }
        Err(_) => (None, der.as_slice()),
    };
    let key = sec1::EcPrivateKey::from_der(inner).map_err(|_| FORM)?;
    let curve = curve
        .or_else(|| {
            key.parameters
                .and_then(|parameters| parameters.named_curve())
        })
        .and_then(named)
        .ok_or("its curve is not known here, or not named")?;
    // Some programs leave zeros in front away.
    let missing = curve.length().saturating_sub(key.private_key.len());
    let mut scalar = Zeroizing::new(vec![0; missing]);
    scalar.extend_from_slice(key.private_key);
    PrivateKey::new(curve, &scalar).map_err(|_| "it is no private key of its curve".to_owned())
}

/// A public key: that of a certificate, or a SubjectPublicKeyInfo; PEM or DER.
///
/// # Errors
/// What is wrong, in words.
pub fn read_public_key(bytes: &[u8]) -> Result<PublicKey, String> {
    let all = parts(bytes)?;
    let [(label, der)] = all.as_slice() else {
        return Err("expected one certificate or one public key".to_owned());
    };
    if label != "PUBLIC KEY"
        && let Ok([certificate]) = certificates(der).as_deref()
    {
        return Ok(certificate.key().clone());
    }
    let info = SubjectPublicKeyInfoRef::from_der(der)
        .map_err(|_| "expected a certificate or a public key, PEM or DER".to_owned())?;
    let curve = info.algorithm.parameters_oid().ok().and_then(named);
    let curve = curve.ok_or("it is not on a curve that is known here")?;
    PublicKey::new(curve, info.subject_public_key.raw_bytes())
        .map_err(|_| "it is no point of its curve".to_owned())
}

fn named(identifier: ObjectIdentifier) -> Option<CurveReference> {
    CurveReference::of_identifier(&identifier.to_string())
}

impl HostIdentity {
    /// Whether the private key belongs to the last certificate.
    pub(super) fn is_pair(&self) -> bool {
        self.chain
            .last()
            .is_some_and(|leaf| leaf.key() == self.key.public())
    }

    /// The card's key for the authority, where the host was told.
    pub(super) fn told_authority(&self) -> Option<KeyReference> {
        self.authority
    }
}
