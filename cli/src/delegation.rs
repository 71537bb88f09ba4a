//! Delegated management, as arguments: tokens that are sent, receipts that are verified and kept.

use crate::connection::{AnyTransport, Authenticated, Connection, Questions};
use crate::failure::Failure;
use crate::{files, public_key};
use clap::Args;
use loader::{Checked, KeySet, ReceiptKey, Receipts, Tokens, Transport, Unconfirmed};
use serde::Serialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a security domain with delegated management sends and gets.
#[derive(Args, Clone, Debug, Default)]
pub struct Delegation {
    /// Tokens for a security domain with delegated management, as `tenkoku token sign` writes them.
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Verify the card's receipts with this key: a key file with one `key`, or a public key or certificate in PEM or
    /// DER. A receipt that is missing, wrong or out of turn ends with exit status 1.
    #[arg(long, value_name = "KEY")]
    pub receipts: Option<PathBuf>,
    /// Add the card's receipts to this file, for the issuer: `tenkoku token receipts` verifies them.
    #[arg(long, value_name = "FILE")]
    pub save_receipts: Option<PathBuf>,
}

/// The same with its files read.
pub(crate) struct Prepared {
    pub(crate) tokens: Tokens,
    key: Option<ReceiptKey>,
    kept: Option<(PathBuf, Receipts)>,
}

/// What there is to say of the receipts of one run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Settled {
    receipts: Vec<Checked>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unconfirmed: Vec<Unconfirmed>,
    #[serde(skip)]
    verified: bool,
}

impl Delegation {
    /// Reads what it names, before the card is touched.
    ///
    /// # Errors
    /// [`Failure::Input`].
    fn prepare(&self) -> Result<Prepared, Failure> {
        let tokens = match &self.tokens {
            None => Tokens::default(),
            Some(file) => serde_json::from_slice(&files::read(file)?)
                .map_err(|error| Failure::input(file.display(), format!("no tokens: {error}")))?,
        };
        let kept = match &self.save_receipts {
            None => None,
            Some(file) if file.exists() => Some((file.clone(), read_receipts(file)?)),
            Some(file) => Some((file.clone(), Receipts::default())),
        };
        Ok(Prepared {
            tokens,
            key: self.receipts.as_deref().map(read_key).transpose()?,
            kept,
        })
    }

    /// Reads what it names and the keys, before the card is touched; then connects, and opens the session that it is
    /// for, with no more questions than it needs where `least`.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) fn open<T: Transport>(
        &self,
        connection: &Connection,
        least: bool,
        connect: impl FnOnce(AnyTransport) -> Result<T, Failure>,
    ) -> Result<(Authenticated<T>, Prepared), Failure> {
        let keys = connection.keys()?;
        let prepared = self.prepare()?;
        let transport = connect(connection.connect()?)?;
        let questions = Questions {
            least,
            receipts: self.wants_receipts(),
        };
        let mut card = connection.open_asking(transport, keys, questions)?;
        card.session.use_tokens(prepared.tokens.clone());
        Ok((card, prepared))
    }

    /// Whether receipts are to be counted from what the card says of them beforehand.
    fn wants_receipts(&self) -> bool {
        self.receipts.is_some() || self.save_receipts.is_some()
    }
}

/// Reads receipts that were kept.
///
/// # Errors
/// [`Failure::Input`].
pub(crate) fn read_receipts(file: &Path) -> Result<Receipts, Failure> {
    serde_json::from_slice(&files::read(file)?)
        .map_err(|error| Failure::input(file.display(), format!("no receipts: {error}")))
}

/// Reads the key that verifies receipts.
///
/// # Errors
/// [`Failure::Input`], which shows nothing of it.
pub(crate) fn read_key(file: &Path) -> Result<ReceiptKey, Failure> {
    let bytes = Zeroizing::new(files::read(file)?);
    if bytes.starts_with(b"-----BEGIN ") || bytes.first() == Some(&0x30) {
        return public_key::read(file).map(ReceiptKey::Public);
    }
    read_secret(file).map(ReceiptKey::Secret)
}

/// Reads a key file with one `key` in it.
///
/// # Errors
/// [`Failure::Input`], which shows nothing of it.
pub(crate) fn read_secret(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let set = KeySet::read(file).map_err(|error| Failure::input("key", error))?;
    match set.plain() {
        Some(keys)
            if keys.enc() == keys.mac()
                && keys.mac() == keys.dek()
                && set.diversification.is_none() =>
        {
            Ok(Zeroizing::new(keys.mac().to_vec()))
        }
        _ => Err(Failure::input(
            file.display(),
            "one `key` is expected here, not the three of a secure channel",
        )),
    }
}

impl Prepared {
    /// Keeps the receipts of a session, verifies them and says so to a person. `before` is how many the card had given
    /// beforehand, where it told.
    ///
    /// # Errors
    /// [`Failure::Output`] where they cannot be kept; they are said all the same.
    pub(crate) fn settle(
        &self,
        receipts: &Receipts,
        before: Option<u16>,
    ) -> Result<Settled, Failure> {
        let mut all = match &self.kept {
            Some((_, kept)) => kept.clone(),
            None => Receipts::default(),
        };
        let first = all.receipts.len();
        all.append(receipts.clone());
        // What was kept tells better what comes next than the card, which counts what others do too.
        let before = before.filter(|_| first == 0);
        let checked = all.check(self.key.as_ref(), before).split_off(first);
        let settled = Settled {
            receipts: checked,
            unconfirmed: receipts.unconfirmed.clone(),
            verified: self.key.is_some(),
        };
        settled.tell();
        if let Some((file, _)) = self.kept.as_ref().filter(|_| !receipts.is_empty()) {
            let text = serde_json::to_string_pretty(&all)
                .map_err(|error| Failure::input("receipts", error))?;
            files::replace(file, text.as_bytes())?;
        }
        Ok(settled)
    }
}

impl Settled {
    /// Of receipts that were kept, all of them.
    pub(crate) fn of(receipts: &Receipts, key: &ReceiptKey) -> Self {
        Self {
            receipts: receipts.check(Some(key), None),
            unconfirmed: receipts.unconfirmed.clone(),
            verified: true,
        }
    }

    pub(crate) fn tell(&self) {
        for receipt in &self.receipts {
            sayln!("{receipt}");
        }
        for Unconfirmed {
            operation,
            about,
            found,
        } in &self.unconfirmed
        {
            let about: Vec<String> = about.iter().map(ToString::to_string).collect();
            let found = match found {
                Some(found) => format!("no receipt but {found}"),
                None => "no receipt".to_owned(),
            };
            sayln!("{operation} of {}: the card gave {found}", about.join(" "));
        }
    }

    /// How many receipts there are.
    pub(crate) fn len(&self) -> usize {
        self.receipts.len()
    }

    /// Refuses what is not as it should be.
    ///
    /// # Errors
    /// [`Failure::Refuted`].
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let wrong = self.receipts.iter().filter(|one| !one.is_good()).count();
        let missing = if self.verified {
            self.unconfirmed.len()
        } else {
            0
        };
        if wrong + missing == 0 {
            return Ok(());
        }
        Err(Failure::Refuted(format!(
            "the card has done it, but of its receipts {wrong} are not as they should be, and {missing} are missing"
        )))
    }
}
