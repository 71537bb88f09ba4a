//! Which secure channel protocol, on the command line; with SCP11 what opens it.

use std::path::Path;
use std::str::FromStr;

use clap::Args;
use loader::{AgreementFile, AgreementKeys, KeySet, SharedKeyProtocol};

use crate::failure::Failure;

/// What `--scp` asks for.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// SCP02 or SCP03, with the keys of `--keys`.
    SharedKeys(SharedKeyProtocol),
    /// A variant of SCP11.
    Agreement(String),
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "11a" | "11b" | "11c" => Ok(Self::Agreement(text.to_owned())),
            _ => text.parse().map(Self::SharedKeys).map_err(|_| {
                "there is 02, 02:15 and the like with the parameter i, 03, 03:70, 11a, 11b and 11c".to_owned()
            }),
        }
    }
}

/// The protocol, and what opens a session of SCP11 instead of a key file that says the same.
#[derive(Args, Clone, Debug, Default)]
pub struct Agreement {
    /// The secure channel protocol, where no other is to be opened: 02 and 03, with their parameter i as in 02:55, which a
    /// card with SCP02 then need not be asked for; or SCP11, by elliptic curves and certificates: 11a and 11c prove both
    /// ends, 11b the card alone (which then lets nobody manage it).
    #[arg(long, value_name = "02[:I]|03[:I]|11a|11b|11c")]
    pub scp: Option<Protocol>,
    /// With `--scp`: the version of the card's key, in hexadecimal; the first that the card tells of without it.
    #[arg(long, value_name = "KVN", requires = "scp", value_parser = version)]
    pub card_key_version: Option<u32>,
    /// With `--scp`: the authority for cards, its certificate or public key (PEM or DER); `unchecked` believes any card.
    #[arg(long, value_name = "FILE|unchecked", requires = "scp")]
    pub card_ca: Option<String>,
    /// With `--scp`: the card's own public key or certificate, which then needs no authority.
    #[arg(
        long,
        value_name = "FILE",
        requires = "scp",
        conflicts_with = "card_ca"
    )]
    pub card_key: Option<String>,
    /// With `--scp 11a` and `11c`: the host's private key (PKCS #8 or RFC 5915, PEM or DER).
    #[arg(long, value_name = "FILE", requires = "scp")]
    pub host_key: Option<String>,
    /// With `--scp 11a` and `11c`: the host's certificates, its own last (X.509 or GlobalPlatform's, PEM or DER).
    #[arg(long, value_name = "FILE", requires = "scp")]
    pub host_certificates: Option<String>,
    /// With `--scp`: take certificates that are out of date.
    #[arg(long, requires = "scp")]
    pub allow_expired: bool,
    /// With `--scp 11a` and `11c`: the card's key for the host's authority, identifier and version as in 10/03; looked up
    /// on the card without it.
    #[arg(long, value_name = "KID/KVN", requires = "scp")]
    pub host_authority: Option<String>,
}

fn version(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text.trim_start_matches("0x"), 16)
        .ok()
        .filter(|version| (0x01..=0x7F).contains(version))
        .ok_or_else(|| format!("{text} is no key version: 01 to 7F in hexadecimal"))
}

impl Agreement {
    /// The keys, where `--scp` asks for SCP11.
    ///
    /// # Errors
    /// [`Failure::Input`] for what is wrong in the files.
    pub fn keys(&self) -> Result<Option<KeySet>, Failure> {
        let Some(Protocol::Agreement(scp)) = &self.scp else {
            return Ok(None);
        };
        let file = AgreementFile {
            scp: scp.clone(),
            kvn: self.card_key_version.unwrap_or(0),
            host_key: self.host_key.clone(),
            host_certificates: self.host_certificates.clone(),
            authority: self.host_authority.clone(),
            card_ca: self.card_ca.clone(),
            card_key: self.card_key.clone(),
            allow_expired: self.allow_expired,
            ..AgreementFile::default()
        };
        AgreementKeys::from_file(&file, Path::new(""))
            .map(|keys| Some(KeySet::of_agreement(keys)))
            .map_err(|error| Failure::input("--scp", error))
    }

    /// Whether `--scp` asks for SCP11, which has no shared keys.
    pub(crate) fn is_agreement(&self) -> bool {
        matches!(self.scp, Some(Protocol::Agreement(_)))
    }

    /// The protocol of shared keys, where `--scp` asks for one.
    pub(crate) fn shared_keys(&self) -> Option<SharedKeyProtocol> {
        match self.scp {
            Some(Protocol::SharedKeys(protocol)) => Some(protocol),
            Some(Protocol::Agreement(_)) | None => None,
        }
    }
}
