//! The model beside the simulated card with the compiled applet.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod budget;
mod differential;
mod reader;
mod same_bytes;
mod tears;

use capgen::package::Target;
use card_sim::gp::IssuerConfig;
use card_sim::{Card, CardConfig};
use std::path::Path;

/// The seed of model and simulator.
const SEED: u64 = 7;

/// A card with the compiled applet's load file.
fn card() -> Card {
    let applet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let built = capgen::driver::build(&applet, "Jpki", &Target::default()).unwrap();
    let mut card = Card::new(&CardConfig {
        seed: SEED,
        issuer: IssuerConfig {
            // Those of the model.
            key_diversification_data: Some([0; 10]),
            ..IssuerConfig::default()
        },
        ..CardConfig::default()
    });
    card.load_cap(&built.output.cap).unwrap();
    card
}
