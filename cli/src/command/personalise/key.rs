//! `tenkoku personalise key`

use super::{SlotName, Target, check_pin};
use crate::confirm::confirm;
use crate::failure::Failure;
use crate::jpki::{Holder, PublicKey, Slot, Tsm};
use crate::{files, output, secret};
use apdu_spec::StatusWord;
use clap::Args;
use loader::{Error, Transport};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BoxedUint, RsaPublicKey};
use serde::Serialize;
use std::path::PathBuf;

/// The arguments.
#[derive(Args, Debug)]
pub struct Key {
    /// Which slot.
    #[arg(long)]
    pub slot: SlotName,
    /// The file to write the public key to (PEM, SubjectPublicKeyInfo), for the authority that will certify it.
    #[arg(long, value_name = "FILE")]
    pub public_key: PathBuf,
    /// The file that holds the slot's first PIN, `-` for standard input. Without it the environment variable
    /// TENKOKU_PIN is taken, or the PIN is asked for.
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
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
    pin: &'static str,
    key: &'static str,
    public_key: PathBuf,
}

impl Key {
    /// Sets the PIN, generates, reads.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let slot = Slot::from(self.slot);
        let (transport, mut way) = self.target.connect()?;
        let mut holder = Holder::select(transport, &way.application)?;
        let has_pin = holder.tries_left(slot)? > 0;
        confirm(
            &format!(
                "Give the {} slot a key{}?",
                slot.name(),
                if has_pin { "" } else { " and its first PIN" }
            ),
            self.yes,
        )?;
        let pin = if has_pin {
            None
        } else {
            let prompt = format!("First PIN of the {} slot: ", slot.name());
            let pin = secret::read(self.pin_file.as_deref(), "TENKOKU_PIN", &prompt)?;
            check_pin(slot, &pin)?;
            Some(pin)
        };
        let mut tsm = way.open(holder.into_transport())?;
        if let Some(pin) = &pin {
            set_pin(&mut tsm, slot, pin.as_bytes())?;
        }
        let (key, made) = key_of(&mut tsm, slot)?;
        files::write(&self.public_key, pem(&key)?.as_bytes())?;
        let report = Report {
            slot,
            pin: if pin.is_some() { "set" } else { "kept" },
            key: if made { "generated" } else { "kept" },
            public_key: self.public_key.clone(),
        };
        if self.json {
            return output::print_json("tenkoku.personalise.key/1", &report);
        }
        output::print(&format!(
            "{}: PIN {}, key {}; the public key is in {}\nnext: have it certified, then `tenkoku personalise certify`\n",
            slot.name(),
            report.pin,
            report.key,
            self.public_key.display()
        ))
    }
}

fn set_pin<T: Transport>(tsm: &mut Tsm<T>, slot: Slot, pin: &[u8]) -> Result<(), Failure> {
    match tsm.set_first_pin(slot, pin) {
        // No presentation left, and yet there is one: it is blocked.
        Err(Error::Refused(refusal)) if refusal.status == StatusWord::CONDITIONS_NOT_SATISFIED => {
            Err(Failure::Refuted(format!(
                "the {} slot has a PIN, which is blocked: `tenkoku personalise unblock` or `erase` it first",
                slot.name()
            )))
        }
        result => Ok(result?),
    }
}

/// The public key of a slot, and whether the key was made for that.
fn key_of<T: Transport>(tsm: &mut Tsm<T>, slot: Slot) -> Result<(PublicKey, bool), Failure> {
    match tsm.public_key(slot) {
        Err(Error::Refused(refusal)) if refusal.status == StatusWord::CONDITIONS_NOT_SATISFIED => {
            tsm.generate_key_pair(slot)?;
            Ok((tsm.public_key(slot)?, true))
        }
        found => Ok((found?, false)),
    }
}

fn pem(key: &PublicKey) -> Result<String, Failure> {
    let invalid = |error: &dyn std::fmt::Display| Failure::input("the card's public key", error);
    RsaPublicKey::new(
        BoxedUint::from_be_slice_vartime(&key.modulus),
        BoxedUint::from_be_slice_vartime(&key.exponent),
    )
    .map_err(|error| invalid(&error))?
    .to_public_key_pem(LineEnding::LF)
    .map_err(|error| invalid(&error))
}
