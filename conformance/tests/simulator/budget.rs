//! What the compiler's budget promises, and what the simulated card measures.

use crate::SEED;
use capgen::package::Target;
use card_sim::{Aid, Card, CardConfig};
use conformance::target::Simulator;
use conformance::{Suite, run};
use std::path::Path;

/// What the simulated card adds to each write of a transaction.
const WRITE_OVERHEAD: usize = 4;
/// What its `OwnerPIN.update` writes at once, a transaction of the card's own: up to 16 bytes of PIN, their
/// number, the tries.
const PIN_UPDATE: usize = 16 + 2 + 2 + 3 * WRITE_OVERHEAD;
/// What its `OwnerPIN` keeps in transient memory: validated, decremented.
const PIN_FLAGS: usize = 2;

#[test]
fn no_measured_figure_is_above_the_budget() {
    let applet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../applet-model");
    let built = capgen::driver::build(&applet, "Jpki", &Target::default()).unwrap();
    let budget = &built.output.budget;
    assert!(budget.recursive.is_empty());
    let promised = &budget.applets[0];
    assert!(promised.install.unbounded.is_empty());
    let mut card = Card::new(&CardConfig {
        seed: SEED,
        ..CardConfig::default()
    });
    card.load_cap(&built.output.cap).unwrap();
    // Objects of the API take what this card gives them; of those only `OwnerPIN` has transient memory.
    let pins = promised
        .install
        .allocated
        .iter()
        .find(|allocated| allocated.what == "javacard.framework.OwnerPIN");
    let pins = pins.map_or(0, |pins| pins.count);
    let before = card.statistics().transient_used;
    let module = Aid::new(&built.program.applets[0].aid).unwrap();
    let mut installed = card.clone();
    installed.install(module, module, &[]).unwrap();
    let transient = installed.statistics().transient_used - before - pins * PIN_FLAGS;
    assert_eq!(
        transient,
        promised.install.clear_on_deselect_bytes + promised.install.clear_on_reset_bytes
    );
    let mut simulator = Simulator::new(card);
    let report = run(&Suite::jpki().unwrap(), &mut simulator, &mut |_| ());
    assert_eq!(report.failures().count(), 0);
    let measured = simulator.card().statistics();
    let stack = promised.stack.first().map_or(0, |stack| stack.words);
    println!(
        "stack: {} of {stack} words; transaction: {} bytes of {:?}",
        measured.stack_high_water, measured.commit_high_water, promised.transactions
    );
    assert!(measured.stack_high_water > 0 && measured.stack_high_water <= stack);
    let largest = promised
        .transactions
        .iter()
        .map(|transaction| {
            let written = &transaction.written;
            let (bytes, writes) = written
                .bytes
                .zip(written.writes)
                .unwrap_or((usize::MAX / 2, 0));
            bytes + writes * WRITE_OVERHEAD
        })
        .max()
        .unwrap_or(0);
    assert!(measured.commit_high_water <= largest.max(PIN_UPDATE));
}
