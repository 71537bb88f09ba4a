//! What changes a slot that is personalised: `unblock`, `replace-pin`, `suspend`, `resume`, `revoke`, `erase`.

use super::{SlotName, Target, check_pin};
use crate::confirm::confirm;
use crate::connection::AnyTransport;
use crate::failure::Failure;
use crate::jpki::{Slot, Tsm};
use crate::{output, secret};
use clap::Args;
use loader::Error;
use serde::Serialize;
use std::path::PathBuf;

/// Which slot of which card.
#[derive(Args, Debug)]
pub struct Which {
    /// Which slot.
    #[arg(long)]
    pub slot: SlotName,
    /// The card and the applet on it.
    #[command(flatten)]
    pub target: Target,
    /// Do not ask before writing to the card.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON; wants `--yes`.
    #[arg(long, requires = "yes")]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    slot: Slot,
    done: &'static str,
}

type Change = fn(&mut Tsm<AnyTransport>, Slot) -> Result<(), Error>;

impl Which {
    /// Unblocks the PIN.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn unblock(&self) -> Result<(), Failure> {
        self.change(
            "Give the {slot} PIN all its presentations back?",
            "PIN unblocked",
            Tsm::unblock_pin,
        )
    }

    /// Suspends the slot.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn suspend(&self) -> Result<(), Failure> {
        self.change("Suspend the {slot} slot?", "suspended", Tsm::suspend)
    }

    /// Resumes the slot.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn resume(&self) -> Result<(), Failure> {
        self.change("Resume the {slot} slot?", "active", Tsm::activate)
    }

    /// Revokes the slot.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn revoke(&self) -> Result<(), Failure> {
        self.change(
            "Revoke the {slot} slot? Its key can never sign again.",
            "revoked",
            Tsm::revoke,
        )
    }

    /// Erases the slot.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn erase(&self) -> Result<(), Failure> {
        self.change(
            "Erase the {slot} slot? Its key, PIN and certificate are lost for ever.",
            "erased",
            Tsm::erase,
        )
    }

    fn change(&self, question: &str, done: &'static str, change: Change) -> Result<(), Failure> {
        self.change_with(question, done, |tsm, slot| Ok(change(tsm, slot)?))
    }

    fn change_with(
        &self,
        question: &str,
        done: &'static str,
        change: impl FnOnce(&mut Tsm<AnyTransport>, Slot) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let slot = Slot::from(self.slot);
        let (transport, mut way) = self.target.connect()?;
        confirm(&question.replace("{slot}", slot.name()), self.yes)?;
        let mut tsm = way.open(transport)?;
        change(&mut tsm, slot)?;
        if self.json {
            output::print_json("tenkoku.personalise.change/1", &Report { slot, done })
        } else {
            output::print(&format!("{}: {done}\n", slot.name()))
        }
    }
}

/// The arguments of `replace-pin`.
#[derive(Args, Debug)]
pub struct ReplacePin {
    /// Which slot.
    #[command(flatten)]
    pub which: Which,
    /// The file that holds the new PIN, `-` for standard input. Without it the environment variable
    /// TENKOKU_PIN is taken, or the PIN is asked for.
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
}

impl ReplacePin {
    /// Replaces the PIN.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let slot = Slot::from(self.which.slot);
        let prompt = format!("New PIN of the {} slot: ", slot.name());
        let pin = secret::read(self.pin_file.as_deref(), "TENKOKU_PIN", &prompt)?;
        check_pin(slot, &pin)?;
        self.which.change_with(
            "Replace the {slot} PIN?",
            "PIN replaced",
            |tsm: &mut Tsm<_>, slot| Ok(tsm.replace_pin(slot, pin.as_bytes())?),
        )
    }
}
