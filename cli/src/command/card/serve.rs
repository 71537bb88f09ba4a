//! `tenkoku card serve`

use crate::failure::Failure;
use crate::simulator::CardArguments;
use card_sim::vpcd::DEFAULT_ADDRESS;
use clap::Args;

/// The arguments of `tenkoku card serve`.
#[derive(Args, Debug)]
#[command(
    after_help = "The card is then in the reader \"Virtual PCD 00 00\" of pcscd with the vpcd driver (Debian: \
                        pcscd, vsmartcard-vpcd).\n\nExample:\n  tenkoku card serve --image my.card --cap jpki.cap \
                        --install D392F000260100000001"
)]
pub struct Serve {
    /// Where the reader driver listens.
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    pub vpcd: String,
    /// Connect to another machine too. Whoever reads that line sees every PIN.
    #[arg(long)]
    pub allow_remote: bool,
    /// The card.
    #[command(flatten)]
    pub card: CardArguments,
}

impl Serve {
    /// Makes the card and serves until the reader driver goes away.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        self.card.make()?.serve(&self.vpcd, self.allow_remote)
    }
}
