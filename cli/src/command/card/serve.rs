//! `tenkoku card serve`

use crate::failure::Failure;
use crate::simulator::CardArguments;
use card_link::contact::Abilities;
use card_link::pn532::ContactlessCard;
use card_sim::vpcd::DEFAULT_ADDRESS;
use clap::{Args, ValueEnum};

/// The arguments of `tenkoku card serve`.
#[derive(Args, Debug)]
#[command(
    after_help = "Without --tcp and --pty the card is in the reader \"Virtual PCD 00 00\" of pcscd with the vpcd driver \
                        (Debian: pcscd, vsmartcard-vpcd). With them the first line of output is the address or the \
                        port to connect to.\n\nExamples:\n  tenkoku card serve --image my.card --cap jpki.cap \
                        --install D392F000260100000001\n  tenkoku card serve --tcp 127.0.0.1:7816    # tenkoku list \
                        --tcp 127.0.0.1:7816\n  tenkoku card serve --pty phoenix-t1       # tenkoku list --serial \
                        /dev/pts/3\n  tenkoku card serve --pty pn532-a          # tenkoku list --pn532 /dev/pts/3"
)]
pub struct Serve {
    /// Where the reader driver listens.
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    pub vpcd: String,
    /// Listen here for connections instead; port 0 lets the system choose.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "vpcd")]
    pub tcp: Option<String>,
    /// Offer the card at a pseudo-terminal instead, as if it were in a serial adapter or at a reader chip.
    #[arg(long, value_name = "ADAPTER", conflicts_with_all = ["vpcd", "tcp", "allow_remote"])]
    pub pty: Option<Adapter>,
    /// Connect to, or listen for, other machines too. Whoever reads that line sees every PIN.
    #[arg(long)]
    pub allow_remote: bool,
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
}

/// The serial adapter that the card is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Adapter {
    /// A Phoenix adapter, and the card speaks T=0.
    PhoenixT0,
    /// A Phoenix adapter, and the card speaks T=1.
    PhoenixT1,
    /// A PN532, and the card is contactless, of type A.
    Pn532A,
    /// A PN532, and the card is contactless, of type B.
    Pn532B,
}

impl Serve {
    /// Makes the card and serves: until the reader driver goes away, or until it is stopped.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        let mut card = self.card.make()?;
        match (&self.tcp, self.pty) {
            (Some(address), _) => card.serve_tcp(address, self.allow_remote),
            (None, Some(adapter)) => adapter.serve(&mut card),
            (None, None) => card.serve(&self.vpcd, self.allow_remote),
        }
    }
}

impl Adapter {
    #[cfg(unix)]
    fn serve(self, card: &mut crate::simulator::Simulator) -> Result<(), Failure> {
        let is_b = match self {
            Self::Pn532A => Some(false),
            Self::Pn532B => Some(true),
            Self::PhoenixT0 | Self::PhoenixT1 => None,
        };
        if let Some(is_b) = is_b {
            let mut kind = ContactlessCard {
                is_b,
                ..ContactlessCard::default()
            };
            // A waiting time of 5 seconds: making a key takes as long as it takes.
            kind.attributes.waiting = 14;
            return card.serve_pn532(kind);
        }
        card.serve_phoenix(Abilities {
            t0: self == Self::PhoenixT0,
            t1: self == Self::PhoenixT1,
            // Waiting times of some 50 and 25 seconds: making a key takes as long as it takes.
            bwi: 9,
            wi: 255,
            ..Abilities::default()
        })
    }

    #[cfg(not(unix))]
    fn serve(self, _: &mut crate::simulator::Simulator) -> Result<(), Failure> {
        Err(Failure::Usage(
            "this system has no pseudo-terminals".to_owned(),
        ))
    }
}
