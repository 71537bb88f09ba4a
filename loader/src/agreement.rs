//! What opens sessions of SCP11: the host's key and certificates, and whom to believe that a card is one.

mod file;
mod opening;
mod provision;

use std::fmt;

use scp::scp03::SecurityLevel;
use scp::scp11::{
    AgreementError, Certificate, ChainError, Date, HostOpening, Identity, KeyReference,
    PreparedSession, PrivateKey, PublicKey, Request, SharedIdentity, Variant, check_dates,
    verify_chain,
};
use se_crypto::Drbg;

pub use file::{AgreementFile, read_certificates, read_private_key, read_public_key};
pub use provision::AuthorityOf;

/// The host's side of SCP11. Its key is zeroized when dropped and redacted in `Debug`.
#[derive(Clone)]
pub struct AgreementKeys {
    /// The variant.
    pub variant: Variant,
    /// The version of the card's key, 01 to 7F; 00 for the first that the card tells of.
    pub key_version: u8,
    /// Who the host is; SCP11b wants nothing of that.
    pub host: Option<HostIdentity>,
    /// Whom to believe.
    pub trust: Trust,
    /// The card's certificates, where they are known without asking the card.
    pub card_chain: Option<Vec<Certificate>>,
    /// The length of session keys in bytes: 16, 24 or 32.
    pub key_length: u8,
    /// Whether the card has MACs of 16 bytes (S16 mode), which it does not tell.
    pub s16: bool,
    /// The host's identifier, 1 to 255 bytes, where identities go into the session keys.
    pub identifier: Option<Vec<u8>>,
    /// The day on which certificates must be valid; `None` looks at no dates.
    pub today: Option<Date>,
    /// The ephemeral key, where it was drawn beforehand, as scripts want it.
    ephemeral: Option<PrivateKey>,
}

/// Who the host is.
#[derive(Clone)]
pub struct HostIdentity {
    /// Its static private key (SK.OCE.ECKA).
    pub key: PrivateKey,
    /// Its certificates, the one that the card's authority has signed first, its own last.
    pub chain: Vec<Certificate>,
    /// The card's key that verifies the first of them (PK.CA-KLOC); looked up on the card where it is not given.
    pub authority: Option<KeyReference>,
}

/// Whom to believe that a public key is a card's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The authority that has certified the card's key (PK.CA-KLCC).
    Authority(PublicKey),
    /// The card's key is this one; it needs no certificate.
    Key(PublicKey),
    /// Nobody: whatever the card says is believed. Say so aloud.
    Unchecked,
}

/// Why SCP11 did not come to a session, besides what the card refused.
#[derive(Debug, thiserror::Error)]
pub enum AgreementFailure {
    /// The host end stopped.
    #[error(transparent)]
    Agreement(#[from] AgreementError),
    /// The card's certificates do not lead to its key.
    #[error("the card's certificate: {0}")]
    Chain(#[from] ChainError),
    /// The host's certificates are not valid now.
    #[error("the host's certificate: {0}")]
    Host(ChainError),
    /// The card has no key for the variant.
    #[error("the card has no key {identifier:02X} for SCP{variant}{}", versions(.there))]
    NoKey {
        /// The variant.
        variant: Variant,
        /// The key identifier that it wants.
        identifier: u8,
        /// What keys for SCP11 there are.
        there: Vec<KeyReference>,
    },
    /// The card gives no certificate for its key.
    #[error(
        "the card has no certificate for its key {0}: give its public key (`card-key`), or have a certificate stored"
    )]
    NoCertificate(KeyReference),
    /// The card does not know the host's authority.
    #[error(
        "the card takes no certificates of the authority {wanted}; it takes those of {}. Name the card's key with \
         `authority` where you know better", .there.join(", ")
    )]
    Authority {
        /// The authority that the first certificate names, in hexadecimal.
        wanted: String,
        /// Those that the card tells of, in hexadecimal.
        there: Vec<String>,
    },
    /// The private key is not that of the certificate.
    #[error("the host's private key does not belong to its last certificate")]
    Pair,
    /// Something of the card that must be known beforehand, without it.
    #[error("a session that is made without the card wants {0}")]
    Unknown(&'static str),
}

fn versions(there: &[KeyReference]) -> String {
    if there.is_empty() {
        return String::new();
    }
    let names: Vec<String> = there.iter().map(ToString::to_string).collect();
    format!("; it has {} (identifier/version)", names.join(", "))
}

impl AgreementKeys {
    /// Sessions with AES-128 in S8 mode, with the first key for the variant that the card tells of.
    #[must_use]
    pub fn new(variant: Variant, host: Option<HostIdentity>, trust: Trust) -> Self {
        Self {
            variant,
            key_version: 0,
            host,
            trust,
            card_chain: None,
            key_length: 16,
            s16: false,
            identifier: None,
            today: None,
            ephemeral: None,
        }
    }

