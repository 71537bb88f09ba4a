//! The way to a card, as arguments, and a session with its issuer security domain.

use crate::failure::Failure;
use crate::simulator::Simulator;
use crate::{files, secret};
use clap::Args;
use loader::{
    Aid, CardInfo, KeySet, PcscTransport, SecurityLevel, Session, Sharing, Tokens, Transport,
};
use se_crypto::Drbg;
use std::path::{Path, PathBuf};

/// Which card, and with which keys.
#[derive(Args, Clone, Debug, Default)]
pub struct Connection {
    /// A reader, by its name or a part of it. Without this and `--sim`: the first reader with a card.
    #[arg(long, value_name = "NAME", conflicts_with = "sim")]
    pub reader: Option<String>,
    /// A simulated card, by its image file; it is made where there is none.
    #[arg(long, value_name = "IMAGE")]
    pub sim: Option<PathBuf>,
    /// The keys: a key file (TOML: `kvn`, and `enc`, `mac`, `dek` or one `key`), `env` for those of TENKOKU_KEY or
    /// TENKOKU_ENC, TENKOKU_MAC and TENKOKU_DEK, `prompt` to be asked for one; the published test keys without it.
    #[arg(long, value_name = "FILE|env|prompt")]
    pub keys: Option<PathBuf>,
    /// The security domain to open the session with; the issuer's without it.
    #[arg(long, value_name = "AID", value_parser = crate::aid::parse)]
    pub domain: Option<Aid>,
    /// Tokens for a security domain with delegated management, as `tenkoku token sign` writes them.
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
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
    /// The tokens that it sends.
    pub tokens: Tokens,
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
            Some(source) => read_keys(source)?,
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
        self.open(self.connect()?, keys)
    }

    /// Opens a secure channel with the security domain that was asked for.
    ///
    /// # Errors
    /// [`Failure::Card`].
    pub fn open<T: Transport>(
        &self,
        transport: T,
        keys: KeySet,
    ) -> Result<Authenticated<T>, Failure> {
        let tokens = self.tokens()?;
        let mut card = open(transport, keys, self.domain.as_ref())?;
        card.session.use_tokens(tokens.clone());
        card.tokens = tokens;
        Ok(card)
    }
}

impl Connection {
    fn tokens(&self) -> Result<Tokens, Failure> {
        let Some(file) = &self.tokens else {
            return Ok(Tokens::default());
        };
        serde_json::from_slice(&files::read(file)?)
            .map_err(|error| Failure::input(file.display(), format!("no tokens: {error}")))
    }
}

/// The keys that `--keys` names.
///
/// # Errors
/// [`Failure::Input`], which never shows them.
pub fn read_keys(source: &Path) -> Result<KeySet, Failure> {
    let invalid = |error| Failure::input("keys", error);
    match source.to_str() {
        Some("env") => KeySet::from_environment(|name| std::env::var(name).ok()).map_err(invalid),
        Some("prompt") => {
            let typed = secret::read(None, "TENKOKU_KEY", "key, in hexadecimal (not shown): ")?;
            KeySet::from_typed(&typed).map_err(invalid)
        }
        _ => KeySet::read(source).map_err(invalid),
    }
}

/// Key check values for a person.
#[must_use]
pub fn check_values(keys: &KeySet, protocol: u8) -> Option<String> {
    let values = keys.check_values(protocol).ok()?;
    Some(values.map(hex::encode_upper).join(" "))
}

/// Opens a secure channel with the issuer security domain, at the highest level that the card offers.
///
/// # Errors
/// [`Failure::Card`].
pub fn authenticate<T: Transport>(transport: T, keys: KeySet) -> Result<Authenticated<T>, Failure> {
    open(transport, keys, None)
}

fn open<T: Transport>(
    transport: T,
    keys: KeySet,
    domain: Option<&Aid>,
) -> Result<Authenticated<T>, Failure> {
    let mut session = Session::select(transport, None)?;
    let info = session.info()?;
    let level = level(&info);
    if let Some(domain) = domain {
        session.select_again(Some(domain))?;
    }
    let protocol = info.protocols.iter().map(|(protocol, _)| *protocol).max();
    if !keys.are_test_keys()
        && let Some(values) = check_values(&keys, protocol.unwrap_or(3))
    {
        eprintln!("keys: {keys}; check values {values}");
    }
    let told = info.key_versions();
    if domain.is_none() && keys.version != 0 && !told.is_empty() && !told.contains(&keys.version) {
        let told: Vec<String> = told
            .iter()
            .map(|version| format!("{version:02X}"))
            .collect();
        eprintln!(
            "note: the card tells of key versions {}, not of {:02X}",
            told.join(", "),
            keys.version
        );
    }
    session.open(&keys, level, &mut random()?)?;
    Ok(Authenticated {
        session,
        info,
        keys,
        level,
        tokens: Tokens::default(),
    })
}

/// The highest security level that the card says it offers; C-MAC and C-DECRYPTION where it says nothing.
#[must_use]
pub fn level(info: &CardInfo) -> SecurityLevel {
    let offered = |number, parameters: &dyn Fn(u8) -> [bool; 2]| {
        info.protocols
            .iter()
            .filter(|(protocol, _)| *protocol == number)
            .map(|(_, i)| parameters(*i))
            .max()
    };
    // R-MAC, and R-ENCRYPTION; bit 6 and bit 7 of `i` for SCP03, bit 6 for SCP02.
    let scp03 = offered(3, &|i| [i & 0x20 != 0, i & 0x60 == 0x60]);
    match scp03.or_else(|| offered(2, &|i| [i & 0x20 != 0, false])) {
        Some([_, true]) => SecurityLevel::FULL,
        Some([true, _]) => SecurityLevel::C_DECRYPTION_R_MAC,
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
