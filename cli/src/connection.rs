//! The way to a card, as arguments, and a session with its issuer security domain.

use crate::failure::Failure;
use crate::simulator::Simulator;
use clap::Args;
use loader::{CardInfo, KeySet, PcscTransport, SecurityLevel, Session, Sharing, Transport};
use se_crypto::Drbg;
use std::path::PathBuf;

/// Which card, and with which keys.
#[derive(Args, Clone, Debug, Default)]
pub struct Connection {
    /// A reader, by its name or a part of it. Without this and `--sim`: the first reader with a card.
    #[arg(long, value_name = "NAME", conflicts_with = "sim")]
    pub reader: Option<String>,
    /// A simulated card, by its image file; it is made where there is none.
    #[arg(long, value_name = "IMAGE")]
    pub sim: Option<PathBuf>,
    /// The key file (TOML: `kvn`, and `enc`, `mac`, `dek` or one `key`); the published test keys without it.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
}

/// A card of either kind.
pub type AnyTransport = Box<dyn Transport>;

/// A card in conversation, its issuer security domain selected and authenticated.
pub struct Authenticated<T = AnyTransport> {
    /// The session.
    pub session: Session<T>,
    /// What the card tells about itself.
    pub info: CardInfo,
    /// Its keys.
    pub keys: KeySet,
    /// The security level of the session.
    pub level: SecurityLevel,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`Failure`] where there is no such card.
    pub fn connect(&self) -> Result<AnyTransport, Failure> {
        match &self.sim {
            Some(image) => Ok(Box::new(Simulator::open(image)?)),
            None => {
                let name = self.reader.as_deref().unwrap_or_default();
                Ok(Box::new(PcscTransport::connect(name, Sharing::Exclusive)?))
            }
        }
    }

    /// The keys. That they are the published ones is said aloud.
    ///
    /// # Errors
    /// [`Failure::Input`] where the key file is none.
    pub fn keys(&self) -> Result<KeySet, Failure> {
        let keys = match &self.keys {
            Some(file) => KeySet::read(file).map_err(|error| Failure::input("keys", error))?,
            None => KeySet::test_keys(),
        };
        if keys.are_test_keys() {
            eprintln!("note: using {keys}; everyone knows them");
        }
        Ok(keys)
    }

    /// Connects, and opens a secure channel with the issuer security domain.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn authenticate(&self) -> Result<Authenticated, Failure> {
        // A key file that is none must not cost the card anything.
        let keys = self.keys()?;
        authenticate(self.connect()?, keys)
    }
}

/// Opens a secure channel with the issuer security domain, at the highest level that the card offers.
///
/// # Errors
/// [`Failure::Card`].
pub fn authenticate<T: Transport>(transport: T, keys: KeySet) -> Result<Authenticated<T>, Failure> {
    let mut session = Session::select(transport, None)?;
    let info = session.info()?;
    let level = level(&info);
    session.open(&keys, level, &mut random()?)?;
    Ok(Authenticated {
        session,
        info,
        keys,
        level,
    })
}

/// The highest security level that the card says it offers; C-MAC and C-DECRYPTION where it says nothing.
#[must_use]
pub fn level(info: &CardInfo) -> SecurityLevel {
    let highest = info
        .protocols
        .iter()
        .filter(|(protocol, _)| *protocol == 3)
        .map(|(_, i)| i & 0x60)
        .max();
    match highest {
        Some(0x60) => SecurityLevel::FULL,
        Some(0x20) => SecurityLevel::C_DECRYPTION_R_MAC,
        _ => SecurityLevel::C_DECRYPTION,
    }
}

/// Randomness of this machine.
///
/// # Errors
/// [`Failure::Input`] where the system has none.
pub fn random() -> Result<Drbg, Failure> {
    Drbg::from_entropy().map_err(|error| Failure::input("random numbers", error))
}
