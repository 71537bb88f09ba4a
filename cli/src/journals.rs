//! Where the journals of flashes are kept: for a simulated card beside its image, for others in the user's state
//! folder, by what a session tells of the card, or its identity.

use crate::connection::Connection;
use crate::failure::Failure;
use crate::files;
use loader::{CardInfo, Journal};
use std::path::PathBuf;

/// The place of one journal: one card, one package.
pub(crate) struct Place(PathBuf);

/// Names the folder of journals; for tests, and where the home folder cannot be written.
const FOLDER: &str = "TENKOKU_STATE";

impl Place {
    /// The place for a package on this card; `None` where the card tells no identity, or the user has no home.
    pub(crate) fn of(connection: &Connection, info: &CardInfo, package: &str) -> Option<Self> {
        if let Some(image) = &connection.sim {
            let mut name = image.clone().into_os_string();
            name.push(format!(".{package}.journal"));
            return Some(Self(name.into()));
        }
        let folder = card_folder(&info.name()?)?;
        Some(Self(folder.join(format!("{package}.json"))))
    }

    /// The journal, where there is one.
    ///
    /// # Errors
    /// [`Failure::Input`] where the file is none.
    pub(crate) fn read(&self) -> Result<Option<Journal>, Failure> {
        if !self.0.exists() {
            return Ok(None);
        }
        let invalid = |error: &dyn std::fmt::Display| {
            Failure::input(self.0.display(), format!("no journal of a flash: {error}"))
        };
        serde_json::from_slice(&files::read(&self.0)?)
            .map(Some)
            .map_err(|error| invalid(&error))
    }

    /// Keeps a journal. That it cannot be kept stops no flash, but is said.
    pub(crate) fn keep(&self, journal: &Journal) {
        let written = serde_json::to_vec_pretty(journal)
            .map_err(|error| error.to_string())
            .and_then(|text| files::write(&self.0, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            sayln!("note: no journal is kept, --resume will know nothing: {error}");
        }
    }

    /// Keeps what was known before, or nothing where nothing was.
    pub(crate) fn restore(&self, known: Option<&Journal>) {
        match known {
            Some(journal) => self.keep(journal),
            None => self.forget(),
        }
    }

    /// Forgets it.
    pub(crate) fn forget(&self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            sayln!("note: {} stays: {error}", self.0.display());
        }
    }
}

/// Where what is known of one card is kept, by [`CardInfo::name`].
pub(crate) fn card_folder(name: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os(FOLDER) {
        Some(folder) => PathBuf::from(folder),
        None => state_folder()?.join("tenkoku"),
    };
    Some(folder.join("cards").join(name))
}

/// The folder for the state of programs (XDG base directories; on Windows local application data).
fn state_folder() -> Option<PathBuf> {
    let folder = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    folder("XDG_STATE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| Some(folder("HOME")?.join(".local").join("state")))
}
