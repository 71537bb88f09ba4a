//! What is known of a card's secure channel before it is asked, or presumed.

use crate::connection::{Connection, Security};
use crate::files;
use crate::journals::card_folder;
use loader::{Opened, Scp02Parameters, telling};
use std::cell::Cell;
use std::path::PathBuf;

/// The parameters of SCP02, which a card tells only to whom asks: those of last time, or i=15 where nothing but how the
/// MAC is chained depends on them. The first command of the session shows whether they are right, and costs no try of an
/// authentication where they are not. Nothing is kept of a card whose key diversification data are those of every card,
/// nor of an image, where asking costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Whether anything is kept.
    keeps: bool,
    /// Whether i=15 is presumed where nothing is known.
    presumes: bool,
    /// Of which card something was used.
    used: Cell<Option<[u8; 10]>>,
}

impl Known {
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            keeps: connection.sim.is_none(),
            // Whether a card has R-MAC is another matter, and one more that i=15 has not.
            presumes: matches!(
                connection.security,
                Some(Security::CMac | Security::CDecryption)
            ),
            used: Cell::new(None),
        }
    }

    /// The parameters of the card with these key diversification data.
    pub(crate) fn scp02(&self, data: &[u8; 10]) -> Option<Scp02Parameters> {
        let presumed = self.presumes.then_some(Scp02Parameters::I15);
        let parameters = self.kept(data).or(presumed)?;
        self.used.set(Some(*data));
        Some(parameters)
    }

    fn kept(&self, data: &[u8; 10]) -> Option<Scp02Parameters> {
        let text = std::fs::read_to_string(self.place(data)?).ok()?;
        let i = u8::from_str_radix(text.trim(), 16).ok()?;
        Some(Scp02Parameters(i)).filter(|parameters| parameters.is_valid())
    }

    /// Keeps what a card told. That it cannot be kept costs two commands the next time, and nothing else.
    pub(crate) fn keep(&self, opened: &Opened) {
        let Opened {
            protocol: 0x02,
            parameters: Some(i),
            diversification_data: Some(data),
            ..
        } = opened
        else {
            return;
        };
        if let Some(place) = self.place(data)
            && self.used.get().is_none()
        {
            let _ = files::write(&place, format!("{i:02X}\n").as_bytes());
        }
    }

    /// Forgets what was used, where it was wrong; tells whether anything was.
    pub(crate) fn forget(&self) -> bool {
        let used = self.used.take();
        if let Some(place) = used.and_then(|data| self.place(&data)) {
            let _ = std::fs::remove_file(place);
        }
        used.is_some()
    }

    fn place(&self, data: &[u8; 10]) -> Option<PathBuf> {
        let name = telling(data).filter(|_| self.keeps)?;
        Some(card_folder(&name)?.join("scp02"))
    }
}
