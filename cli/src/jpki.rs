//! Both sides of a JPKI card: the trusted service manager that personalises it ([`Tsm`]), the holder who
//! signs with it ([`Holder`]), and an authority that issues test certificates ([`Authority`]).

mod authority;
mod check;
mod holder;
mod tsm;

pub use authority::{Authority, AuthorityError, Person};
pub use check::{CheckError, Checked, check_certificate, check_signature};
pub use holder::{Holder, Verification, digest_info};
pub use tsm::{PublicKey, Tsm};

use apdu_spec::jpki::{SPECIFICATION, file};
use apdu_spec::{Command, StatusWord};
use loader::{Error, Refusal};

/// One of the two slots of the applet: a key, its PIN and its certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The registered seal.
    Signature,
    /// User authentication.
    Authentication,
}

impl Slot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Signature, Self::Authentication];

    /// What a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Authentication => "user authentication",
        }
    }

    /// The file of the private key.
    #[must_use]
    pub fn key(self) -> u16 {
        match self {
            Self::Signature => file::SIGNATURE_KEY,
            Self::Authentication => file::AUTHENTICATION_KEY,
        }
    }

    /// The file of the PIN.
    #[must_use]
    pub fn pin(self) -> u16 {
        match self {
            Self::Signature => file::SIGNATURE_PIN,
            Self::Authentication => file::AUTHENTICATION_PIN,
        }
    }

    /// The file of the certificate.
    #[must_use]
    pub fn certificate(self) -> u16 {
        match self {
            Self::Signature => file::SIGNATURE_CERTIFICATE,
            Self::Authentication => file::AUTHENTICATION_CERTIFICATE,
        }
    }

    /// The file of the certificate of the authority that issued it.
    #[must_use]
    pub fn authority_certificate(self) -> u16 {
        match self {
            Self::Signature => file::SIGNATURE_CA_CERTIFICATE,
            Self::Authentication => file::AUTHENTICATION_CA_CERTIFICATE,
        }
    }
}

/// The short identifier of a file as P1 or P2 carries it: `80` and the low five bits.
fn short(file: u16) -> u8 {
    let [_, low] = file.to_be_bytes();
    0x80 | low & 0x1F
}

/// A command as bytes.
fn encode(command: &Command<'_>) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0; command.data.len() + 16];
    command
        .encode(&mut buffer)
        .map(<[u8]>::to_vec)
        .map_err(|error| Error::Unsendable(error.to_string()))
}

/// What the applet's refusal of a command means, by its command table.
fn refusal(command: &[u8], status: StatusWord) -> Refusal {
    let mut refusal = Refusal::new(command, status);
    let parsed = Command::parse(command).ok();
    if let Some(spec) = parsed.and_then(|command| SPECIFICATION.find(&command)) {
        spec.name.clone_into(&mut refusal.command);
        let causes: Vec<String> = spec
            .explain(status)
            .map(|requirement| requirement.condition.to_owned())
            .collect();
        if !causes.is_empty() {
            refusal.causes = causes;
        }
    }
    refusal
}
