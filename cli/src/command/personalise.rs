//! `tenkoku personalise`: the trusted service manager's work on a JPKI applet, step by step.

mod certify;
mod change;
mod key;
mod status;
mod test_holder;

use crate::connection::{AnyTransport, Connection, random};
use crate::failure::Failure;
use crate::jpki::{Slot, Tsm};
use crate::{aid, road};
use apdu_spec::jpki;
use clap::{Args, Subcommand, ValueEnum};
use loader::{Aid, KeySet};
use se_crypto::Drbg;

/// The arguments of `tenkoku personalise`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku personalise key --slot signature --public-key signature.pem --sim card.image\n  tenkoku personalise certify --slot signature --certificate holder.der --authority ca.der --sim card.image\n  tenkoku personalise status --reader ACR\n  tenkoku personalise test --sim card.image            somebody who does not exist\n  tenkoku personalise unblock --slot authentication    a PIN that was blocked\n  tenkoku personalise replace-pin --slot signature     a PIN that was forgotten\n  tenkoku personalise suspend --slot signature\n  tenkoku personalise resume --slot signature\n  tenkoku personalise revoke --slot signature          for ever\n  tenkoku personalise erase --slot signature           to be personalised anew"
)]
pub struct Personalise {
    /// What to do.
    #[command(subcommand)]
    pub step: PersonaliseStep,
}

/// One step.
#[derive(Debug, Subcommand)]
pub enum PersonaliseStep {
    /// Tell of both slots what can be told without a secret.
    Status(status::Status),
    /// Set a slot's first PIN, have the card generate its key pair, and write the public key to a file.
    ///
    /// What the slot has already is kept: after an interruption the same command goes on.
    Key(key::Key),
    /// Write a slot's certificates, after checking that they are for the card's key, and activate it.
    Certify(certify::Certify),
    /// Do all of it for both slots with certificates of a test authority, for somebody who does not exist.
    Test(test_holder::Test),
    /// Give a blocked PIN all its presentations back.
    Unblock(change::Which),
    /// Replace a forgotten PIN.
    ReplacePin(change::ReplacePin),
    /// Suspend an active slot: it does not sign until it is resumed.
    Suspend(change::Which),
    /// Resume a suspended slot.
    Resume(change::Which),
    /// Revoke a slot, after a change of address for instance. Its key never signs again.
    Revoke(change::Which),
    /// Erase a slot: its key, its PIN, its certificate. It can then be personalised anew.
    Erase(change::Which),
}

impl Personalise {
    /// Does the step.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        match &self.step {
            PersonaliseStep::Status(step) => step.run(),
            PersonaliseStep::Key(step) => step.run(),
            PersonaliseStep::Certify(step) => step.run(),
            PersonaliseStep::Test(step) => step.run(),
            PersonaliseStep::Unblock(which) => which.unblock(),
            PersonaliseStep::ReplacePin(step) => step.run(),
            PersonaliseStep::Suspend(which) => which.suspend(),
            PersonaliseStep::Resume(which) => which.resume(),
            PersonaliseStep::Revoke(which) => which.revoke(),
            PersonaliseStep::Erase(which) => which.erase(),
        }
    }
}

/// The card and the applet on it.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// The AID of the applet's instance; that of JPKI without it.
    #[arg(long, value_name = "AID", value_parser = aid::parse)]
    pub applet: Option<Aid>,
}

/// A slot's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SlotName {
    /// The signature slot, the registered seal.
    Signature,
    /// The user authentication slot.
    Authentication,
}

impl From<SlotName> for Slot {
    fn from(name: SlotName) -> Self {
        match name {
            SlotName::Signature => Self::Signature,
            SlotName::Authentication => Self::Authentication,
        }
    }
}

/// The way to the applet's management side.
struct Way {
    application: Aid,
    keys: KeySet,
    random: Drbg,
}

impl Way {
    fn open(&mut self, transport: AnyTransport) -> Result<Tsm<AnyTransport>, Failure> {
        let Self {
            application,
            keys,
            random,
        } = self;
        Ok(Tsm::open(transport, application, keys, None, random)?)
    }
}

impl Target {
    fn application(&self) -> Result<Aid, Failure> {
        self.applet.map_or_else(road::application, Ok)
    }

    /// Connects; nothing is written.
    fn connect(&self) -> Result<(AnyTransport, Way), Failure> {
        let keys = self.connection.keys()?;
        let transport = self.connection.connect()?;
        let way = Way {
            application: self.application()?,
            keys,
            random: random()?,
        };
        Ok((transport, way))
    }
}

/// The form of a slot's PIN: the applet refuses any other, and it is not sent there in the first place.
fn check_pin(slot: Slot, pin: &str) -> Result<(), Failure> {
    let (least, most, form) = match slot {
        Slot::Signature => (
            jpki::SIGNATURE_PIN_MIN_LENGTH,
            jpki::SIGNATURE_PIN_MAX_LENGTH,
            "letters A to Z and digits",
        ),
        Slot::Authentication => (
            jpki::AUTHENTICATION_PIN_LENGTH,
            jpki::AUTHENTICATION_PIN_LENGTH,
            "digits",
        ),
    };
    let fits = |c: char| c.is_ascii_digit() || slot == Slot::Signature && c.is_ascii_uppercase();
    if (usize::from(least)..=usize::from(most)).contains(&pin.len()) && pin.chars().all(fits) {
        return Ok(());
    }
    let length = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    Err(Failure::input(
        format!("the {} PIN", slot.name()),
        format!("it must be {length} {form}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_pin_is_that_of_its_slot() {
        for (slot, pin, right) in [
            (Slot::Signature, "ABC123", true),
            (Slot::Signature, "0123456789ABCDEF", true),
            (Slot::Signature, "ABC12", false),
            (Slot::Signature, "0123456789ABCDEFG", false),
            (Slot::Signature, "abc123", false),
            (Slot::Signature, "ABC12é", false),
            (Slot::Authentication, "1234", true),
            (Slot::Authentication, "123", false),
            (Slot::Authentication, "123A", false),
            (Slot::Authentication, "", false),
        ] {
            assert_eq!(check_pin(slot, pin).is_ok(), right, "{slot:?} {pin}");
        }
    }
}
