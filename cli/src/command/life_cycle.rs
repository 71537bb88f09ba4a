//! `tenkoku life-cycle`

use crate::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output;
use clap::{Args, ValueEnum};
use serde::Serialize;

/// The arguments of `tenkoku life-cycle`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku life-cycle secured --keys card.toml            no way back\n  \
    tenkoku life-cycle locked --keys card.toml             until it is set to secured again\n  \
    tenkoku life-cycle terminated --terminate-for-ever --card 4090-01234567-0001 --keys card.toml")]
pub struct LifeCycle {
    /// The state that the card shall have.
    pub state: State,
    /// The card that is meant, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// Say that the card shall never do anything again; for `terminated` only.
    #[arg(long)]
    pub terminate_for_ever: bool,
    /// The card.
    #[command(flatten)]
    pub connection: Connection,
    /// Do not ask; for `locked`, and for `secured` out of `locked`.
    #[arg(long)]
    pub yes: bool,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// A state of the card (GPCS 2.3.1 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// INITIALIZED, out of OP_READY.
    Initialized,
    /// SECURED, in which cards are issued.
    Secured,
    /// CARD_LOCKED: only the issuer security domain answers.
    Locked,
    /// TERMINATED, the end of the card.
    Terminated,
}

#[derive(Serialize)]
struct Report {
    before: &'static str,
    now: &'static str,
}

impl State {
    fn code(self) -> u8 {
        match self {
            Self::Initialized => 0x07,
            Self::Secured => 0x0F,
            Self::Locked => 0x7F,
            Self::Terminated => 0xFF,
        }
    }
}

impl LifeCycle {
    /// Asks as the step deserves, and takes it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let terminated = self.state == State::Terminated;
        if terminated && !self.terminate_for_ever {
            return Err(Failure::Usage(
                "a terminated card never does anything again: give --terminate-for-ever if that is wanted".to_owned(),
            ));
        }
        let mut card = self.connection.authenticate()?;
        let mut content = card.session.content()?;
        let before = content.card_state();
        if content.issuer.life_cycle == self.state.code() {
            return Err(Failure::Refuted(format!("the card is {before} already")));
        }
        content.issuer.life_cycle = self.state.code();
        let now = content.card_state();
        let what = format!("taking the card from {before} to {now}");
        // Locking and taking the lock off undo each other.
        if matches!(
            (before, self.state),
            (_, State::Locked) | ("CARD_LOCKED", State::Secured)
        ) {
            confirm::confirm(&format!("{what}?"), self.yes)?;
        } else {
            confirm::identity(&what, &card.info, self.card.as_deref())?;
        }
        card.session.set_card_state(self.state.code())?;
        if self.json {
            return output::print_json("tenkoku.life-cycle/1", &Report { before, now });
        }
        output::print(&format!("the card was {before} and is {now}\n"))
    }
}
