//! The cards that the fuzzers begin with.

use crate::{Choices, smith};
use capgen::package::Target;
use card_sim::gp::IssuerConfig;
use card_sim::vm::Limits;
use card_sim::{Aid, Card, CardConfig, Transmission};
use scp::{Protocol, scp02, scp03};
use std::cell::OnceCell;
use std::path::Path;

/// Bytecodes that one command may take, enough for a key of 2048 bits and any loop of the smith's.
const STEPS: u64 = 20_000_000;
/// The same where loops may be endless.
pub(super) const FEW_STEPS: u64 = 20_000;

/// The JPKI applet's AID.
pub(super) const JPKI: &[u8] = &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
/// The AID of the applet that the smith writes.
pub(super) const SMITH: &[u8] = &[0xF0, 0x53, 0x4D, 0x49, 0x54, 0x48, 0x01];
/// That of its package.
pub(super) const SMITH_PACKAGE: &[u8] = &[0xF0, 0x53, 0x4D, 0x49, 0x54, 0x48];

/// What can be chosen of a card: how it is spoken to, and its secure channel.
const KINDS: [(Transmission, Protocol); 6] = [
    (Transmission::T1, Protocol::Scp03(scp03::Parameters::I70)),
    (Transmission::T1, Protocol::Scp03(scp03::Parameters(0x01))),
    (Transmission::T0, Protocol::Scp03(scp03::Parameters(0x30))),
    (Transmission::T1, Protocol::Scp02(scp02::Parameters(0x55))),
    (Transmission::T0, Protocol::Scp02(scp02::Parameters(0x15))),
    (
        Transmission::ContactlessA,
        Protocol::Scp02(scp02::Parameters(0x1A)),
    ),
];

thread_local! {
    static CARDS: [OnceCell<Card>; KINDS.len()] = const { [const { OnceCell::new() }; KINDS.len()] };
}

/// A card that holds the JPKI applet and a small random one.
pub(super) fn choose(choices: &mut Choices<'_>) -> (Card, Protocol) {
    let number = choices.below(KINDS.len());
    let card = CARDS.with(|cards| cards[number].get_or_init(|| card(number)).clone());
    (card, KINDS[number].1)
}

fn card(number: usize) -> Card {
    let (transmission, protocol) = KINDS[number];
    let mut card = empty(protocol, STEPS);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let jpki = capgen::driver::build(&folder, "Jpki", &Target::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let random = crate::Random::new(number as u64).bytes(600);
    for (cap, applet) in [
        (&jpki.output.cap, JPKI),
        (&smith(&mut Choices::new(&random)), SMITH),
    ] {
        let aid = Aid::new(applet).expect("an AID");
        card.load_cap(cap).expect("it can be loaded");
        card.install(aid, aid, &[]).expect("it can be installed");
    }
    card.set_transmission(transmission);
    card
}

/// A new card with this secure channel, whose commands may take so many bytecodes.
pub(super) fn empty(protocol: Protocol, steps: u64) -> Card {
    Card::new(&CardConfig {
        limits: Limits {
            steps,
            ..Limits::default()
        },
        issuer: IssuerConfig {
            protocol,
            ..IssuerConfig::default()
        },
        ..CardConfig::default()
    })
}