    /// Makes a session of SCP11c without the card, and keeps its ephemeral key: with these keys the same session is
    /// opened again and again, with every card that has the same key.
    ///
    /// # Errors
    /// [`AgreementFailure::Unknown`] where not all of the card is known; any other but those of a card's answers.
    pub fn prepare(
        &mut self,
        level: SecurityLevel,
        random: &mut Drbg,
    ) -> Result<PreparedSession, AgreementFailure> {
        if self.variant != Variant::C {
            return Err(AgreementError::Prepare(self.variant).into());
        }
        self.check_host()?;
        if self.key_version == 0 {
            return Err(AgreementFailure::Unknown(
                "the version of the card's key (kvn)",
            ));
        }
        let told = self.host.as_ref().and_then(|host| host.authority);
        if told.is_none() {
            return Err(AgreementFailure::Unknown(
                "the card's key for the host's authority (authority)",
            ));
        }
        let (card, group) = match (&self.card_chain, &self.trust) {
            (Some(chain), trust) => self.believe(chain, trust)?,
            (None, Trust::Key(key)) => (key.clone(), Vec::new()),
            (None, _) => {
                return Err(AgreementFailure::Unknown(
                    "the card's certificate (card-certificates) or its public key (card-key)",
                ));
            }
        };
        let ephemeral = PrivateKey::generate(card.curve(), random).map_err(AgreementError::from)?;
        self.ephemeral = Some(ephemeral);
        let key = KeyReference::new(self.variant.key_identifier(), self.key_version);
        let request = self.request(key, level, || SharedIdentity::Group(group))?;
        Ok(self.opening(request, &card, random)?.prepare()?)
    }

    /// Checks the host's own certificates before the card does.
    fn check_host(&self) -> Result<(), AgreementFailure> {
        let Some(host) = &self.host else {
            return Ok(());
        };
        if !host.is_pair() {
            return Err(AgreementFailure::Pair);
        }
        match self.today {
            Some(today) => check_dates(&host.chain, today).map_err(AgreementFailure::Host),
            None => Ok(()),
        }
    }

    /// The card's key out of its certificates, and their subject.
    fn believe(
        &self,
        chain: &[Certificate],
        trust: &Trust,
    ) -> Result<(PublicKey, Vec<u8>), AgreementFailure> {
        let leaf = chain.last().ok_or(ChainError::Empty)?;
        let key = match trust {
            Trust::Key(key) => key,
            Trust::Unchecked => leaf.key(),
            Trust::Authority(authority) => {
                let key = verify_chain(chain, authority)?;
                if let Some(today) = self.today {
                    check_dates(chain, today)?;
                }
                key
            }
        };
        Ok((key.clone(), leaf.subject().to_vec()))
    }

    /// What is asked of the card's key. `card` gives its identity, where that matters.
    fn request(
        &self,
        key: KeyReference,
        level: SecurityLevel,
        card: impl FnOnce() -> SharedIdentity,
    ) -> Result<Request, AgreementFailure> {
        let mut request = Request::new(self.variant, key, level)?;
        request.key_length = self.key_length;
        request.s16 = self.s16;
        request.identity = self.identifier.as_ref().map(|identifier| Identity {
            host: identifier.clone(),
            card: card(),
        });
        Ok(request)
    }

    /// The host end with the card's key.
    fn opening(
        &self,
        request: Request,
        card: &PublicKey,
        random: &mut Drbg,
    ) -> Result<HostOpening, AgreementFailure> {
        let host = self.host.as_ref().map(|host| &host.key);
        Ok(match &self.ephemeral {
            Some(key) => HostOpening::with_ephemeral(request, card, host, key.clone()),
            None => HostOpening::new(request, card, host, random),
        }?)
    }
}

/// Whose key and certificates they are, without showing any.
impl fmt::Display for AgreementKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCP{}", self.variant)?;
        if let Some(leaf) = self.host.as_ref().and_then(|host| host.chain.last()) {
            let serial = hex::encode_upper(leaf.serial_number());
            write!(f, " with the host's certificate {serial}")?;
        }
        match &self.trust {
            Trust::Authority(_) => Ok(()),
            Trust::Key(_) => f.write_str(" and the card's key given"),
            Trust::Unchecked => f.write_str(" and a card that nobody vouches for"),
        }
    }
}

impl fmt::Debug for AgreementKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgreementKeys({self}, redacted)")
    }
}

impl fmt::Debug for HostIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HostIdentity({} certificates, redacted)",
            self.chain.len()
        )
    }
}

/// The same variant with the same card's key and the same host.
impl PartialEq for AgreementKeys {
    fn eq(&self, other: &Self) -> bool {
        let host = |keys: &Self| keys.host.as_ref().map(|host| host.key.public().clone());
        (self.variant, self.key_version, &self.trust)
            == (other.variant, other.key_version, &other.trust)
            && host(self) == host(other)
    }
}

impl Eq for AgreementKeys {}
