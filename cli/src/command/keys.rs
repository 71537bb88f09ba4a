//! `tenkoku keys`

mod agreement;

use crate::confirm;
use crate::connection::{Connection, at_hand, check_values, read_keys};
use crate::failure::Failure;
use crate::{delegation, output, public_key};
use agreement::{PutAuthority, PutCardKey};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use loader::{KeySet, PublicKey, SecretKind, StaticKeys};
use serde::Serialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The arguments of `tenkoku keys`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku keys check new.toml                            the key check values, without a card\n  \
    tenkoku keys put --new new.toml --replace 30           rotates key version 30\n  \
    tenkoku keys put --new new.toml --card 4090-01234567-0001 --keys old.toml\n  \
    tenkoku keys put --public issuer.pem --role token      verifies tokens from now on\n  \
    tenkoku keys put --secret receipt.toml --role receipt  gives receipts from now on\n  \
    tenkoku keys put --public owner.pem --role dap --domain A0000001515344\n  \
    tenkoku keys put-card-key --scp-key 11/03 --private-key card.pem --certificates card.crt\n  \
    tenkoku keys put-authority --key 10/03 --certificate hosts-ca.crt\n  \
    tenkoku keys delete 31 --keys new.toml\n\n\
    Keys that are lost are lost for ever: keep the new ones before they are put. The card's identity, as\n\
    `tenkoku identify` tells it, is asked for, or given with --card.")]
pub struct Keys {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Tell the check values of keys.
    Check(Check),
    /// Add a key set, or put it in the place of another.
    Put(Put),
    /// Put the card's own key for SCP11, with its certificates.
    PutCardKey(PutCardKey),
    /// Put the key of an authority whose hosts may open sessions with SCP11.
    PutAuthority(PutAuthority),
    /// Delete a key set.
    Delete(Delete),
}

/// The arguments of `tenkoku keys check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The keys: a key file, `env` or `prompt`.
    #[arg(value_name = "FILE|env|prompt")]
    pub keys: PathBuf,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `tenkoku keys put`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct Put {
    /// The new keys of a secure channel, with their version in `kvn`: a key file, `env` or `prompt`.
    #[arg(long, value_name = "FILE|env|prompt", group = "what")]
    pub new: Option<PathBuf>,
    /// One public key, RSA or EC, or a certificate of one, PEM or DER; it travels in plain form.
    #[arg(long, value_name = "FILE", group = "what")]
    pub public: Option<PathBuf>,
    /// One secret key that is none of a secure channel: a key file with one `key`.
    #[arg(long, value_name = "FILE", group = "what")]
    pub secret: Option<PathBuf>,
    /// What one key is for, which says its version: 70 verifies tokens, 71 makes receipts, 73 verifies load file
    /// signatures (DAP).
    #[arg(long, conflicts_with_all = ["new", "kvn"])]
    pub role: Option<Role>,
    /// The identifier of one key within its version, in hexadecimal.
    #[arg(long, value_name = "ID", value_parser = version, default_value = "01", conflicts_with = "new")]
    pub id: u8,
    /// What one secret key is; that of the secure channel's own keys without it.
    #[arg(long, requires = "secret")]
    pub kind: Option<Kind>,
    /// The version of the key set that they replace, in hexadecimal; without it they are added.
    #[arg(long, value_name = "KVN", value_parser = version)]
    pub replace: Option<u8>,
    /// The version of the new keys, in hexadecimal, instead of `kvn`.
    #[arg(long, value_name = "KVN", value_parser = version)]
    pub kvn: Option<u8>,
    /// The card that is meant, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// Put the published test keys nevertheless.
    #[arg(long)]
    pub allow_test_keys: bool,
    /// The card, and its keys until now.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// What one key is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Role {
    /// Verifies tokens of delegated management.
    Token,
    /// Makes receipts of delegated management.
    Receipt,
    /// Verifies signatures of load files.
    Dap,
}

/// What a secret key is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// AES.
    Aes,
    /// Triple DES.
    Des,
}

impl Role {
    /// The key version that the UICC configuration of GlobalPlatform has for it.
    fn version(self) -> u8 {
        match self {
            Self::Token => 0x70,
            Self::Receipt => 0x71,
            Self::Dap => 0x73,
        }
    }
}

/// The arguments of `tenkoku keys delete`.
#[derive(Args, Debug)]
pub struct Delete {
    /// The version of the key set, in hexadecimal.
    #[arg(value_name = "KVN", value_parser = version)]
    pub version: u8,
    /// The card that is meant, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

fn version(text: &str) -> Result<u8, String> {
    u8::from_str_radix(text.trim_start_matches("0x"), 16)
        .ok()
        .filter(|version| (0x01..=0x7F).contains(version))
        .ok_or_else(|| format!("{text} is no key version: 01 to 7F in hexadecimal"))
}

#[derive(Serialize)]
struct CheckReport {
    version: u8,
    /// ENC, MAC and DEK of AES keys (SCP03).
    aes: Option<String>,
    /// The same bytes as triple DES keys (SCP02).
    triple_des: Option<String>,
}

#[derive(Serialize)]
struct PutReport {
    version: u8,
    replaced: Option<u8>,
    check_values: Option<String>,
}

#[derive(Serialize)]
struct DeleteReport {
    deleted: u8,
}

impl Keys {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Check(check) => check.run(),
            Action::Put(put) => put.run(),
            Action::PutCardKey(put) => put.run(),
            Action::PutAuthority(put) => put.run(),
            Action::Delete(delete) => delete.run(),
        }
    }
}

