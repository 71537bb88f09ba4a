//! `tenkoku keys`

use crate::confirm;
use crate::connection::{Connection, check_values, read_keys};
use crate::failure::Failure;
use crate::output;
use clap::{Args, Subcommand};
use loader::KeySet;
use serde::Serialize;
use std::path::PathBuf;

/// The arguments of `tenkoku keys`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku keys check new.toml                            the key check values, without a card\n  \
    tenkoku keys put --new new.toml --replace 30           rotates key version 30\n  \
    tenkoku keys put --new new.toml --card 4090-01234567-0001 --keys old.toml\n  \
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
pub struct Put {
    /// The new keys, with their version in `kvn`: a key file, `env` or `prompt`.
    #[arg(long, value_name = "FILE|env|prompt")]
    pub new: PathBuf,
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

impl Put {
    fn run(&self) -> Result<(), Failure> {
        let new = read_keys(&self.new)?;
        let version = match (self.kvn, new.version) {
            (Some(version), _) => version,
            (None, 0) => {
                return Err(Failure::Usage(
                    "the new keys have no version: give --kvn, or `kvn` in the key file".to_owned(),
                ));
            }
            (None, version) => version,
        };
        if new.diversification.is_some() {
            return Err(Failure::Usage(
                "the new keys are master keys: a card gets those that follow from them for it; give these".to_owned(),
            ));
        }
        if new.are_test_keys() && !self.allow_test_keys {
            return Err(Failure::Usage(
                "the new keys are the published test keys, which everyone knows: give --allow-test-keys".to_owned(),
            ));
        }
        let mut card = self.connection.authenticate()?;
        self.ask(&new, version, &card.info, card.session.protocol())?;
        card.session.put_key(self.replace, version, &new.keys)?;
        let report = PutReport {
            version,
            replaced: self.replace,
            check_values: check_values(&new, card.session.protocol().unwrap_or(3)),
        };
        if self.json {
            return output::print_json("tenkoku.keys-put/1", &report);
        }
        output::print(&format!(
            "the card has key version {version:02X}, and told the same check values\n"
        ))
    }

    fn ask(
        &self,
        new: &KeySet,
        version: u8,
        info: &loader::CardInfo,
        protocol: Option<u8>,
    ) -> Result<(), Failure> {
        let what = match self.replace {
            Some(replaced) => {
                format!("putting key version {version:02X} in the place of {replaced:02X}")
            }
            None => format!("adding key version {version:02X}"),
        };
        if let Some(values) = check_values(new, protocol.unwrap_or(3)) {
            eprintln!("{what}; check values {values}");
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
