//! The whole road of a JPKI card, every step checked: load, personalise, sign, lock, unblock. The demo goes it on
//! the simulator or on a card in a reader, the hardware tests go it behind the PC/SC stack.

mod holder;
mod log;
mod personalise;

pub use holder::{lock_and_unblock, sign};
pub use log::{Log, Progress, Step};
pub use personalise::{Issued, Personalised, personalise};

use crate::connection::{Authenticated, authenticate};
use crate::failure::Failure;
use apdu_spec::jpki;
use cap_file::CapFile;
use loader::{Aid, CardContent, Event, FlashOptions, KeySet, Plan, Transport, preflight};

/// The PIN of the signature slot of a card that this road personalises.
pub const SIGNATURE_PIN: &[u8] = b"TENKOKU1";
/// The PIN of its user authentication slot.
pub const AUTHENTICATION_PIN: &[u8] = b"2580";

/// The AID of the applet's instance.
///
/// # Errors
/// None: the constant is an AID.
pub fn application() -> Result<Aid, Failure> {
    Aid::new(jpki::AID).map_err(|error| Failure::input("the applet's AID", error))
}

/// A card in conversation, and what will be loaded onto it.
pub struct Prepared<T> {
    /// The card, authenticated.
    pub card: Authenticated<T>,
    /// What is on it.
    pub content: CardContent,
    /// What will be done.
    pub plan: Plan,
    /// Whether it will work.
    pub findings: Vec<preflight::Finding>,
}

/// Opens a secure channel with the issuer security domain and plans the load; nothing is written.
///
/// # Errors
/// [`Failure`].
pub fn prepare<T: Transport>(
    log: &mut Log<'_>,
    transport: T,
    keys: KeySet,
    cap: &CapFile,
    options: &FlashOptions,
) -> Result<Prepared<T>, Failure> {
    log.step(
        "open a secure channel with the issuer security domain",
        || {
            let mut card = authenticate(transport, keys)?;
            let content = card.session.content()?;
            let invalid = |error| Failure::input("CAP file", error);
            let plan = Plan::new(cap, &content, options).map_err(invalid)?;
            let findings =
                preflight::check(cap, &content, &card.info, None, options).map_err(invalid)?;
            let told = format!(
                "{}, on {}",
                card.session.channel_in_words(),
                card.info.connection.name
            );
            Ok((
                Prepared {
                    card,
                    content,
                    plan,
                    findings,
                },
                told,
            ))
        },
    )
}

/// Loads and installs, and gives the transport back.
///
/// # Errors
/// [`Failure::Flash`] where it ends early.
pub fn flash<T: Transport>(
    log: &mut Log<'_>,
    prepared: Prepared<T>,
    progress: &mut dyn FnMut(&Event),
) -> Result<T, Failure> {
    let Prepared { mut card, plan, .. } = prepared;
    log.step("load the package and install the applet", || {
        plan.run(&mut card.session, &mut |event| progress(&event))?;
        let blocks = plan
            .load_file
            .len()
            .div_ceil(card.session.max_data().max(1));
        Ok((
            (),
            format!("{} bytes in {blocks} blocks", plan.load_file.len()),
        ))
    })?;
    log.step("find the applet in the card's registry", || {
        let application = application()?;
        let content = card.session.content()?;
        match content.application(&application) {
            Some(found) => Ok(((), format!("{application} is {}", found.state()))),
            None => Err(Failure::Refuted(format!(
                "{application} is not on the card"
            ))),
        }
    })?;
    Ok(card.session.into_transport())
}

/// What must be so.
fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure::Refuted(otherwise()))
    }
}