impl Check {
    fn run(&self) -> Result<(), Failure> {
        let keys = read_keys(&self.keys)?;
        let report = CheckReport {
            version: keys.version,
            aes: check_values(&keys, 3),
            triple_des: check_values(&keys, 2),
        };
        if self.json {
            return output::print_json("tenkoku.keys-check/1", &report);
        }
        let mut text = format!("{keys}\n");
        for (name, values) in [("AES", report.aes), ("triple DES", report.triple_des)] {
            if let Some(values) = values {
                text += &format!("  {name:<11}ENC MAC DEK  {values}\n");
            }
        }
        output::print(&text)
    }
}

/// What is put.
enum New {
    Set(Box<KeySet>, StaticKeys),
    Public(PublicKey),
    Secret(Zeroizing<Vec<u8>>),
}

impl Put {
    fn run(&self) -> Result<(), Failure> {
        let new = self.read()?;
        let told = match &new {
            New::Set(set, _) => Some(set.version).filter(|version| *version != 0),
            New::Public(_) | New::Secret(_) => self.role.map(Role::version),
        };
        let Some(version) = self.kvn.or(told) else {
            return Err(Failure::Usage(
                match &new {
                    New::Set(..) => {
                        "the new keys have no version: give --kvn, or `kvn` in the key file"
                    }
                    New::Public(_) | New::Secret(_) => {
                        "the key has no version: give --role or --kvn"
                    }
                }
                .to_owned(),
            ));
        };
        let mut card = self.connection.authenticate()?;
        let protocol = card.session.protocol().unwrap_or(3);
        let check_values = match &new {
            New::Set(set, _) => check_values(set, protocol),
            New::Public(_) | New::Secret(_) => None,
        };
        self.ask(&new, version, &card.info, check_values.as_deref())?;
        let session = &mut card.session;
        match &new {
            New::Set(_, keys) => session.put_key(self.replace, version, keys)?,
            New::Public(key) => session.put_public_key(self.replace, version, self.id, key)?,
            New::Secret(key) => {
                let kind = match (self.kind, protocol) {
                    (Some(Kind::Des), _) | (None, 2) => SecretKind::TripleDes,
                    _ => SecretKind::Aes,
                };
                session.put_secret_key(self.replace, version, self.id, kind, key)?;
            }
        }
        let report = PutReport {
            version,
            replaced: self.replace,
            check_values,
        };
        if self.json {
            return output::print_json("tenkoku.keys-put/1", &report);
        }
        output::print(&format!(
            "the card has key version {version:02X}{}\n",
            match new {
                New::Public(_) => "",
                New::Set(..) | New::Secret(_) => ", and told the same check values",
            }
        ))
    }

    fn read(&self) -> Result<New, Failure> {
        if let Some(file) = &self.public {
            return public_key::read(file).map(New::Public);
        }
        if let Some(file) = &self.secret {
            return delegation::read_secret(file).map(New::Secret);
        }
        // One of the three is there: clap sees to that.
        let set = read_keys(self.new.as_deref().unwrap_or(Path::new("")))?;
        if set.diversification.is_some() {
            return Err(Failure::Usage(
                "the new keys are master keys: a card gets those that follow from them for it; give these".to_owned(),
            ));
        }
        if set.are_test_keys() && !self.allow_test_keys {
            return Err(Failure::Usage(
                "the new keys are the published test keys, which everyone knows: give --allow-test-keys".to_owned(),
            ));
        }
        let keys = at_hand(&set)?.clone();
        Ok(New::Set(Box::new(set), keys))
    }

    fn ask(
        &self,
        new: &New,
        version: u8,
        info: &loader::CardInfo,
        check_values: Option<&str>,
    ) -> Result<(), Failure> {
        let key = match new {
            New::Set(..) => format!("key version {version:02X}"),
            New::Public(key) => {
                format!("{} public key {version:02X}/{:02X}", key.kind(), self.id)
            }
            New::Secret(_) => format!("secret key {version:02X}/{:02X}", self.id),
        };
        let what = match self.replace {
            Some(replaced) => format!("putting {key} in the place of {replaced:02X}"),
            None => format!("adding {key}"),
        };
        if let Some(values) = check_values {
            sayln!("{what}; check values {values}");
        }
        confirm::identity(&what, info, self.card.as_deref())
    }
}

impl Delete {
    fn run(&self) -> Result<(), Failure> {
        let mut card = self.connection.authenticate()?;
        let what = format!("deleting key version {:02X}", self.version);
        confirm::identity(&what, &card.info, self.card.as_deref())?;
        card.session.delete_key_set(self.version)?;
        if self.json {
            let deleted = self.version;
            return output::print_json("tenkoku.keys-delete/1", &DeleteReport { deleted });
        }
        output::print(&format!("deleted key version {:02X}\n", self.version))
    }
}
